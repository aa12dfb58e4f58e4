import { existsSync } from 'node:fs';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ClientBase } from 'pg';
import type { Secret } from '../trust/secrets.ts';
import { connectionError } from './postgres-errors.ts';
import { migrateDatabase, withConnection } from './postgres-start.ts';
import { prepareSession } from './postgres-pool.ts';
import { run, statement } from './postgres-rows.ts';
import { storeFailure } from './sqlite-errors.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import { StoreUnavailable } from './store.ts';

/** As many rows as travel together: a body may have a megabyte. */
const atOnce = 100;

interface Table {
  readonly name: string;
  /** Whether it has a `pos`, the order of arrival, which is kept. */
  readonly ordered: boolean;
  readonly columns: Readonly<Record<string, 'text' | 'bigint' | 'boolean'>>;
  /** What only PostgreSQL has: nobody who is alive owns anything yet. */
  readonly added?: Readonly<Record<string, string>>;
}

const nobodys = { owner: `''` };

type Row = Readonly<Record<string, string | number | null>>;

/** Streams before what refers to them. */
const tables: readonly Table[] = [
  {
    name: 'inbox',
    ordered: true,
    columns: { id: 'text', source: 'text', at: 'bigint', body: 'text', result: 'text', note: 'text' },
    added: nobodys,
  },
  {
    name: 'stream',
    ordered: true,
    columns: {
      id: 'text',
      kind: 'text',
      version: 'bigint',
      wake_at: 'bigint',
      alias: 'text',
      rank: 'text',
      state: 'text',
    },
    added: nobodys,
  },
  {
    name: 'event',
    ordered: true,
    columns: { stream: 'text', seq: 'bigint', at: 'bigint', by: 'text', type: 'text', data: 'text' },
    added: { written: '0' },
  },
  {
    name: 'outbox',
    ordered: true,
    columns: {
      id: 'text',
      stream: 'text',
      lane: 'text',
      priority: 'bigint',
      created_at: 'bigint',
      due_at: 'bigint',
      deadline_at: 'bigint',
      effect: 'text',
      status: 'text',
      attempts: 'bigint',
      may_have_happened: 'boolean',
      receipt: 'text',
      last_error: 'text',
    },
    added: nobodys,
  },
  { name: 'counter', ordered: false, columns: { name: 'text', used: 'bigint' } },
  { name: 'mark', ordered: false, columns: { name: 'text', value: 'text' } },
];

/**
 * Copies a store that is a file into an empty database: all of it, or nothing. The file is left as it is.
 * @returns how many rows
 * @throws StoreLocked while somebody has the file open; StoreUnavailable when there is no file, or the database has records
 */
export async function copyToPostgres(path: string, url: Secret): Promise<number> {
  // Opening would make a new one.
  if (!existsSync(path)) throw new StoreUnavailable(`There is no store at ${path}.`);
  const db = openDatabase(path);
  try {
    await migrateDatabase(url);
    return await withConnection(url, (client) => copyAll(db, client));
  } catch (error) {
    throw storeFailure(error, path) ?? connectionError(error);
  } finally {
    closeDatabase(db);
  }
}

async function copyAll(db: DatabaseSyncInstance, client: ClientBase): Promise<number> {
  await prepareSession(client);
  await client.query('BEGIN; SET LOCAL statement_timeout = 0');
  await client.query('LOCK TABLE stream, inbox, mark, replica');
  await refuseUsed(client);
  let copied = 0;
  for (const table of tables) copied += await copy(db, client, table);
  await client.query('COMMIT');
  return copied;
}

async function refuseUsed(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ used: boolean }>(
    `SELECT EXISTS (SELECT FROM mark) OR EXISTS (SELECT FROM stream) OR EXISTS (SELECT FROM inbox)
       OR EXISTS (SELECT FROM replica) AS used`,
  );
  if (rows[0]?.used === true)
    throw new StoreUnavailable(
      'The database of DATABASE_URL has records already: a bot has run on it. Stop that one, and give an empty database.',
    );
}

async function copy(db: DatabaseSyncInstance, client: ClientBase, table: Table): Promise<number> {
  const { name, ordered, added = {} } = table;
  const columns = Object.entries({ ...(ordered ? { pos: 'bigint' } : {}), ...table.columns });
  const names = columns.map(([column]) => column);
  const arrays = columns.map(([, type], n) => `$${n + 1}::${type}[]`);
  const insert = statement(
    `INSERT INTO ${name} (${[...names, ...Object.keys(added)].join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${['*', ...Object.values(added)].join(', ')} FROM unnest(${arrays.join(', ')})`,
  );
  const read = db.prepare(`SELECT ${names.join(', ')} FROM ${name} ORDER BY ${ordered ? 'pos' : 'name'}`);
  let copied = 0;
  let together: Row[] = [];
  async function send(): Promise<void> {
    const values = names.map((column) => together.map((row) => row[column] ?? undefined));
    await run(client, insert, values);
    copied += together.length;
    together = [];
  }
  for (const row of read.iterate() as Iterable<Row>) {
    together.push(row);
    if (together.length === atOnce) await send();
  }
  if (together.length > 0) await send();
  if (ordered) {
    const next = `(SELECT coalesce(max(pos), 0) + 1 FROM ${name})`;
    await client.query(`SELECT setval(pg_get_serial_sequence('lastgood.${name}', 'pos'), ${next}, false)`);
  }
  return copied;
}
