import type { Instant } from '../core/time.ts';
import type { Outstanding } from '../store/store.ts';
import type { Database } from './model-database.ts';

export function outstanding(database: Database, now: Instant): Outstanding {
  const rows = [...database.underWay.values()].map(({ row }) => row);
  const unsettled = [...database.unsettled.values()];
  const streams = [...database.streams.values()];
  const wakes = streams.flatMap(({ wakeAt }) => (wakeAt !== undefined && wakeAt <= now ? [wakeAt] : []));
  const open = streams.filter(({ alias }) => alias !== undefined);
  return {
    effects: grouped(rows, ({ effect, priority, status }) => [effect.type, priority, status]).flatMap(
      (rest) => {
        const [{ effect, priority, status }] = rest;
        if (status !== 'waiting' && status !== 'in-flight') return [];
        const oldest = Math.min(...rest.map(({ createdAt }) => createdAt));
        return [{ type: effect.type, priority, status, count: rest.length, oldest }];
      },
    ),
    inbox: grouped(unsettled, ({ item }) => [item.source]).map((items) => ({
      source: items[0].item.source,
      count: items.length,
      oldest: Math.min(...items.map(({ item }) => item.at)),
    })),
    wakes: { count: wakes.length, earliest: wakes.length === 0 ? undefined : Math.min(...wakes) },
    open: grouped(open, ({ kind, rank }) => [kind, rank]).map((rest) => {
      const [{ kind, rank }] = rest;
      return { kind, rank, count: rest.length };
    }),
  };
}

type Some<T> = readonly [T, ...T[]];

/** Those with the same words together, in the order of these. */
function grouped<T>(all: readonly T[], by: (one: T) => readonly (string | number)[]): readonly Some<T>[] {
  const groups = new Map<string, Some<T>>();
  for (const one of all) {
    const key = by(one).join(' ');
    groups.set(key, [...(groups.get(key) ?? []), one] as unknown as Some<T>);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}
