import { setImmediate } from 'node:timers/promises';
import type { StreamId, StreamName } from '../core/stream.ts';
import type { Store, StoredStream } from '../store/store.ts';

/** So many are looked at together; then everybody else has a turn. */
const atOnce = 100;

/** All open streams of a kind, the newest first, as they are stored, without a lock. */
export async function* openStreams(
  store: Pick<Store, 'listStreams'>,
  kind: StreamName,
): AsyncGenerator<readonly StoredStream[]> {
  for (let before: StreamId | undefined; ;) {
    const open = await store.listStreams(kind, {
      openOnly: true,
      limit: atOnce,
      ...(before !== undefined && { before }),
    });
    yield open;
    before = open.at(-1)?.id;
    if (open.length < atOnce) return;
    await setImmediate();
  }
}
