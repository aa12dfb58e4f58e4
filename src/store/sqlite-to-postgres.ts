import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ClientBase } from 'pg';
import { verifyTrail } from '../trust/audit/verify.ts';
import type { Secret } from '../trust/secrets.ts';
import { columnsOf, orderOf, portableTables, type PortableTable } from './portable-tables.ts';
import { auditTrail } from './postgres-audit.ts';
import { connectionError } from './postgres-errors.ts';
import { migrateWithin } from './postgres-migrations.ts';
import { migrateDatabase, withConnection } from './postgres-start.ts';
import { prepareSession } from './postgres-pool.ts';
import { run, statement } from './postgres-rows.ts';
import { storeFailure } from './sqlite-errors.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import { trailIdOf } from './store-id.ts';
import { isStoreThere } from './store-path.ts';
import { readMarkOf } from './stored-trail.ts';
import { StoreCorrupt, StoreLocked, StoreUnavailable } from './store.ts';

/** So many rows travel together, and about so many characters: a body may have megabytes, and goes alone then. */
const atOnce = 100;
const longestAtOnce = 4_000_000;

type Row = Readonly<Record<string, string | number | null>>;

/**
 * Copies a store that is a file into an empty database: all of it, or nothing. The file is left as it is.
 * @returns how many rows
 * @throws StoreLocked while somebody has the file open; StoreUnavailable when there is no file, or the database has records
 */
export async function copyToPostgres(path: string, url: Secret): Promise<number> {
  // Opening would make a new one.
  if (!(await isStoreThere(path))) throw new StoreUnavailable(`There is no store at ${path}.`);
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

/**
 * Puts a store that is a file in the place of the one in the database: all of it, or nothing. What was there is kept.
 * @param keptAs the schema that it is then
 * @returns that schema; undefined when there was nothing
 * @throws StoreLocked while a replica is alive; StoreUnavailable
 */
export async function replaceInPostgres(
  path: string,
  url: Secret,
  keptAs: string,
): Promise<string | undefined> {
  const db = openDatabase(path);
  try {
    return await withConnection(url, async (client) => {
      await prepareSession(client);
      await client.query('BEGIN; SET LOCAL statement_timeout = 0');
      const kept = await setAside(client, keptAs);
      await migrateWithin(client);
      await copyTables(db, client);
      await client.query('COMMIT');
      return kept;
    });
  } catch (error) {
    throw storeFailure(error, path) ?? connectionError(error);
  } finally {
    closeDatabase(db);
  }
}

async function setAside(client: ClientBase, keptAs: string): Promise<string | undefined> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('lastgood.replica') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== true) return undefined;
  // Nobody joins from here on, and whoever is being written for has ended.
  await client.query('LOCK TABLE lastgood.replica, lastgood.stream, lastgood.outbox, lastgood.inbox');
  const { rows: alive } = await client.query<{ id: string }>(
    `SELECT id FROM lastgood.replica WHERE seen_at > clock_timestamp() - interval '15 seconds' LIMIT 1`,
  );
  if (alive[0])
    throw new StoreLocked(
      `A replica is at work on the database of DATABASE_URL, or was 15 seconds ago (${alive[0].id}). Stop all of them first.`,
    );
  await client.query(`ALTER SCHEMA lastgood RENAME TO ${keptAs}`);
  return keptAs;
}

async function copyAll(db: DatabaseSyncInstance, client: ClientBase): Promise<number> {
  await prepareSession(client);
  await client.query('BEGIN; SET LOCAL statement_timeout = 0');
  await client.query('LOCK TABLE stream, inbox, mark, replica');
  await refuseUsed(client);
  const copied = await copyTables(db, client);
  await refuseChanged(client);
  await client.query('COMMIT');
  return copied;
}

/** Reads the audit trail back: what has arrived is what was once written, or nothing is taken over. */
async function refuseChanged(client: ClientBase): Promise<void> {
  const trail = auditTrail((ask) => ask(client));
  const readMark = (name: string) => readMarkOf(client, name);
  const store = await trailIdOf({ readMark }, (await readMark('store-id')) ?? '');
  // Nobody else writes here.
  const settled = (): Promise<number> => Promise.resolve(Number.MAX_SAFE_INTEGER);
  const { wrong } = await verifyTrail({ ...trail, settled }, { store, keys: new Map() });
  if (wrong)
    throw new StoreCorrupt(
      `${wrong.where} ${wrong.what}, so nothing was copied. Look closer: lastgood audit verify --offline`,
    );
}

async function copyTables(db: DatabaseSyncInstance, client: ClientBase): Promise<number> {
  let copied = 0;
  for (const table of portableTables) copied += await copy(db, client, table);
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

async function copy(db: DatabaseSyncInstance, client: ClientBase, table: PortableTable): Promise<number> {
  const { name, ordered, added = {} } = table;
  const columns = columnsOf(table);
  const names = columns.map(([column]) => column);
  const arrays = columns.map(([, type], n) => `$${n + 1}::${type}[]`);
  const insert = statement(
    `INSERT INTO ${name} (${[...names, ...Object.keys(added)].join(', ')}) OVERRIDING SYSTEM VALUE
     SELECT ${['*', ...Object.values(added)].join(', ')} FROM unnest(${arrays.join(', ')}) copied (${names.join(', ')})`,
  );
  const read = db.prepare(`SELECT ${names.join(', ')} FROM ${name} ORDER BY ${orderOf(table)}`);
  let copied = 0;
  let together: Row[] = [];
  let length = 0;
  async function send(): Promise<void> {
    const values = names.map((column) => together.map((row) => row[column] ?? undefined));
    await run(client, insert, values);
    copied += together.length;
    together = [];
    length = 0;
  }
  for (const row of read.iterate() as Iterable<Row>) {
    const more = lengthOf(row);
    if (together.length === atOnce || (together.length > 0 && length + more > longestAtOnce)) await send();
    together.push(row);
    length += more;
  }
  if (together.length > 0) await send();
  if (ordered) {
    const next = `(SELECT coalesce(max(pos), 0) + 1 FROM ${name})`;
    await client.query(`SELECT setval(pg_get_serial_sequence('lastgood.${name}', 'pos'), ${next}, false)`);
  }
  return copied;
}

function lengthOf(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : 0),
    0,
  );
}
