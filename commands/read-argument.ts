import { nearest } from '../src/core/nearest.ts';
import { severities } from '../src/core/severity.ts';
import { knownVersions } from '../src/core/channel/state.ts';
import { newestFirst, parseVersion } from '../src/core/version.ts';
import type { Argument, Asking } from './verb.ts';

export type Values = Readonly<Record<string, string>>;

export interface Problem {
  readonly problem: string;
  readonly hint?: string;
  /** It was meant to be what it is not: an optional argument, too, is wrong then, and not left out. */
  readonly meant?: boolean;
}

export type Read = { readonly value: string } | Problem;

/** Reasons and titles are for people; what is longer than this belongs into a document with a link here. */
const longestText = 500;

/** Much more than anybody types: whatever programs send us, to read it costs next to nothing. */
export const longestLine = 8_000;

/** Reads one argument by its kind, whichever edge it came in by. `before` holds those that were read already. */
export function readOne(argument: Argument, typed: string, before: Values, asking: Asking): Read {
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
    case 'operation':
      return /^OP-\d{1,9}$/i.test(typed)
        ? { value: typed.toUpperCase() }
        : { problem: `“${shorten(typed)}” is no operation; they look like OP-7` };
    case 'plan-hash':
      return /^[0-9a-f]{16}$/i.test(typed)
        ? { value: typed.toLowerCase() }
        : {
            problem: `“${shorten(typed)}” is no plan hash; they have 16 hex digits`,
            hint: 'It stands at the end of the card, and in /operation show.',
          };
    case 'severity': {
      const severity = severities.find((each) => each === typed.toUpperCase());
      return severity
        ? { value: severity }
        : { problem: `“${shorten(typed)}” is no severity; they are ${severities.join(', ')}` };
    }
    case 'service':
      return oneOf('service', typed, Object.keys(asking.policies.services.services));
    case 'flag':
      return typed.toLowerCase() === argument.name
        ? { value: argument.name }
        : { problem: `“${shorten(typed)}” is not “${argument.name}”` };
    case 'outcome':
      return oneOf('outcome', typed, ['done', 'failed']);
    case 'text':
      return readText(argument, typed);
    default:
      return argument.kind satisfies never;
  }
}

/** What could stand where nothing stands. */
export function choices({ kind }: Argument, before: Values, asking: Asking): readonly string[] {
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
    case 'operation':
      return [`Open: ${asking.openOperations.map(({ id }) => id).join(', ') || 'none'}.`];
    case 'plan-hash':
      return ['It stands at the end of the card, and in /operation show.'];
    case 'incident':
    case 'severity':
    case 'outcome':
    case 'flag':
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
  const problem = `“${shorten(typed)}” is no version; versions are SemVer, like 1.4.2 or v2.0.0-rc.1 (build 512 as 1.0.512)`;
  const meant = /^v?\d/i.test(typed);
  return hint === undefined ? { problem, meant } : { problem, meant, hint };
}

function knownHint(before: Values, { channels }: Asking): string | undefined {
  const channel = channels.find(({ name }) => name === (before['channel'] ?? before['source']));
  const known = channel ? newestFirst(knownVersions(channel)).slice(0, 5) : [];
  return known.length === 0 ? undefined : `Known on ${channel?.name ?? ''}: ${known.join(', ')}.`;
}

function readText({ name }: Argument, typed: string): Read {
  // Control characters (NUL, escapes) have no place in a reason; like line breaks they become spaces,
  // and so does half of an emoji, which a program has left that cut its own text.
  const text = typed.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim();
  if (text === '') return { problem: `The ${name} is empty` };
  if (text.length > longestText) {
    return {
      problem: `The ${name} has ${text.length} characters; ${longestText} are the most`,
      hint: 'Put the long version into the incident’s thread.',
    };
  }
  return { value: text };
}

export function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length > 40 ? `${characters.slice(0, 40).join('')}…` : text;
}
