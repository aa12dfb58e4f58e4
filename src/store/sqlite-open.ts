import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { damaged, storeFailure } from './sqlite-errors.ts';
import { migrate, refuseNewer } from './sqlite-migrations.ts';
import { StoreUnavailable } from './store.ts';

/** Long enough for a predecessor that is just closing; waiting blocks the process. */
const busyTimeout = 250;
/** Reading more than this from a cold disk would keep people waiting for the bot. */
const smallEnoughToReadWhole = 64 * 1024 * 1024;

/**
 * The one connection to the database, alone with it until `closeDatabase`. Creates folder and file where they are
 * missing. Looks before it touches: a file that is refused is left as it was.
 * @throws StoreLocked, StoreCorrupt, StoreTooNew, StoreUnavailable
 */
export function openDatabase(path: string): DatabaseSyncInstance {
  createForUs(path);
  let db: DatabaseSyncInstance | undefined;
  try {
    db = new DatabaseSync(path, { timeout: busyTimeout, enableForeignKeyConstraints: true });
    // Takes the lock for good, yet writes nothing.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT');
    refuseNewer(db, path);
    refuseDamaged(db, path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(db);
    return db;
  } catch (error) {
    db?.close();
    throw storeFailure(error, path) ?? error;
  }
}

/**
 * Looks whether a database that nobody has open could be opened, and leaves it as it is: what is older is not migrated.
 * @throws StoreLocked, StoreCorrupt, StoreTooNew, StoreUnavailable
 */
export function examineDatabase(path: string): void {
  let db: DatabaseSyncInstance | undefined;
  try {
    db = new DatabaseSync(path, { timeout: busyTimeout });
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    refuseNewer(db, path);
    refuseDamaged(db, path);
  } catch (error) {
    throw storeFailure(error, path) ?? error;
  } finally {
    db?.close();
  }
}

/**
 * Leaves WAL mode before it closes: this puts everything into the one file, and it lets go of the lock at once.
 * Closing alone does not, because this SQLite binding keeps a connection open until its last statement was collected.
 */
export function closeDatabase(db: DatabaseSyncInstance): void {
  try {
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_schema');
  } finally {
    db.close();
  }
}

/** It holds what people say in an outage, and whom to call: nobody else on the machine has to read that. */
function createForUs(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite gives the files beside it the mode of this one.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new StoreUnavailable(`${path} or its folder cannot be created: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** A large file is checked where the decisions are; damage elsewhere shows when it is read, as `StoreCorrupt` too. */
function refuseDamaged(db: DatabaseSyncInstance, path: string): void {
  const tables = statSync(path).size <= smallEnoughToReadWhole ? [''] : [`('stream')`, `('counter')`];
  for (const table of tables) {
    const [first] = db.prepare(`PRAGMA quick_check${table}`).all() as { quick_check: string }[];
    if (first && first.quick_check !== 'ok') throw damaged(path, first.quick_check);
  }
}
