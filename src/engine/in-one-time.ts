import type { Clock } from '../core/clock.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { StaleStream, type Store, type Transaction } from '../store/store.ts';
import type { Log } from './log.ts';

/** Shorter absences, and smaller corrections of the clock, are no news. */
export const newsworthy: Milliseconds = 30_000;

/**
 * A clock that is set back by an hour must not let anybody wait for that hour to come again. What is stored when that is
 * noticed is brought forward; these see to what is on its way there: what was stamped before gets the time as it is now.
 */
export function stampedBy(now: Instant, envelopes: readonly Envelope[]): readonly Envelope[] {
  return envelopes.map((envelope) => (isSetBack(envelope.at, now) ? { ...envelope, at: now } : envelope));
}

/** The latest time that anything was decided by. */
export interface Latest {
  at: Instant;
}

/**
 * A transaction in the middle of which the clock was set back has conflicted with that, and has to be run again. When that
 * was while it was being committed, nobody else has seen the effects it leaves: they are brought forward by themselves.
 */
export function inOneTime(
  store: Store,
  clock: Pick<Clock, 'now'>,
  latest: Latest,
  log: Pick<Log, 'error'>,
): Store {
  return {
    ...store,
    transact: async (work) => {
      let began = clock.now();
      const effects = new Set<string>();
      const value = await store.transact(async (transaction) => {
        began = clock.now();
        effects.clear();
        const worked = await work(noting(transaction, (id) => void effects.add(id)));
        const ended = clock.now();
        if (isSetBack(began, ended)) throw new StaleStream('The clock was set back meanwhile.');
        latest.at = Math.max(latest.at, ended);
        return worked;
      });
      const now = clock.now();
      if (isSetBack(began, now))
        await store
          .bringForward([...effects], now)
          .catch((error: unknown) => log.error({ error }, 'what is due could not be brought forward'));
      return value;
    },
  };
}

/** Tells of each effect that is left to be carried out. */
function noting(transaction: Transaction, leaves: (id: string) => void): Transaction {
  return {
    ...transaction,
    enqueue: (rows) => {
      for (const { id } of rows) leaves(id);
      return transaction.enqueue(rows);
    },
    updateOutbox: (id, change) => {
      leaves(id);
      return transaction.updateOutbox(id, change);
    },
  };
}

export function isSetBack(before: Instant, now: Instant): boolean {
  return before > now + newsworthy;
}
