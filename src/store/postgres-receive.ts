import type { Pool } from 'pg';
import { storeError } from './postgres-errors.ts';
import { withClient } from './postgres-pool.ts';
import { run, statement } from './postgres-rows.ts';
import { StoreUnavailable, type InboxItem, type Store } from './store.ts';

/** One flush serves so many, and about so many characters; more would only make the statement long. */
const largestBatch = 256;
const longestBatch = 4_000_000;

const receiveAll = statement(
  `INSERT INTO inbox (id, source, at, body, owner)
   SELECT id, source, at, body, $5 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY
     received (id, source, at, body, place) ORDER BY place
   ON CONFLICT DO NOTHING RETURNING id`,
);

interface Waiting {
  readonly item: InboxItem;
  readonly resolve: (received: { readonly new: boolean }) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores what comes in. What arrives while a statement is on its way goes with the next one, so that a storm takes one
 * connection and few flushes.
 */
export function receiver(pool: Pool, owner: () => string): Store['receive'] {
  const waiting: Waiting[] = [];
  let flushing = false;

  async function flush(): Promise<void> {
    flushing = true;
    while (waiting.length > 0) await store(waiting.splice(0, batchSize()));
    flushing = false;
  }

  function batchSize(): number {
    let length = 0;
    const tooMuch = waiting.findIndex(({ item }) => (length += item.body.length) > longestBatch);
    return Math.min(largestBatch, tooMuch === -1 ? waiting.length : Math.max(1, tooMuch));
  }

  async function store(batch: readonly Waiting[]): Promise<void> {
    try {
      const items = batch.map(({ item }) => item);
      const { rows } = await withClient(pool, (client) =>
        run<{ id: string }>(client, receiveAll, [
          items.map(({ id }) => id),
          items.map(({ source }) => source),
          items.map(({ at }) => at),
          items.map(({ body }) => body),
          owner(),
        ]),
      );
      const fresh = new Set(rows.map(({ id }) => id));
      // The first of several with one id is the one that was stored.
      for (const { item, resolve } of batch) resolve({ new: fresh.delete(item.id) });
    } catch (error) {
      const failure = storeError(error);
      // What is wrong with one must not be refused to the others.
      if (batch.length > 1 && !(failure instanceof StoreUnavailable))
        for (const one of batch) await store([one]);
      else for (const { reject } of batch) reject(failure);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // Behind what else comes in during this turn of the event loop.
      if (!flushing) {
        flushing = true;
        setImmediate(() => void flush());
      }
    });
}
