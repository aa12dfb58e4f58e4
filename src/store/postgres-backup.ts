import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { ClientBase } from 'pg';
import type { Milliseconds } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { makeBackup } from './backup-file.ts';
import { writingDown } from './backup-name.ts';
import { columnsOf, orderOf, portableTables, type PortableTable } from './portable-tables.ts';
import { connectionError } from './postgres-errors.ts';
import { connectBeside } from './postgres-pool.ts';
import { storeFailure } from './sqlite-errors.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import { StoreUnavailable } from './store.ts';

/** Rows that travel together, and are written without letting go of the event loop. */
const atOnce = 250;
/** Of those that may have megabytes: a sender who says much says it many times, and the bot has to hold all that travels. */
const atOnceHeavy = 5;

/**
 * Between two answers, which take milliseconds, and the first one of a large table seconds. However long all of it takes, it
 * is not given up while more and more rows come.
 */
const longestSilence: Milliseconds = 10 * 60_000;

/**
 * Writes everything, as of one moment, into a SQLite store: what is backed up here is restored to either kind of store.
 * @param options.folder where it is written down first, by this process: on a disk that answers
 * @param options.replaces as of `makeBackup`
 * @param options.signal then it is given up
 * @param options.silence as if that came when the database has not answered for so long; left out: when it never will
 * @throws StoreUnavailable
 */
export async function backUpPostgres(
  url: Secret,
  to: string,
  options: {
    readonly folder: string;
    readonly replaces?: boolean;
    readonly signal?: AbortSignal;
    readonly silence?: Milliseconds;
  },
): Promise<void> {
  const {
    folder,
    replaces = false,
    signal = new AbortController().signal,
    silence = longestSilence,
  } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = await mkdtemp(join(folder, writingDown));
  try {
    const path = join(beside, 'all.db');
    await writeDown(url, path, signal, silence);
    await makeBackup(path, to, { replaces, signal });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function writeDown(url: Secret, path: string, signal: AbortSignal, silence: Milliseconds) {
  try {
    const db = openDatabase(path);
    try {
      // The copy of it is flushed as a whole.
      db.exec('PRAGMA synchronous = OFF');
      await connectedUntil(signal, url, silence, (client) => copyAll(client, db));
    } finally {
      closeDatabase(db);
    }
  } catch (error) {
    throw storeFailure(error, path) ?? connectionError(error);
  }
}

/** Lends a connection that is cut when the signal comes, whatever it waits for. */
async function connectedUntil(
  signal: AbortSignal,
  url: Secret,
  silence: Milliseconds,
  work: (client: ClientBase) => Promise<void>,
): Promise<void> {
  // With a pipeline, ending would wait for what is under way.
  const client = await connectBeside(url, () => undefined, { query_timeout: silence, pipeline: false });
  const cut = (): void => void client.end();
  signal.addEventListener('abort', cut, { once: true });
  try {
    signal.throwIfAborted();
    await work(client);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', cut);
    await client.end();
  }
}

async function copyAll(client: ClientBase, db: DatabaseSyncInstance): Promise<void> {
  await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL search_path = lastgood; SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = '1min'`);
  if ((await client.query('SELECT FROM event WHERE hash IS NULL LIMIT 1')).rowCount !== 0)
    throw new StoreUnavailable('A replica of an older version is at work: back up once all are replaced.');
  for (const table of portableTables) await copy(client, db, table);
  await client.query('COMMIT');
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
  const text = `FETCH ${table.heavy ? atOnceHeavy : atOnce} FROM copied`;
  for (;;) {
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
