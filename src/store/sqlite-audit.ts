import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { beginning, chainHash } from '../trust/audit/chain.ts';
import type { AuditTrail } from '../trust/audit/trail.ts';
import { toChained, type ChainedRow } from './chained-row.ts';
import type { GroupCommit } from './group-commit.ts';
import { eventColumns, toEvent, type EventRow, type Query } from './sqlite-rows.ts';

interface EndRow {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  readonly seq: number | null;
  readonly newest: string | null;
}

/** As the store's, on its connection. */
export function auditTrail(
  db: DatabaseSyncInstance,
  { read, write }: Pick<GroupCommit, 'read' | 'write'>,
): AuditTrail {
  const settled: Query<{ pos: number }> = db.prepare('SELECT coalesce(max(pos), 0) AS pos FROM event');
  const events: Query<ChainedRow> = db.prepare(
    `SELECT e.pos, e.stream, e.seq, e.at, e.by, e.type, e.data, e.hash, before.hash AS prev
     FROM event e LEFT JOIN event before ON before.stream = e.stream AND before.seq = e.seq - 1
     WHERE e.pos > ? ORDER BY e.pos LIMIT ?`,
  );
  const ends: Query<EndRow> = db.prepare(
    `SELECT s.id, s.version, s.hash, e.seq, e.hash AS newest
     FROM stream s LEFT JOIN event e
       ON e.stream = s.id AND e.seq = (SELECT max(seq) FROM event WHERE stream = s.id)
     WHERE s.id > ? ORDER BY s.id LIMIT ?`,
  );
  const heads: Query<{ head: string }> = db.prepare(
    'SELECT head FROM audit_head WHERE number > ? ORDER BY number LIMIT ?',
  );
  const newestHead: Query<{ head: string }> = db.prepare(
    'SELECT head FROM audit_head ORDER BY number DESC LIMIT 1',
  );
  const addHead = db.prepare('INSERT INTO audit_head (number, head) VALUES (?, ?) ON CONFLICT DO NOTHING');

  return {
    settled: () => read(() => settled.get()?.pos ?? 0),
    events: (after, limit) => read(() => events.all(after, limit).map(toChained)),
    ends: (after, limit) =>
      read(() =>
        ends.all(after, limit).map(({ id, version, hash, seq, newest }) => ({
          id,
          version,
          hash,
          newest: seq === null ? undefined : { seq, hash: newest ?? undefined },
        })),
      ),
    heads: (after, limit) => read(() => heads.all(after, limit).map(({ head }) => head)),
    newestHead: () => read(() => newestHead.get()?.head),
    addHead: (number, head) => write(() => addHead.run(number, head).changes === 1),
  };
}

/** Chains what was written before there were hashes. */
export function chainAll(db: DatabaseSyncInstance): void {
  const unchained = db.prepare(`SELECT ${eventColumns} FROM event ORDER BY stream, seq`);
  const chainEvent = db.prepare('UPDATE event SET hash = ? WHERE stream = ? AND seq = ?');
  const endStream = db.prepare('UPDATE stream SET hash = ? WHERE id = ?');
  let last = { stream: '', hash: beginning };
  for (const row of unchained.iterate() as Iterable<EventRow>) {
    const prev = last.stream === row.stream ? last.hash : beginning;
    if (last.stream !== row.stream && last.stream !== '') endStream.run(last.hash, last.stream);
    last = { stream: row.stream, hash: chainHash(prev, toEvent(row)) };
    chainEvent.run(last.hash, row.stream, row.seq);
  }
  endStream.run(last.hash, last.stream);
}
