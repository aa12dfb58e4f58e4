import { sayUsage } from '../../commands/usage.ts';
import type { Verb } from '../../commands/verb.ts';

/** As it is typed in a terminal: `/rollback …` is `lastgood rollback …`, and `/lastgood help` is `lastgood help`. */
export function inTerminal(slashed: string): string {
  return slashed.replace(/^\/(?:lastgood )?/, 'lastgood ');
}

/** What a line of one verb looks like, what it does, and one to copy. */
export function verbHelp(verb: Verb): string {
  const { summary, example } = verb;
  return [inTerminal(sayUsage(verb)), summary, `For example: ${inTerminal(example)}`].join('\n\n');
}

/** One line a verb, in two columns. */
export function verbList(verbs: readonly Verb[]): string {
  const usages = verbs.map((verb) => inTerminal(sayUsage(verb)));
  const width = Math.max(...usages.map(({ length }) => length));
  return verbs.map(({ summary }, index) => `  ${usages[index]?.padEnd(width)}  ${summary}`).join('\n');
}
