import { z } from 'zod';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../store/store.ts';
import { readHead } from '../trust/audit/head.ts';

/** A place outside for copies of heads. */
export type Anchorage = {
  /** Shown in the log. */
  readonly name: string;
  /** Shown to anybody. */
  readonly what: string;
  /** Each machine has one of its own, or all replicas have it together. */
  readonly of: 'this machine' | 'all replicas';
  /** As they are stored, oldest first. What is put there twice does no harm. */
  readonly put: (heads: readonly string[]) => Promise<void>;
} & (
  | {
      readonly takes: 'every head';
      /** The last ones of those that it has, the newest last; lines that are no heads may be among them. */
      readonly lastLines: () => Promise<readonly string[]>;
    }
  | {
      /** It vouches for those before it. Which one is there, a mark in the store says, by the name of the place. */
      readonly takes: 'the newest';
      readonly every: Milliseconds;
    }
);
type OfEvery = Extract<Anchorage, { readonly takes: 'every head' }>;
type OfNewest = Extract<Anchorage, { readonly takes: 'the newest' }>;

export interface Anchors {
  /** Brings copies to where they are due; what could not be brought is tried again the next time. */
  readonly bring: (to: Anchorage['of']) => Promise<void>;
  /** A line for each place that copies do not reach. */
  readonly notes: () => readonly string[];
}

const atOnce = 20;

const keptShape = z.object({ number: z.number(), at: z.number() });
type Kept = z.infer<typeof keptShape>;

/** Keeps copies of heads outside, so that also whoever writes the whole store anew is found out. */
export function createAnchors(parts: {
  readonly store: Pick<Store, 'audit' | 'readMark' | 'writeMark'>;
  readonly places: readonly Anchorage[];
  readonly now: () => Instant;
  readonly log: Log;
}): Anchors {
  const { store, places, now, log } = parts;
  const unreached = new Set<Anchorage>();

  /** Up to which number each has them, as far as this is known. */
  const reached = new Map<Anchorage, number>();

  async function bringEvery(place: OfEvery): Promise<void> {
    let last = reached.get(place) ?? (await lastAmong(await place.lastLines()));
    // What fails may have put some of them there.
    reached.delete(place);
    for (;;) {
      const heads = await store.audit.heads(last, atOnce);
      if (heads.length === 0) break;
      await place.put(heads);
      last += heads.length;
    }
    reached.set(place, last);
  }

  /** The number of the newest line that is a head of this store: others may be of one that was replaced by a restore. */
  async function lastAmong(lines: readonly string[]): Promise<number> {
    for (const line of lines.toReversed()) {
      const number = readHead(line)?.head.number;
      if (number !== undefined && (await store.audit.heads(number - 1, 1))[0] === line) return number;
    }
    return 0;
  }

  async function bringNewest(place: OfNewest): Promise<void> {
    const mark = `anchored ${place.name}`;
    const kept = readKept(await store.readMark(mark));
    if (now() - kept.at < place.every) return;
    const newest = await store.audit.newestHead();
    const number = newest === undefined ? 0 : (readHead(newest)?.head.number ?? 0);
    if (newest === undefined || number <= kept.number) return;
    await place.put([newest]);
    await store.writeMark(mark, JSON.stringify({ number, at: now() } satisfies Kept));
  }

  return {
    bring: async (to) => {
      for (const place of places.filter((each) => each.of === to)) {
        try {
          await (place.takes === 'every head' ? bringEvery(place) : bringNewest(place));
          unreached.delete(place);
        } catch (error) {
          unreached.add(place);
          log.error(
            { error, place: place.name },
            'no copy of the newest audit head could be kept; it is tried again',
          );
        }
      }
    },
    notes: () =>
      [...unreached].map(({ what }) => `No copy of the newest audit head could be kept in ${what}`),
  };
}

function readKept(written: string | undefined): Kept {
  return written === undefined ? { number: 0, at: 0 } : keptShape.parse(JSON.parse(written));
}
