import type { Pool } from 'pg';
import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { isConflict, isNumberUsed, storeError } from './postgres-errors.ts';
import { withClient } from './postgres-pool.ts';
import type { Replica } from './postgres-replica.ts';
import { run, statement } from './postgres-rows.ts';
import {
  CommitUnknown,
  openTransaction,
  type Evidence,
  type OpenTransaction,
} from './postgres-transaction.ts';
import { StoreUnavailable, type Store } from './store.ts';

const mostTries = 6;
/** Longer than PostgreSQL goes on with a transaction whose client is gone. */
const patience: Milliseconds = 20_000;
const askEvery: Milliseconds = 200;

const untilEnded = statement('SELECT pg_advisory_xact_lock($1)');
const writtenEvent = statement('SELECT 1 FROM event WHERE stream = $1 AND seq = $2 AND written = $3');

/** How a try ended that another one may follow. */
type Ended<T> =
  | { readonly value: T }
  | { readonly again: true; readonly locked: boolean; readonly first: readonly StreamId[] }
  | { readonly unknown: CommitUnknown; readonly value: T };

/**
 * Runs works in transactions. One that met another (a deadlock, a number both wanted) is run again, with its locks taken
 * beforehand in the one order that all follow, so that the same two do not meet again.
 * @param wake hears when streams that are stored want to be woken
 */
export function transactor(pool: Pool, replica: Replica, wake: (at: Instant) => void): Store['transact'] {
  return async (work) => {
    let options = { locked: false, first: [] as readonly StreamId[] };
    for (let tries = 1; ; tries += 1) {
      const ended = await withClient(pool, async (client) => {
        const open = openTransaction(client, replica.id(), options);
        const attempted = await attempt(open, work, options.locked, tries);
        // Also where nobody knows yet whether it is stored: then nobody is there to be woken, at worst.
        for (const at of open.wakes) wake(at);
        return attempted;
      }).catch((error: unknown) => {
        throw storeError(error);
      });
      if ('again' in ended) {
        options = ended;
        await sleep(Math.random() * 10 * tries);
      } else if ('unknown' in ended) {
        await certainlyCommitted(pool, ended.unknown.evidence);
        return ended.value;
      } else return ended.value;
    }
  };
}

async function attempt<T>(
  open: OpenTransaction,
  work: (transaction: OpenTransaction['transaction']) => Promise<T>,
  locked: boolean,
  tries: number,
): Promise<Ended<T>> {
  let worked: { readonly value: T } | undefined;
  try {
    worked = { value: await work(open.transaction) };
    await open.commit();
    return worked;
  } catch (error) {
    if (error instanceof CommitUnknown && worked) return { unknown: error, value: worked.value };
    // It has rolled back by itself when COMMIT was sent; and a broken connection needs no goodbye.
    if (!worked) await open.rollback().catch(() => undefined);
    // What a statement failed with is why the work failed, if it did: the rest is its echo.
    const why = open.failure() ?? error;
    const conflict = isConflict(why) || (isNumberUsed(why) && !locked);
    if (conflict && tries < mostTries) return { again: true, locked: true, first: [...open.touched] };
    throw why;
  }
}

/**
 * The connection broke after COMMIT was sent. As soon as the transaction has ended, its event is there or is not.
 * (PostgreSQL would also answer for its number; but after a crash it gives the same number to another one.)
 * @throws StoreUnavailable when it was not committed, or left nothing by which to know
 */
async function certainlyCommitted(pool: Pool, { token, event }: Evidence): Promise<void> {
  const until = performance.now() + patience;
  while (event && performance.now() < until) {
    const found = await withClient(pool, async (client) => {
      await run(client, untilEnded, [token]);
      return (await run(client, writtenEvent, [event.stream, event.seq, token])).rows.length > 0;
    }).catch(() => undefined);
    if (found === true) return;
    if (found === false)
      throw new StoreUnavailable('The connection to the database broke, and nothing was stored.');
    await sleep(askEvery);
  }
  throw new StoreUnavailable(
    'The connection to the database broke while something was stored, and nobody can say whether it is there.',
  );
}

function sleep(length: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, length);
  });
}
