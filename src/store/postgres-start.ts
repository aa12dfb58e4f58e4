import type { Client } from 'pg';
import type { Milliseconds } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { connectionError, isAway } from './postgres-errors.ts';
import { examineSchema, migrate } from './postgres-migrations.ts';
import { connectBeside, prepareSession } from './postgres-pool.ts';

/** A database that is starting beside us is waited for. */
const patience: Milliseconds = 30_000;
const askEvery: Milliseconds = 500;

/**
 * Waits for the database, and brings its schema up to date.
 * @throws StoreUnavailable, StoreTooNew
 */
export async function migrateDatabase(url: Secret): Promise<void> {
  const until = performance.now() + patience;
  for (;;) {
    try {
      return await migrateNow(url);
    } catch (error) {
      if (!isAway(error) || performance.now() > until) throw connectionError(error);
      await new Promise((resolve) => {
        setTimeout(resolve, askEvery);
      });
    }
  }
}

/**
 * Looks whether a store could be opened there, and leaves everything as it is.
 * @throws StoreUnavailable, StoreTooNew
 */
export async function examinePostgres(url: Secret): Promise<void> {
  await withConnection(url, async (client) => void (await examineSchema(client))).catch((error: unknown) => {
    throw connectionError(error);
  });
}

function migrateNow(url: Secret): Promise<void> {
  return withConnection(url, async (client) => {
    await prepareSession(client);
    await migrate(client);
  });
}

/** Lends a connection of its own for something long. @throws what the driver throws */
export async function withConnection<T>(url: Secret, work: (client: Client) => Promise<T>): Promise<T> {
  // It waits as long as a migration takes, also one that another replica makes. What breaks shows in what is asked next.
  const client = await connectBeside(url, () => undefined, { query_timeout: 0 });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
