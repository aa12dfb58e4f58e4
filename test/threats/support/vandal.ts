import { copyFile } from 'node:fs/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { openPostgresStore } from '../../../src/store/postgres.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { beginning, chainHashes } from '../../../src/trust/audit/chain.ts';
import { noon } from '../../contract/store-samples.ts';
import type { PostgresServer } from '../../support/postgres.ts';

/** A database that somebody can write to behind Lastgood's back. */
export interface Vault {
  readonly inStore: <T>(work: (store: Store) => Promise<T>) => Promise<T>;
  readonly sql: (...statements: readonly string[]) => Promise<void>;
  readonly keep: () => Promise<void>;
  /** Everything is again as it was when it was kept. */
  readonly restore: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function sqliteVault(path: string): Vault {
  return {
    // Nobody else can write to it meanwhile.
    inStore: async (work) => {
      const store = await openSqliteStore({ path, now: () => noon });
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
    sql: async (...statements) => {
      const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
      for (const statement of statements) db.exec(statement);
      db.close();
    },
    keep: () => copyFile(path, `${path}.kept`),
    restore: () => copyFile(`${path}.kept`, path),
    close: () => Promise.resolve(),
  };
}

export async function postgresVault(server: PostgresServer): Promise<Vault> {
  const { url, database } = await server.lend();
  const store = await openPostgresStore({ url, now: () => noon });
  const sql = async (...statements: readonly string[]): Promise<void> =>
    void (await server.query(['SET search_path = lastgood', ...statements].join(';'), database));
  const tables = ['stream', 'event', 'audit_head'];
  return {
    // Others may write to it meanwhile.
    inStore: (work) => work(store),
    sql,
    keep: () => sql(...tables.map((table) => `CREATE TABLE kept_${table} AS TABLE ${table}`)),
    restore: () =>
      sql(
        `TRUNCATE ${tables.join(', ')} CASCADE`,
        ...tables.map((table) => `INSERT INTO ${table} OVERRIDING SYSTEM VALUE TABLE kept_${table}`),
      ),
    close: () => store.close(),
  };
}

/** Makes a stream's events agree with one another again, and with its row, as Lastgood itself would have. */
export async function chainAnew({ inStore, sql }: Vault, stream: string): Promise<void> {
  const events = await inStore((store) => store.readEvents(stream));
  const hashes = chainHashes(beginning, events);
  await sql(
    ...events.map(
      ({ seq }, n) => `UPDATE event SET hash = '${hashes[n]!}' WHERE stream = '${stream}' AND seq = ${seq}`,
    ),
    `UPDATE stream SET version = ${events.length}, hash = '${hashes.at(-1)!}' WHERE id = '${stream}'`,
  );
}
