import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { StreamEnd, StreamId } from '../core/stream.ts';
import { beginning, writtenEntry, writtenHashes } from '../trust/audit/chain.ts';
import { effectText } from './effect-text.ts';
import type { Turn } from './group-commit.ts';
import {
  firstOfLane,
  outboxColumns,
  streamColumns,
  toOutboxRow,
  toStream,
  type InboxRow,
  type OutboxColumns,
  type Query,
  type StreamRow,
} from './sqlite-rows.ts';
import {
  AlreadySettled,
  StaleStream,
  type NewOutboxRow,
  type StreamWrite,
  type Transaction,
} from './store.ts';

type EndedRow = StreamRow & { readonly hash: string };

/** Prepares the statements once; what it returns makes the transaction of one work, which ends with that work's turn. */
export function prepareTransactions(db: DatabaseSyncInstance): (turn: Turn) => Transaction {
  const stream: Query<EndedRow> = db.prepare(`SELECT ${streamColumns}, hash FROM stream WHERE id = ?`);
  const streamByAlias: Query<EndedRow> = db.prepare(
    `SELECT ${streamColumns}, hash FROM stream WHERE kind = ? AND alias = ?`,
  );
  const openStream = db.prepare(
    `INSERT INTO stream (id, kind, version, wake_at, alias, rank, state, hash)
     VALUES (:id, :kind, :version, :wakeAt, :alias, :rank, :state, :hash) ON CONFLICT DO NOTHING`,
  );
  const moveStream = db.prepare(
    `UPDATE stream
     SET version = :version, wake_at = :wakeAt, alias = :alias, rank = :rank, state = :state, hash = :hash
     WHERE id = :id AND kind = :kind AND version = :expected AND NOT EXISTS
       (SELECT 1 FROM stream other WHERE other.kind = :kind AND other.alias = :alias AND other.id <> :id)`,
  );
  const newestHash: Query<{ hash: string }> = db.prepare('SELECT hash FROM stream WHERE id = ?');
  const addEvent = db.prepare(
    'INSERT INTO event (stream, seq, at, by, type, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const usedNumber: Query<{ used: number }> = db.prepare('SELECT used FROM counter WHERE name = ?');
  const useNumber = db.prepare(
    `INSERT INTO counter (name, used) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET used = excluded.used WHERE excluded.used > used`,
  );
  const addToOutbox = db.prepare(
    `INSERT INTO outbox (id, stream, lane, priority, created_at, due_at, deadline_at, effect)
     VALUES (:id, :stream, :lane, :priority, :createdAt, :dueAt, :deadlineAt, :effect)`,
  );
  const waitingInLane: Query<unknown> = db.prepare(
    `SELECT 1 FROM outbox WHERE lane = ? AND status = 'waiting' LIMIT 1`,
  );
  const hurryLane = db.prepare(
    `UPDATE outbox SET priority = :priority WHERE lane = :lane AND status = 'waiting' AND priority > :priority`,
  );
  const outboxRow: Query<OutboxColumns> = db.prepare(`SELECT ${outboxColumns} FROM outbox WHERE id = ?`);
  const takeOutbox: Query<OutboxColumns> = db.prepare(
    `SELECT ${outboxColumns} FROM outbox row WHERE row.id = ?1
       AND (row.status = 'in-flight' OR row.due_at <= ?2 AND ${firstOfLane})`,
  );
  const changeOutbox = db.prepare(
    `UPDATE outbox SET status = :status, attempts = :attempts, due_at = :dueAt,
       may_have_happened = :mayHaveHappened, receipt = :receipt, last_error = :lastError
     WHERE id = :id`,
  );
  const inboxItem: Query<InboxRow> = db.prepare('SELECT id, source, at, body, note FROM inbox WHERE id = ?');
  const receiveSettled = db.prepare(
    `INSERT INTO inbox (id, source, at, body, result, note) VALUES (:id, :source, :at, :body, 'done', :note)
     ON CONFLICT DO NOTHING`,
  );
  const settleInbox = db.prepare(
    `UPDATE inbox SET result = ?1, note = ?2 WHERE id = ?3 AND (result IS NULL OR ?1 = 'quarantined')`,
  );

  function readOutboxRow(id: string) {
    const row = outboxRow.get(id);
    return row && toOutboxRow(row);
  }

  function write(
    { id, kind, expected, state, wakeAt, alias, rank = '', events }: StreamWrite,
    ends: Map<StreamId, string>,
  ): void {
    const misplaced = events.find((event, n) => event.stream !== id || event.seq !== expected + n + 1);
    if (misplaced) {
      throw new Error(`${misplaced.stream}/${misplaced.seq} cannot follow ${id}/${expected}.`);
    }
    const prev = expected === 0 ? beginning : (ends.get(id) ?? newestHash.get(id)?.hash ?? beginning);
    const written = events.map(writtenEntry);
    const hashes = writtenHashes(prev, written);
    const hash = hashes.at(-1) ?? prev;
    const row = {
      id,
      kind,
      version: expected + events.length,
      wakeAt: wakeAt ?? null,
      alias: alias ?? null,
      rank,
      state: JSON.stringify(state),
      hash,
    };
    const { changes } = expected === 0 ? openStream.run(row) : moveStream.run({ ...row, expected });
    if (changes === 0) {
      throw new StaleStream(
        `${id} is not at version ${expected} any more${alias ? `, or another ${kind} has the alias ${alias}` : ''}.`,
      );
    }
    for (const [n, { seq, at, by, type, data }] of written.entries()) {
      addEvent.run(id, seq, at, by, type, data, hashes[n] ?? null);
    }
    ends.set(id, hash);
  }

  function enqueue(rows: readonly NewOutboxRow[]): void {
    for (const row of rows) {
      if (row.effect.type === 'slack.card' && waitingInLane.get(row.lane))
        hurryLane.run({ lane: row.lane, priority: row.priority });
      else addToOutbox.run({ ...row, stream: row.stream ?? null, effect: effectText(row.effect) });
    }
  }

  return (turn) => {
    /** The newest hash of each stream that this transaction has read or written. */
    const ends = new Map<StreamId, string>();
    const readAt = new Map<StreamId, StreamEnd>();
    const toRead = (row: EndedRow | undefined) => {
      if (!row) return undefined;
      const { hash, ...read } = row;
      ends.set(row.id, hash);
      readAt.set(row.id, { id: row.id, version: row.version, hash });
      return toStream(read);
    };
    const during =
      <Arguments extends unknown[], Result>(step: (...values: Arguments) => Result) =>
      // Async, so that what goes wrong is a rejection.
      async (...values: Arguments): Promise<Result> => {
        if (turn.over) throw new Error('This transaction has ended; only its own work may use it.');
        return step(...values);
      };
    return {
      stream: during((id) => toRead(stream.get(id))),
      streamByAlias: during((kind, alias) => toRead(streamByAlias.get(kind, alias))),
      endOf: (id) => readAt.get(id),
      nextNumber: during((counter) => (usedNumber.get(counter)?.used ?? 0) + 1),
      useNumber: during((counter, number) => {
        if (useNumber.run(counter, number).changes === 0) {
          throw new StaleStream(`${counter} ${number} is already used.`);
        }
      }),
      write: during((change) => write(change, ends)),
      enqueue: during(enqueue),
      outboxRow: during(readOutboxRow),
      takeOutbox: during(({ id }, now) => {
        const row = takeOutbox.get(id, now);
        return row && toOutboxRow(row);
      }),
      inHand: during((id) => readOutboxRow(id)?.status === 'in-flight'),
      updateOutbox: during((id, change) => {
        const before = readOutboxRow(id);
        if (!before) throw new Error(`There is no ${id} in the outbox.`);
        const after = { ...before, ...change };
        changeOutbox.run({
          id,
          status: after.status,
          attempts: after.attempts,
          dueAt: after.dueAt,
          mayHaveHappened: Number(after.mayHaveHappened),
          receipt: JSON.stringify(after.receipt),
          lastError: after.lastError ?? null,
        });
      }),
      settleInbox: during((id, result, note) => {
        if (settleInbox.run(result, note ?? null, id).changes > 0) return;
        if (inboxItem.get(id)) throw new AlreadySettled(`${id} is settled already.`);
        throw new Error(`There is no ${id} in the inbox.`);
      }),
      inboxItem: during((id) => {
        const row = inboxItem.get(id);
        return row && { ...row, note: row.note ?? undefined };
      }),
      receiveSettled: during(({ id, source, at, body }, note) => {
        if (receiveSettled.run({ id, source, at, body, note }).changes === 0) {
          throw new StaleStream(`${id} is in the inbox already.`);
        }
      }),
    };
  };
}
