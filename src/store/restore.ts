import { existsSync, statSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Instant } from '../core/time.ts';
import type { Wrong } from '../trust/audit/place.ts';
import { verifyTrail } from '../trust/audit/verify.ts';
import type { Secret } from '../trust/secrets.ts';
import { makeBackup } from './backup-file.ts';
import { flush } from './durable-file.ts';
import { replaceInPostgres } from './sqlite-to-postgres.ts';
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
  if (!existsSync(backup)) throw new StoreUnavailable(`There is no file ${backup}.`);
  if (sizeOf(`${backup}-wal`) > 0)
    throw new StoreUnavailable(
      `${backup} is not whole: the rest of it is in ${backup}-wal. Take a file that lastgood backup made, or one of a bot that was stopped.`,
    );
  const fresh = join(dirname(place.path), 'restoring.db');
  try {
    // Read by nobody until it is whole; from here on the copy is what is looked at.
    await makeBackup(backup, fresh);
    const changed = await audit(fresh);
    const db = openDatabase(fresh);
    try {
      holds({ ...heldBy(db), changed, from: markRestored(db, now).from });
    } finally {
      closeDatabase(db);
    }
    const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '').replace('T', '-').slice(0, 20);
    return place.database
      ? await replaceInPostgres(fresh, place.database, `lastgood_before_${stamp.replaceAll('-', '_')}`)
      : await replaceFile(fresh, place.path, stamp);
  } finally {
    await rm(fresh, { force: true });
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
  if (!existsSync(path)) {
    await rename(fresh, path);
    return undefined;
  }
  const kept = path.replace(/(\.db)?$/, `.before-${stamp}$1`);
  // Under a second name first: whoever opens a damaged one may change what belongs to it.
  const links = ['', '-wal'].filter((end) => existsSync(`${path}${end}`));
  for (const end of links) await link(`${path}${end}`, `${kept}${end}`);
  let db: DatabaseSyncInstance | undefined;
  try {
    db = openedAlone(path);
  } catch (error) {
    for (const end of links) await rm(`${kept}${end}`);
    throw error;
  }
  try {
    // Of a whole one everything is in the one file; of another, it must not be taken for a part of what comes now.
    if (db) await rm(`${kept}-wal`, { force: true });
    await rm(`${path}-wal`, { force: true });
    await rename(fresh, path);
    await flush(dirname(path));
    return kept;
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
