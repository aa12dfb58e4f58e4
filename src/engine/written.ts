import type { Clock } from '../core/clock.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import type { Store } from '../store/store.ts';

/** The streams that this process has written of late, and when last. */
export type Written = Map<StreamId, Instant>;

/** Notes each stream that is written, also where that fails in the end. */
export function notingWrites(store: Store, clock: Pick<Clock, 'now'>, written: Written): Store {
  return {
    ...store,
    transact: (work) =>
      store.transact((transaction) =>
        work({
          ...transaction,
          write: (write) => {
            written.set(write.id, clock.now());
            return transaction.write(write);
          },
        }),
      ),
  };
}
