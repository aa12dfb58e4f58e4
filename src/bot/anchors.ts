import { hostname } from 'node:os';
import { z } from 'zod';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../store/store.ts';
import { readHead } from '../trust/audit/head.ts';

/** A place outside for copies of heads. */
export interface Anchorage {
  /** Part of the mark by which is known what it has; shown in the log. */
  readonly name: string;
  /** Shown to anybody. */
  readonly what: string;
  /** Each machine has one of its own, or all replicas have it together. */
  readonly of: 'this machine' | 'all replicas';
  readonly every: Milliseconds;
  /** Every head, or only the newest, which vouches for those before it. */
  readonly takes: 'every head' | 'the newest';
  /** As they are stored, oldest first. What is put there twice does no harm. */
  readonly put: (heads: readonly string[]) => Promise<void>;
}

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

  async function bringTo(place: Anchorage): Promise<void> {
    const mark = `anchored ${place.name}${place.of === 'this machine' ? ` on ${hostname()}` : ''}`;
    const kept = readKept(await store.readMark(mark));
    if (now() - kept.at < place.every) return;
    const newest = await store.audit.newestHead();
    const number = newest === undefined ? 0 : (readHead(newest)?.head.number ?? 0);
    if (newest === undefined || number <= kept.number) return;
    if (place.takes === 'the newest') await place.put([newest]);
    else
      for (let last = kept.number; last < number; last += atOnce)
        await place.put(await store.audit.heads(last, atOnce));
    await store.writeMark(mark, JSON.stringify({ number, at: now() } satisfies Kept));
  }

  return {
    bring: async (to) => {
      for (const place of places.filter((each) => each.of === to)) {
        try {
          await bringTo(place);
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
