import { existsSync, statSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Instant } from '../core/time.ts';
import type { Wrong } from '../trust/audit/place.ts';
import { verifyTrail } from '../trust/audit/verify.ts';
import type { Secret } from '../trust/secrets.ts';
import { makeBackup } from './backup-file.ts';
import { flush } from './durable-file.ts';
import { replaceInPostgres } from './sqlite-to-postgres.ts';
import { storeFailure } from './sqlite-errors.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import { markRestored } from './restored.ts';
import { openSqliteStore } from './sqlite.ts';
import { trailIdOf } from './store-id.ts';
import { StoreCorrupt, StoreTooNew, StoreUnavailable } from './store.ts';

/** What a backup holds, for whoever is about to go back to it. */
export interface Held {
  /** The last sign of life of the bot in it. */
  readonly from: Instant;
  readonly newestEvent: Instant | undefined;
  readonly incidents: readonly string[];
  readonly operations: readonly string[];
  /** The first place in it that is not as it was written. */
  readonly changed: Wrong | undefined;
}

/**
 * Puts a backup in the place of the store, as a whole or not at all, and keeps what was there. The backup itself is left
 * as it is.
 * @param place the file of the store; or the database, where there is one
 * @param options.holds hears what it holds, when it was verified and before anything is replaced
 * @returns where that which was there is now; undefined when nothing was
 * @throws StoreLocked while a bot runs; StoreTooNew, StoreCorrupt, StoreUnavailable
 */
export async function restore(
  backup: string,
  place: { readonly path: string; readonly database: Secret | undefined },
  options: {
    readonly now: Instant;
    /** May throw: then nothing is replaced. */
    readonly holds: (held: Held) => void;
  },
): Promise<string | undefined> {
  const { now, holds } = options;
  if (!statSync(backup, { throwIfNoEntry: false })) throw new StoreUnavailable(`There is no file ${backup}.`);
  if (sizeOf(`${backup}-wal`) > 0)
    throw new StoreUnavailable(
      `${backup} is not whole: the rest of it is in ${backup}-wal. Take a file that lastgood backup made, or one of a bot that was stopped.`,
    );
  const fresh = join(dirname(place.path), 'restoring.db');
  // What a restore that was killed has left of another backup would be read into this one.
  await takeAway(fresh);
  try {
    holds(await prepare(backup, fresh, now).catch((error: unknown) => refuseAll(error, backup, fresh)));
    const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '').replace('T', '-').slice(0, 20);
    return place.database
      ? await replaceInPostgres(fresh, place.database, `lastgood_before_${stamp.replaceAll('-', '_')}`)
      : await replaceFile(fresh, place.path, stamp);
  } finally {
    await takeAway(fresh);
  }
}

async function prepare(backup: string, fresh: string, now: Instant): Promise<Held> {
  // Read by nobody until it is whole; from here on the copy is what is looked at.
  await makeBackup(backup, fresh);
  refuseForeign(fresh, backup);
  const changed = await audit(fresh);
  const db = openDatabase(fresh);
  try {
    return { ...heldBy(db), changed, from: markRestored(db, now).from };
  } finally {
    closeDatabase(db);
  }
}

/** The copy's name says nothing to whoever is going back to a backup. */
function refuseAll(error: unknown, backup: string, fresh: string): never {
  const known = storeFailure(error, fresh) ?? error;
  if (known instanceof StoreCorrupt)
    throw new StoreCorrupt(`${backup} is damaged. Nothing was replaced: take another backup.`, {
      cause: error,
    });
  if (known instanceof StoreUnavailable)
    throw new StoreUnavailable(`${known.message} Nothing was replaced.`, { cause: error });
  throw known;
}

/** What SQLite keeps beside a file, and reads into whatever has that name later. */
const besides = ['-wal', '-journal'];

async function takeAway(path: string): Promise<void> {
  for (const end of ['', ...besides]) await rm(`${path}${end}`, { force: true });
}

/** Opening makes a store of anything: of a file of no bytes, of another program's database. */
function refuseForeign(copy: string, backup: string): void {
  const db = new DatabaseSync(copy, { readOnly: true });
  try {
    const { ours } = db
      .prepare(
        `SELECT (SELECT user_version FROM pragma_user_version) > 0 AND count(*) = 5 AS ours FROM sqlite_schema
         WHERE type = 'table' AND name IN ('inbox', 'stream', 'event', 'outbox', 'mark')`,
      )
      .get() as { readonly ours: number };
    // The first versions gave a store no id.
    const used = `SELECT 1 FROM mark WHERE name = 'store-id' UNION ALL SELECT 1 FROM stream LIMIT 1`;
    if (ours === 0 || !db.prepare(used).get())
      throw new StoreUnavailable(`${backup} is no backup: no Lastgood has ever run on it.`);
  } finally {
    db.close();
  }
}

async function audit(path: string): Promise<Wrong | undefined> {
  const store = await openSqliteStore({ path });
  try {
    const storeId = await trailIdOf(store, (await store.readMark('store-id')) ?? '');
    return (await verifyTrail(store.audit, { store: storeId, keys: new Map() })).wrong;
  } finally {
    await store.close();
  }
}

/** At every moment there is a store under its name: the one of before, or the restored one. */
async function replaceFile(fresh: string, path: string, stamp: string): Promise<string | undefined> {
  const kept = path.replace(/(\.db)?$/, `.before-${stamp}$1`);
  // Under a second name first: whoever opens a damaged one may change what belongs to it.
  const links = ['', ...besides].filter((end) => existsSync(`${path}${end}`));
  for (const end of links) await link(`${path}${end}`, `${kept}${end}`);
  let db: DatabaseSyncInstance | undefined;
  try {
    // Where the file itself is gone, opening would make a new one of what is left beside it.
    if (links.includes('')) db = openedAlone(path);
  } catch (error) {
    for (const end of links) await rm(`${kept}${end}`);
    throw error;
  }
  try {
    for (const end of besides) {
      // Of a whole one everything is in the one file; of another, it must not be taken for a part of what comes now.
      if (db) await rm(`${kept}${end}`, { force: true });
      await rm(`${path}${end}`, { force: true });
    }
    await rename(fresh, path);
    await flush(dirname(path));
    return links[0] === undefined ? undefined : `${kept}${links[0]}`;
  } finally {
    if (db) closeDatabase(db);
  }
}

/** Keeps every bot out until it is closed. @throws StoreLocked */
function openedAlone(path: string): DatabaseSyncInstance | undefined {
  try {
    const db = openDatabase(path);
    // One file, so that it can be moved; and the lock stays.
    db.exec('PRAGMA journal_mode = DELETE');
    return db;
  } catch (error) {
    if (error instanceof StoreCorrupt || error instanceof StoreTooNew) return undefined;
    throw error;
  }
}

function heldBy(db: DatabaseSyncInstance): Omit<Held, 'from' | 'changed'> {
  const open = (kind: string): readonly string[] =>
    (
      db.prepare('SELECT id FROM stream WHERE kind = ? AND alias IS NOT NULL ORDER BY pos').all(kind) as {
        id: string;
      }[]
    ).map(({ id }) => id);
  const { at } = db.prepare('SELECT max(at) AS at FROM event').get() as { at: number | null };
  return { newestEvent: at ?? undefined, incidents: open('incident'), operations: open('operation') };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
