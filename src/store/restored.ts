import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Instant } from '../core/time.ts';
import { drawStoreId } from './store-id.ts';
import type { Store } from './store.ts';

/** The store came from a backup, and no bot has run on it since. */
export interface Restored {
  /** The last sign of life in it. */
  readonly from: Instant;
  readonly at: Instant;
}

const mark = 'restored';
const undecidedMark = 'restored-undecided';

/**
 * Makes a copy of a store fit for a world that has gone on without it. What it had on the way may have gone out, and
 * what it had received was read: neither is done again. It is another store from here on, so that no key and no button
 * of the life after the backup means anything of this one's; and numbers go on well behind those that were given in it.
 */
export function markRestored(db: DatabaseSyncInstance, at: Instant): Restored {
  // Restored before, and no bot has run on it since: only that restore has said that it was alive.
  const { from } = db
    .prepare(
      `SELECT coalesce((SELECT value ->> '$.from' FROM mark WHERE name = :mark AND value <> ''),
         (SELECT CAST(value AS INTEGER) FROM mark WHERE name = 'alive-at'),
         (SELECT max(at) FROM event), :at) AS "from"`,
    )
    .get({ at, mark }) as { readonly from: Instant };
  const why = 'the records were restored from a backup made before its end: it may have been done';
  db.exec('BEGIN');
  db.prepare(
    `UPDATE outbox SET status = 'unknown', may_have_happened = 1, last_error = ?
     WHERE status IN ('waiting', 'in-flight')`,
  ).run(why);
  db.prepare(`UPDATE inbox SET result = 'done', note = ? WHERE result IS NULL`).run(why);
  db.exec(`UPDATE counter SET used = (used / 100 + 1) * 100;
    INSERT OR IGNORE INTO mark (name, value) SELECT 'trail-id', value FROM mark WHERE name = 'store-id';
    DELETE FROM mark WHERE name = 'unmarked-buttons'`);
  const setMark = db.prepare('INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)');
  setMark.run('store-id', drawStoreId());
  setMark.run('alive-at', String(at));
  setMark.run(undecidedMark, String(at));
  setMark.run(mark, JSON.stringify({ from, at } satisfies Restored));
  db.exec('COMMIT');
  return { from, at };
}

/** Undefined for a store that was not restored, or has gone on since. */
export async function restoredStore(store: Pick<Store, 'readMark'>): Promise<Restored | undefined> {
  const value = (await store.readMark(mark)) ?? '';
  return value === '' ? undefined : (JSON.parse(value) as Restored);
}

/** Whether nobody has found yet that what the records say is live is what others say, too (`decided`). */
export async function isUndecided(store: Pick<Store, 'readMark'>): Promise<boolean> {
  return ((await store.readMark(undecidedMark)) ?? '') !== '';
}

/** Where the registry file goes further than the backup, somebody has taken a side. */
export function decided(store: Pick<Store, 'writeMark'>): Promise<void> {
  return store.writeMark(undecidedMark, '');
}

/** All who have to hear of it have. */
export function goneOn(store: Pick<Store, 'writeMark'>): Promise<void> {
  return store.writeMark(mark, '');
}
