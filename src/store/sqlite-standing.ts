import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { StreamEnd, StreamId } from '../core/stream.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Query } from './sqlite-rows.ts';
import { standingOf } from './standing.ts';
import type { Store } from './store.ts';

/**
 * Nobody else has the file open, so what was read once is so until the next batch. Monitoring that says the same again
 * and again, and is told each time that it is known, asks the database once.
 */
export function standingIn(
  db: DatabaseSyncInstance,
  { read, ended }: Pick<GroupCommit, 'read' | 'ended'>,
): Store['standing'] {
  const readEnd: Query<StreamEnd> = db.prepare('SELECT id, version, hash FROM stream WHERE id = ?');
  const readWaiting: Query<{ source: string }> = db.prepare(
    'SELECT DISTINCT source FROM inbox INDEXED BY inbox_unsettled WHERE result IS NULL',
  );
  const ends = new Map<StreamId, StreamEnd | undefined>();
  let waiting: readonly string[] | undefined;
  let asOf = -1;
  const end = (id: StreamId): StreamEnd | undefined => ends.get(id);

  function forgetWhatMayHaveChanged(): void {
    if (asOf === ended()) return;
    asOf = ended();
    ends.clear();
    waiting = undefined;
  }

  return async (wanted, sources) => {
    forgetWhatMayHaveChanged();
    // A batch that is open now has told nobody yet that it is stored: as far as anybody knows, it comes afterwards.
    if (waiting !== undefined && wanted.every(({ id }) => ends.has(id)))
      return standingOf({ end, waiting }, wanted, sources);
    return read(() => {
      forgetWhatMayHaveChanged();
      waiting ??= readWaiting.all().map(({ source }) => source);
      for (const { id } of wanted) if (!ends.has(id)) ends.set(id, readEnd.get(id));
      return standingOf({ end, waiting }, wanted, sources);
    });
  };
}
