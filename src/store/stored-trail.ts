import type { ClientBase } from 'pg';
import type { AuditTrail } from '../trust/audit/trail.ts';
import type { Secret } from '../trust/secrets.ts';
import { openSqliteStore } from './sqlite.ts';
import { trailIdOf } from './store-id.ts';
import { isStoreThere, storePath } from './store-path.ts';
import { StoreUnavailable } from './store.ts';

/** A trail, and whose it is. */
export interface StoredTrail {
  /** The id that its heads bear; empty where no bot has run yet. */
  readonly store: string;
  readonly trail: AuditTrail;
}

/**
 * Lends the trail of the store that the settings name, without a bot: of a file that nobody has open, or of a database,
 * whoever else uses it.
 * @throws StoreLocked, StoreCorrupt, StoreTooNew, StoreUnavailable
 */
export async function withStoredTrail<T>(
  { databaseUrl, dataDir }: { readonly databaseUrl: Secret | undefined; readonly dataDir: string },
  work: (stored: StoredTrail) => Promise<T>,
): Promise<T> {
  if (databaseUrl) return inDatabase(databaseUrl, work);
  const path = storePath(dataDir);
  // Opening would make a new one, in which nothing ever happened.
  if (!(await isStoreThere(path)))
    throw new StoreUnavailable(`There is no store at ${path}. DATA_DIR says where the bot keeps it.`);
  const store = await openSqliteStore({ path });
  try {
    const trailId = await trailIdOf(store, (await store.readMark('store-id')) ?? '');
    return await work({ store: trailId, trail: store.audit });
  } finally {
    await store.close();
  }
}

async function inDatabase<T>(url: Secret, work: (stored: StoredTrail) => Promise<T>): Promise<T> {
  const [{ withConnection }, { prepareSession }, { auditTrail }, { examineSchema }, { storeError }] =
    await Promise.all([
      import('./postgres-start.ts'),
      import('./postgres-pool.ts'),
      import('./postgres-audit.ts'),
      import('./postgres-migrations.ts'),
      import('./postgres-errors.ts'),
    ]);
  return withConnection(url, async (client) => {
    await prepareSession(client);
    if ((await examineSchema(client)) < firstWithHashes)
      throw new StoreUnavailable('The database has no audit trail yet: start this version of the bot on it.');
    const readMark = (name: string) => readMarkOf(client, name);
    const trailId = await trailIdOf({ readMark }, (await readMark('store-id')) ?? '');
    return work({ store: trailId, trail: auditTrail((ask) => ask(client)) });
  }).catch((error: unknown) => {
    throw storeError(error);
  });
}

/** The step of `postgres-migrations.ts` that brought them. */
const firstWithHashes = 2;

export async function readMarkOf(client: ClientBase, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ value: string }>('SELECT value FROM mark WHERE name = $1', [name]);
  return rows[0]?.value;
}
