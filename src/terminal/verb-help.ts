import { sayUsage } from '../../commands/usage.ts';
import type { Verb } from '../../commands/verb.ts';
import { asTyped } from './in-terminal.ts';

/** What a line of one verb looks like, what it does, and one to copy. */
export function verbHelp(verb: Verb): string {
  const { summary, example } = verb;
  return [asTyped(sayUsage(verb)), summary, `For example: ${asTyped(example)}`].join('\n\n');
}

/** One line a verb, in two columns. */
export function verbList(verbs: readonly Verb[]): string {
  const usages = verbs.map((verb) => asTyped(sayUsage(verb)));
  const width = Math.max(...usages.map(({ length }) => length));
  return verbs.map(({ summary }, index) => `  ${usages[index]?.padEnd(width)}  ${summary}`).join('\n');
}
