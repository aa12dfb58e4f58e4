import { answer, type Answer } from '../src/core/answer.ts';
import { nearest } from '../src/core/nearest.ts';
import { choices, longestLine, readOne, shorten, type Problem, type Values } from './read-argument.ts';
import { sayName, sayUsage } from './usage.ts';
import type { Argument, Asking, Verb } from './verb.ts';

export type ReadArguments = { readonly values: Values } | { readonly wrong: Answer };

/** Reads the words behind a verb, each by its kind. An optional one that does not look like its kind is left out. */
export function readArguments(verb: Verb, text: string, asking: Asking): ReadArguments {
  const values: Record<string, string> = {};
  let rest = text.trim();
  let leftOut: Problem | undefined;
  for (const argument of verb.arguments) {
    const [, word = '', after = ''] = /^(\S*)\s*([\s\S]*)$/.exec(rest) ?? [];
    const typed = argument.kind === 'text' ? rest : word;
    if (typed === '') {
      if (argument.required)
        return wrong(verb, `${sayMissing(argument)} is missing`, ...choices(argument, values, asking));
      continue;
    }
    const read = readOne(argument, typed, values, asking);
    if ('problem' in read) {
      if (argument.required || read.meant === true) return wrong(verb, read.problem, read.hint);
      leftOut ??= read;
      continue;
    }
    values[argument.name] = read.value;
    rest = argument.kind === 'text' ? '' : after;
  }
  if (rest === '') return { values };
  // What was left out did not turn out to be anything else, either.
  if (leftOut) return wrong(verb, leftOut.problem, leftOut.hint);
  return wrong(verb, `“${shorten(rest)}” is more than ${sayUsage(verb)} takes`);
}

/** Reads arguments that came by name, as JSON: the same kinds, the same words. */
export function readNamed(
  verb: Verb,
  given: Readonly<Record<string, unknown>>,
  asking: Asking,
): ReadArguments {
  const names = verb.arguments.map(({ name }) => name);
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  if (stranger !== undefined) return wrong(verb, ...sayStranger(stranger, names, verb));
  const values: Record<string, string> = {};
  for (const argument of verb.arguments) {
    const said = Object.hasOwn(given, argument.name) ? given[argument.name] : '';
    // What is a word in a line is true or false by name.
    const isFlag = argument.kind === 'flag' && typeof said === 'boolean';
    const value = isFlag ? (said ? argument.name : '') : said;
    if (typeof value !== 'string') {
      const right = argument.kind === 'flag' ? 'true or false' : 'a string';
      return wrong(verb, `“${argument.name}” has to be ${right}, not ${sayType(said)}`);
    }
    if (value === '') {
      if (argument.required)
        return wrong(verb, `${sayMissing(argument)} is missing`, ...choices(argument, values, asking));
      continue;
    }
    if (value.length > longestLine)
      return wrong(verb, `The ${argument.name} has ${value.length} characters; ${longestLine} are the most`);
    const read = readOne(argument, value, values, asking);
    if ('problem' in read) return wrong(verb, read.problem, read.hint);
    values[argument.name] = read.value;
  }
  return { values };
}

function sayStranger(name: string, names: readonly string[], verb: Verb): readonly [string, string] {
  const near = nearest(name, names);
  const known = names.length === 0 ? 'It takes none.' : `It takes ${names.join(', ')}.`;
  return [
    `${sayName(verb)} takes no “${shorten(name)}”`,
    near === undefined ? known : `Did you mean ${near}? ${known}`,
  ];
}

function sayType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function sayMissing({ name, kind }: Argument): string {
  return kind === 'version-or-last-good' ? 'The version (or last-good)' : `The ${name}`;
}

function wrong(verb: Verb, problem: string, ...hints: readonly (string | undefined)[]): ReadArguments {
  const given = hints.filter((hint) => hint !== undefined);
  const usage = [`Usage: ${sayUsage(verb)}`, `For example: ${verb.example}`];
  return { wrong: answer('wrong', problem, ...given, ...usage) };
}
