import { setImmediate } from 'node:timers/promises';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ClientBase } from 'pg';
import type { Secret } from '../trust/secrets.ts';
import { makeBackup } from './backup-file.ts';
import { columnsOf, orderOf, portableTables, type PortableTable } from './portable-tables.ts';
import { withConnection } from './postgres-start.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import { StoreUnavailable } from './store.ts';

/** Rows that travel together, and are written without letting go of the event loop. */
const atOnce = 250;

/**
 * Writes everything, as of one moment, into a SQLite store: what is backed up here is restored to either kind of store.
 * @throws StoreUnavailable, and what the driver throws
 */
export async function backUpPostgres(url: Secret, to: string): Promise<void> {
  await makeBackup(to, async (temporary) => {
    const db = openDatabase(temporary);
    try {
      // It is flushed as a whole, at the end.
      db.exec('PRAGMA synchronous = OFF');
      await withConnection(url, (client) => copyAll(client, db));
    } finally {
      closeDatabase(db);
    }
    return undefined;
  });
}

async function copyAll(client: ClientBase, db: DatabaseSyncInstance): Promise<void> {
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = lastgood; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '1min'`);
  for (const table of portableTables) await copy(client, db, table);
  await client.query('COMMIT');
  if (db.prepare('SELECT 1 FROM event WHERE hash IS NULL LIMIT 1').get() !== undefined)
    throw new StoreUnavailable('A replica of an older version is at work: back up once all are replaced.');
}

async function copy(client: ClientBase, db: DatabaseSyncInstance, table: PortableTable): Promise<void> {
  const names = columnsOf(table).map(([name]) => name);
  const columns = names.join(', ');
  const insert = db.prepare(
    `INSERT INTO ${table.name} (${columns}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  await client.query(
    `DECLARE copied NO SCROLL CURSOR FOR SELECT ${columns} FROM ${table.name} ORDER BY ${orderOf(table)}`,
  );
  for (;;) {
    const text = `FETCH ${atOnce} FROM copied`;
    const { rows } = await client.query<Stored[]>({ text, rowMode: 'array' });
    if (rows.length === 0) break;
    db.exec('BEGIN');
    for (const row of rows) insert.run(...row.map(inSqlite));
    db.exec('COMMIT');
    await setImmediate();
  }
  await client.query('CLOSE copied');
}

type Stored = string | number | boolean | null;

function inSqlite(value: Stored): string | number | null {
  return typeof value === 'boolean' ? Number(value) : value;
}
