import type { Unmoved } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import type { StreamEnd } from '../core/stream.ts';
import type { Store } from '../store/store.ts';
import { policiesMark, readRepeats, sayRepeats, type ToldRepeats } from './told-repeats.ts';

/** So many webhooks are remembered, the newest, and so many streams that they met in all: 20 MB at the very most. */
const mostRemembered = 20_000;
const mostEnds = 50_000;
/** Whoever says what is known waits so many moments for what came before to be read; then it is stored like any other. */
const patience = 25;

/** A webhook that was read and decided, and changed nothing. */
interface Remembered {
  readonly policies: Policies;
  readonly ends: readonly StreamEnd[];
  readonly until: Instant;
}

/**
 * What monitoring repeats, and what changes nothing, costs a look-up. Deciding on alerts depends on their words, on the
 * policies, on the incidents that they go to, and on the time only as far as a clock of those incidents has run out
 * (`docs/decisions/0017-repeats.md`). So the same words change nothing again, while all of that is as it was. Whoever reads
 * webhooks tells the others that share the store, so that they need not store what they have not decided themselves.
 */
export interface Repeats {
  /**
   * Whether what just came in changes nothing, with all that came before it. False when that is not known.
   * @throws StoreUnavailable
   */
  readonly changesNothing: (key: string) => Promise<boolean>;
  /** How many of these, in the order in which they came, change nothing before one that may; nothing else waits. */
  readonly changingNothing: (keys: readonly (string | undefined)[]) => Promise<number>;
  /** That this was decided under these policies and changed nothing, and what it met. */
  readonly remember: (key: string, policies: Policies, met: readonly Unmoved[]) => void;
}

/**
 * @param options.sources of what has to be read in order
 * @param options.moment a moment, by this machine's own time; left out: nobody waits for what came before
 */
export function createRepeats(options: {
  readonly store: Pick<Store, 'standing' | 'isAlone' | 'tell' | 'hear'>;
  readonly policies: () => Policies;
  readonly now: () => Instant;
  readonly sources: readonly string[];
  readonly moment?: () => Promise<unknown>;
}): Repeats {
  const { store, policies, now, sources, moment } = options;
  /** Oldest first. */
  const remembered = new Map<string, Remembered>();
  let endsRemembered = 0;
  /** All that wait share one, however many they are. */
  let pause: Promise<unknown> | undefined;
  /** What was found in the same turn is told at once. */
  const untold = new Map<string, ToldRepeats & { readonly repeats: string[] }>();
  const marks = new WeakMap<Policies, string>();
  store.hear(learn);

  function known(key: string | undefined): Remembered | undefined {
    const before = key === undefined ? undefined : remembered.get(key);
    return before?.policies === policies() && now() < before.until ? before : undefined;
  }

  function keep(key: string, entry: Remembered): void {
    forget(key);
    remembered.set(key, entry);
    endsRemembered += entry.ends.length;
    forgetOldest();
  }

  function forget(key: string): void {
    endsRemembered -= remembered.get(key)?.ends.length ?? 0;
    remembered.delete(key);
  }

  function forgetOldest(): void {
    for (const key of remembered.keys()) {
      if (remembered.size <= mostRemembered && endsRemembered <= mostEnds) return;
      forget(key);
    }
  }

  function markOf(these: Policies): string {
    const known = marks.get(these) ?? policiesMark(these);
    marks.set(these, known);
    return known;
  }

  function learn(words: string): void {
    const told = readRepeats(words);
    const inForce = policies();
    if (told?.policies !== markOf(inForce)) return;
    for (const key of told.repeats) keep(key, { policies: inForce, ends: told.ends, until: told.until });
  }

  function tell(key: string, { policies: under, ends, until }: Remembered): void {
    if (store.isAlone()) return;
    if (untold.size === 0) queueMicrotask(tellAll);
    const where = { policies: markOf(under), ends, until };
    const place = JSON.stringify(where);
    const there = untold.get(place) ?? { repeats: [], ...where };
    there.repeats.push(key);
    untold.set(place, there);
  }

  function tellAll(): void {
    for (const there of untold.values()) for (const words of sayRepeats(there)) store.tell(words);
    untold.clear();
  }

  return {
    changesNothing: async (key) => {
      for (let waited = 0; ; waited += 1) {
        const before = known(key);
        if (!before) return false;
        const standing = await store.standing(before.ends, sources);
        if (standing !== 'waiting') return standing === 'same';
        if (!moment || waited >= patience) return false;
        await (pause ??= moment().finally(() => {
          pause = undefined;
        }));
      }
    },
    changingNothing: async (keys) => {
      const ends = new Map<string, StreamEnd>();
      let count = 0;
      for (const key of keys) {
        const before = known(key);
        // Remembered at different times, two may have met the same stream in different places.
        if (!before?.ends.every((end) => (ends.get(end.id) ?? end).hash === end.hash)) break;
        for (const end of before.ends) ends.set(end.id, end);
        count += 1;
      }
      if (count === 0 || (await store.standing([...ends.values()], [])) !== 'same') return 0;
      // Whoever stored one of these did not know.
      for (const key of keys.slice(0, count)) {
        const before = known(key);
        if (key !== undefined && before) tell(key, before);
      }
      return count;
    },
    remember: (key, decidedBy, met) => {
      // They were read anew while it was being decided: nobody knows by which.
      if (decidedBy !== policies() || met.length === 0) return forget(key);
      const until = Math.min(...met.map(({ wakeAt = Infinity }) => wakeAt));
      const ends = met.map(({ id, version, hash }) => ({ id, version, hash }));
      const entry = { policies: decidedBy, ends, until };
      keep(key, entry);
      tell(key, entry);
    },
  };
}
