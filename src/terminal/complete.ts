import { verbs } from '../../commands/index.ts';
import type { Argument, Verb } from '../../commands/verb.ts';
import { severities } from '../core/severity.ts';
import type { KnownWords } from './known-words.ts';

/**
 * The words that could come next.
 * @param words those before the cursor, without `lastgood` and without options
 * @returns undefined where the first word is no verb's
 */
export async function completeVerb(
  words: readonly string[],
  known: KnownWords,
): Promise<readonly string[] | undefined> {
  const [command, ...behind] = words;
  const family = verbs.filter((verb) => verb.command === command && command !== 'lastgood');
  if (family.length === 0) return undefined;
  const [word] = behind;
  const named = family.find((verb) => verb.word !== undefined && verb.word === word?.toLowerCase());
  const verb = named ?? family.find((each) => each.word === undefined);
  const typed = named ? behind.slice(1) : behind;
  const suggested = verb
    ? await Promise.all(nextArguments(verb, typed).map((argument) => wordsFor(argument, typed, known)))
    : [];
  const first = behind.length === 0 ? family.flatMap((each) => each.word ?? []) : [];
  return [...new Set([...first, ...suggested.flat()])];
}

/** Several, where one that may be left out comes first. */
function nextArguments({ arguments: all }: Verb, typed: readonly string[]): readonly Argument[] {
  let places = withOptional(all, [0]);
  for (const word of typed) {
    const after = places.flatMap((place) => {
      const argument = all[place];
      if (!argument || !couldBe(argument, word)) return [];
      return [argument.kind === 'text' ? place : place + 1];
    });
    places = withOptional(all, after);
  }
  return places.flatMap((place) => all[place] ?? []);
}

function withOptional(all: readonly Argument[], from: readonly number[]): readonly number[] {
  const places = new Set(from);
  // What is added to a set while it is walked is walked, too.
  for (const place of places) if (all[place]?.required === false) places.add(place + 1);
  return [...places];
}

/** Only for those that may be left out: whether the word is for them or for the next one. */
function couldBe({ kind, name }: Argument, word: string): boolean {
  switch (kind) {
    case 'incident':
      return /^INC-/i.test(word);
    case 'operation':
      return /^OP-/i.test(word);
    case 'version':
      return /^v?\d/.test(word);
    case 'flag':
      return word === name;
    case 'channel':
    case 'version-or-last-good':
    case 'plan-hash':
    case 'outcome':
    case 'severity':
    case 'service':
    case 'text':
      return true;
    default:
      return kind satisfies never;
  }
}

async function wordsFor(
  { kind, name }: Argument,
  typed: readonly string[],
  known: KnownWords,
): Promise<readonly string[]> {
  switch (kind) {
    case 'channel':
      if (name === 'source') return known.sources();
      return name === 'target' ? known.targets(typed[0] ?? '') : known.channels();
    case 'version':
    case 'version-or-last-good': {
      const [first = '', second = first] = typed;
      const versions = await known.versions(first, second);
      return kind === 'version' ? versions : ['last-good', ...versions];
    }
    case 'incident':
      return known.incidents();
    case 'operation':
      return (await known.operations()).map(({ id }) => id);
    case 'plan-hash':
      return (await known.operations())
        .filter(({ id }) => typed.includes(id))
        .map(({ plan_hash: hash }) => hash);
    case 'outcome':
      return ['done', 'failed'];
    case 'severity':
      return severities;
    case 'service':
      return known.services();
    case 'flag':
      return [name];
    case 'text':
      return [];
    default:
      return kind satisfies never;
  }
}
