import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Milliseconds } from '../core/time.ts';
import { makeBackup } from './backup-file.ts';
import type { GroupCommit } from './group-commit.ts';
import { inTurn } from './in-turn.ts';
import { StoreUnavailable } from './store.ts';

export interface SqliteBackups {
  /** As the store's. One after another. */
  readonly backUp: (to: string) => Promise<void>;
  /** Gives up the one that is being made. */
  readonly stop: () => Promise<void>;
}

/**
 * Backups while everything goes on. Once what is in the write-ahead log has been brought into the file, nobody writes to
 * that until the next checkpoint: so another process copies it meanwhile, and the event loop waits for the checkpoint
 * alone. (SQLite's own backup, in a thread, held up a store of 277 MB for half a second: it hardly ever lets go of the
 * connection. And VACUUM INTO holds it up for as long as it takes.) The log grows meanwhile, so it does not go on for ever.
 * @param limit for one backup; left out: what is enough for any
 */
export function sqliteBackups(
  db: Pick<DatabaseSyncInstance, 'exec' | 'prepare'>,
  path: string,
  read: GroupCommit['read'],
  limit?: Milliseconds,
): SqliteBackups {
  const stopping = new AbortController();
  const turns = inTurn();

  async function backUp(to: string): Promise<void> {
    stopping.signal.throwIfAborted();
    try {
      await read(standStill);
      await makeBackup(path, to, { signal: stopping.signal, ...(limit === undefined ? {} : { limit }) });
    } finally {
      // It may be closed by now, and has then brought everything into the file by itself.
      if (!stopping.signal.aborted) await read(goOn);
    }
  }

  function standStill(): void {
    db.exec('PRAGMA wal_autocheckpoint = 0');
    const done = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (done.busy !== 0)
      throw new StoreUnavailable(`No backup of ${path}: its log could not be brought into the file.`);
  }

  function goOn(): void {
    db.exec('PRAGMA wal_autocheckpoint = 1000');
  }

  return {
    backUp: (to) => turns.next(() => backUp(to)),
    stop: async () => {
      stopping.abort(new StoreUnavailable(`${path} is closed.`));
      await turns.ended();
    },
  };
}
