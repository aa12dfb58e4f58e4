import type { StreamEnd, StreamId } from '../core/stream.ts';
import type { Standing } from './store.ts';

/** How streams stand, by where they end now and by the sources of what waits to be read: the same for every store. */
export function standingOf(
  now: {
    readonly end: (id: StreamId) => Pick<StreamEnd, 'version' | 'hash'> | undefined;
    readonly waiting: Iterable<string>;
  },
  ends: readonly StreamEnd[],
  sources: readonly string[],
): Standing {
  for (const { id, version, hash } of ends) {
    const end = now.end(id);
    if (end?.version !== version || end.hash !== hash) return 'moved';
  }
  return [...now.waiting].some((source) => sources.includes(source)) ? 'waiting' : 'same';
}
