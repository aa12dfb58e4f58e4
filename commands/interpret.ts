import { answer, type Answer } from '../src/core/answer.ts';
import { nearest } from '../src/core/nearest.ts';
import { verbs } from './index.ts';
import { longestLine } from './read-argument.ts';
import { readArguments } from './read-arguments.ts';
import { sayUsage } from './usage.ts';
import type { Ask, Asking, Verb } from './verb.ts';

/**
 * What a command line asks for. `command` comes without its slash, `text` is what follows it.
 * A wrong word is answered with the usage, an example, and the nearest valid word; nothing is ever silent.
 */
export function interpret(command: string, text: string, asking: Asking): Ask {
  if (text.length > longestLine) return { kind: 'answer', answer: tooLong(text) };
  const alone = text.trim() === '' ? verbs.find((verb) => verb.command === command && verb.alone) : undefined;
  if (alone) return saidAlone(alone, asking);
  const found = findVerb(command, text);
  if ('tone' in found) return { kind: 'answer', answer: found };
  const read = readArguments(found.verb, found.rest, asking);
  return 'wrong' in read ? { kind: 'answer', answer: read.wrong } : found.verb.ask(read.values, asking);
}

/** Whoever says only `/incident` sees what there is, and what else can be said. */
function saidAlone({ command, alone, ask }: Verb, asking: Asking): Ask {
  const asked = ask({}, asking);
  if (alone === 'as-it-is' || asked.kind !== 'answer') return asked;
  const { tone, title, lines } = asked.answer;
  const family = verbs.filter((verb) => verb.command === command);
  const example = family[0] ? [`For example: ${family[0].example}`] : [];
  const usage = ['You can say:', ...family.map(sayUsage), ...example];
  return { kind: 'answer', answer: answer(tone, title, ...lines, ...usage) };
}

function tooLong({ length }: string): Answer {
  return answer(
    'wrong',
    `This line has ${length} characters; ${longestLine} are the most`,
    'Put the long version into the incident’s thread.',
  );
}

function findVerb(command: string, text: string): { readonly verb: Verb; readonly rest: string } | Answer {
  const family = verbs.filter((verb) => verb.command === command);
  const [, word = '', after = ''] = /^\s*(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const named = family.find((verb) => verb.word === word.toLowerCase());
  if (named) return { verb: named, rest: after };
  const whole = family.find((verb) => verb.word === undefined);
  if (whole && (word === '' || whole.arguments.length > 0)) return { verb: whole, rest: text };
  return unknownWord(command, word, family);
}

function unknownWord(command: string, word: string, family: readonly Verb[]): Answer {
  if (family.length === 0) {
    return answer('wrong', `There is no /${command}`, ...verbs.map(sayUsage));
  }
  const words = family.flatMap((verb) => verb.word ?? []);
  const near = nearest(word, words);
  const title = `/${command} has no “${word.slice(0, 40)}”`;
  const meant = near === undefined ? [] : [`Did you mean /${command} ${near}?`];
  const example = family[0] ? [`For example: ${family[0].example}`] : [];
  return answer('wrong', title, ...meant, ...family.map(sayUsage), ...example);
}
