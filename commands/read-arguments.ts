import { answer, type Answer } from '../src/core/answer.ts';
import { nearest } from '../src/core/nearest.ts';
import { severities } from '../src/core/severity.ts';
import { knownVersions } from '../src/core/channel/state.ts';
import { newestFirst, parseVersion } from '../src/core/version.ts';
import { sayUsage } from './usage.ts';
import type { Argument, Asking, Verb } from './verb.ts';

export type Values = Readonly<Record<string, string>>;

export type ReadArguments = { readonly values: Values } | { readonly wrong: Answer };

/** Reasons and titles are for people; what is longer than this belongs into a document with a link here. */
const longestText = 500;

interface Problem {
  readonly problem: string;
  readonly hint?: string;
}

type Read = { readonly value: string } | Problem;

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
      if (argument.required) return wrong(verb, read.problem, read.hint);
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

function readOne(argument: Argument, typed: string, before: Values, asking: Asking): Read {
  switch (argument.kind) {
    case 'channel':
      return readChannel(typed, asking);
    case 'version':
      return readVersion(typed, before, asking);
    case 'version-or-last-good':
      return typed.toLowerCase() === 'last-good'
        ? { value: 'last-good' }
        : readVersion(typed, before, asking);
    case 'incident':
      return /^INC-\d{1,9}$/i.test(typed)
        ? { value: typed.toUpperCase() }
        : { problem: `“${shorten(typed)}” is no incident; they look like INC-12` };
    case 'severity': {
      const severity = severities.find((each) => each === typed.toUpperCase());
      return severity
        ? { value: severity }
        : { problem: `“${shorten(typed)}” is no severity; they are ${severities.join(', ')}` };
    }
    case 'service':
      return oneOf('service', typed, Object.keys(asking.policies.services.services));
    case 'text':
      return readText(argument, typed);
    default:
      return argument.kind satisfies never;
  }
}

/** What could stand where nothing stands. */
function choices({ kind }: Argument, before: Values, asking: Asking): readonly string[] {
  switch (kind) {
    case 'channel':
      return [`Known: ${shortChannels(asking).join(', ')}.`];
    case 'service':
      return [`Known: ${Object.keys(asking.policies.services.services).join(', ')}.`];
    case 'version':
    case 'version-or-last-good': {
      const hint = knownHint(before, asking);
      return hint === undefined ? [] : [hint];
    }
    case 'incident':
    case 'severity':
    case 'text':
      return [];
    default:
      return kind satisfies never;
  }
}

function fullChannels({ policies }: Asking): readonly string[] {
  return Object.entries(policies.channels.apps).flatMap(([app, { channels }]) =>
    Object.keys(channels).map((channel) => `${app}/${channel}`),
  );
}

function shortChannels(asking: Asking): readonly string[] {
  return [...new Set(fullChannels(asking).map((name) => name.split('/')[1] ?? name))];
}

/** `stable`, or `shop/stable` where several apps have one. The value is always the full name. */
function readChannel(typed: string, asking: Asking): Read {
  const full = fullChannels(asking);
  const wanted = typed.toLowerCase();
  const matches = full.filter((name) => name === wanted || name.endsWith(`/${wanted}`));
  const [only, another] = matches;
  if (only !== undefined && another === undefined) return { value: only };
  if (only !== undefined) {
    return {
      problem: `“${shorten(typed)}” is a channel of several apps`,
      hint: `Say which: ${matches.join(', ')}.`,
    };
  }
  return oneOf('release channel', typed, shortChannels(asking));
}

function oneOf(noun: string, typed: string, known: readonly string[]): Read {
  const wanted = typed.toLowerCase();
  if (known.includes(wanted)) return { value: wanted };
  const near = nearest(typed, known);
  return {
    problem: `There is no ${noun} “${shorten(typed)}”`,
    hint:
      near === undefined
        ? `Known: ${known.join(', ')}.`
        : `Did you mean ${near}? Known: ${known.join(', ')}.`,
  };
}

function readVersion(typed: string, before: Values, asking: Asking): Read {
  const version = parseVersion(typed);
  if (version !== undefined) return { value: version };
  const hint = knownHint(before, asking);
  const problem = `“${shorten(typed)}” is no version; versions are SemVer, like 1.4.2 or v2.0.0-rc.1`;
  return hint === undefined ? { problem } : { problem, hint };
}

function knownHint(before: Values, { channels }: Asking): string | undefined {
  const channel = channels.find(({ name }) => name === before['channel']);
  const known = channel ? newestFirst(knownVersions(channel)).slice(0, 5) : [];
  return known.length === 0 ? undefined : `Known on ${channel?.name ?? ''}: ${known.join(', ')}.`;
}

function readText({ name }: Argument, typed: string): Read {
  // Control characters (NUL, escapes) have no place in a reason; like line breaks they become spaces.
  const text = typed.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  if (text === '') return { problem: `The ${name} is empty` };
  if (text.length > longestText) {
    return {
      problem: `The ${name} has ${text.length} characters; ${longestText} are the most`,
      hint: 'Put the long version into the incident’s thread.',
    };
  }
  return { value: text };
}

function sayMissing({ name, kind }: Argument): string {
  return kind === 'version-or-last-good' ? 'The version (or last-good)' : `The ${name}`;
}

function wrong(verb: Verb, problem: string, ...hints: readonly (string | undefined)[]): ReadArguments {
  const given = hints.filter((hint) => hint !== undefined);
  const usage = [`Usage: ${sayUsage(verb)}`, `For example: ${verb.example}`];
  return { wrong: answer('refused', problem, ...given, ...usage) };
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
