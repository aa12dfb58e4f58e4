import { nearest } from '../src/core/nearest.ts';
import { slashCommands, verbs } from './index.ts';
import { interpret } from './interpret.ts';
import { readNamed } from './read-arguments.ts';
import type { Ask, Asking, Verb } from './verb.ts';

/** What a program sends: the words that somebody would type after the command, or the arguments by name. */
export type Said = { readonly line: string } | { readonly named: Readonly<Record<string, unknown>> };

/** How programs call a verb: `rollback`, `incident-ack`. */
export function verbName({ command, word }: Verb): string {
  return word === undefined ? command : `${command}-${word}`;
}

/** Whether something can be asked for by this name: a verb's, or a slash command's without its slash. */
export function isCommandName(name: string): boolean {
  return slashCommands.includes(name) || verbs.some((verb) => verbName(verb) === name);
}

/** For whoever asked by another name: the one they probably meant, and all there are. */
export function sayCommandNames(name: string): string {
  const names = verbs.map(verbName);
  const near = nearest(name, names);
  return `${near === undefined ? '' : `Did you mean ${near}? `}There are: ${names.join(', ')}.`;
}

/** What it asks for, in the very words of a typed line. Ask `isCommandName` first. */
export function interpretByName(name: string, said: Said, asking: Asking): Ask {
  const verb = verbs.find((each) => verbName(each) === name);
  // A line for `incident` or `channels` begins with the verb's own word, as it does in Slack.
  if ('line' in said || !verb) {
    const { command = name, word = '' } = slashCommands.includes(name) ? {} : (verb ?? {});
    const line = 'line' in said ? said.line : '';
    return interpret(command, word === '' ? line : `${word} ${line}`, asking);
  }
  const read = readNamed(verb, said.named, asking);
  return 'wrong' in read ? { kind: 'answer', answer: read.wrong } : verb.ask(read.values, asking);
}
