import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Instant } from '../core/time.ts';
import { groupCommit } from './group-commit.ts';
import { auditTrail } from './sqlite-audit.ts';
import { closeDatabase, openDatabase } from './sqlite-open.ts';
import {
  eventColumns,
  firstOfLane,
  outboxColumns,
  streamColumns,
  toEvent,
  toOutboxRow,
  toStream,
  type EventRow,
  type OutboxColumns,
  type Query,
  type StreamRow,
} from './sqlite-rows.ts';
import { standingIn } from './sqlite-standing.ts';
import { prepareTransactions } from './sqlite-transaction.ts';
import {
  mostInboxBytes,
  StaleStream,
  StoreLocked,
  type InboxItem,
  type Outstanding,
  type StoredStream,
} from './store.ts';
import type { DocumentVersion } from './document-rows.ts';
import type { OpenedStore } from './open-store.ts';
import { sqliteBackups } from './sqlite-backup.ts';

/** For a store that somebody has only for a moment: the doctor looks at it, or the bot of before is closing it. */
const pausesWhenLocked = [300, 600];
/** As many as one batch may delete without anybody waiting noticeably for it. */
const forgottenAtOnce = 1_000;

/**
 * The store for one machine: a SQLite file that this process alone has open.
 * @param options.path the file; it and its folder are created when they are missing
 * @param options.now milliseconds since the epoch, for the rows that `recoverInFlight` and `hastenOutbox` make due
 * @throws StoreLocked, StoreCorrupt, StoreTooNew, StoreUnavailable
 */
export async function openSqliteStore(options: {
  readonly path: string;
  readonly now?: () => Instant;
}): Promise<OpenedStore> {
  const { path, now = Date.now } = options;
  const db = await openWhenFree(path);
  const { write, put, read, ended, finish } = groupCommit(db, path);
  const transaction = prepareTransactions(db);
  const backups = sqliteBackups(db, path, read);

  const receive = db.prepare(
    'INSERT INTO inbox (id, source, at, body) VALUES (:id, :source, :at, :body) ON CONFLICT DO NOTHING',
  );
  const unsettledInbox: Query<InboxItem> = db.prepare(
    'SELECT id, source, at, body FROM inbox WHERE result IS NULL ORDER BY pos',
  );
  // How long they are is known without reading them.
  const inboxPart = (isIn: 'IN' | 'NOT IN'): Query<InboxItem> =>
    db.prepare(
      `SELECT id, source, at, body FROM inbox WHERE pos IN
         (SELECT pos FROM
           (SELECT pos, sum(size) OVER (ORDER BY pos) - size AS before FROM
             (SELECT pos, octet_length(body) AS size FROM inbox
              WHERE result IS NULL AND source ${isIn} (SELECT value FROM json_each(?1))
                AND pos > coalesce((SELECT pos FROM inbox WHERE id = ?3), 0)
              ORDER BY pos LIMIT ?2))
          WHERE before < ${mostInboxBytes})
       ORDER BY pos`,
    );
  const inboxInOrder = inboxPart('NOT IN');
  const inboxOf = inboxPart('IN');
  const forgetInbox = db.prepare(
    `DELETE FROM inbox WHERE pos IN
       (SELECT pos FROM inbox WHERE result IS NOT NULL AND at < ? LIMIT ${forgottenAtOnce})`,
  );
  const stream: Query<StreamRow> = db.prepare(`SELECT ${streamColumns} FROM stream WHERE id = ?`);
  // LIMIT -1 is no limit, and nothing is older than a stream that is not there.
  const older = `(?3 = '' OR pos < (SELECT pos FROM stream WHERE id = ?3))`;
  const streams: Query<StreamRow> = db.prepare(
    `SELECT ${streamColumns} FROM stream WHERE kind = ?1 AND ${older} ORDER BY pos DESC LIMIT ?2`,
  );
  const openStreams: Query<StreamRow> = db.prepare(
    // The index alone says which: what they hold is read of those that are wanted, and not to sort all of them.
    `SELECT ${streamColumns} FROM stream WHERE pos IN
       (SELECT pos FROM stream INDEXED BY stream_alias
        WHERE kind = ?1 AND alias IS NOT NULL AND ${older} ORDER BY pos DESC LIMIT ?2)
     ORDER BY pos DESC`,
  );
  const firstOpen: Query<StreamRow> = db.prepare(
    `SELECT ${streamColumns} FROM stream INDEXED BY stream_open
     WHERE kind = ? AND alias IS NOT NULL ORDER BY rank, pos LIMIT ?`,
  );
  const openCount: Query<{ count: number }> = db.prepare(
    'SELECT count(*) AS count FROM stream INDEXED BY stream_open WHERE kind = ? AND alias IS NOT NULL',
  );
  const events: Query<EventRow> = db.prepare(
    `SELECT ${eventColumns} FROM event WHERE stream = ? ORDER BY seq`,
  );
  const nextWake: Query<{ at: number | null }> = db.prepare(
    'SELECT min(wake_at) AS at FROM stream WHERE wake_at IS NOT NULL',
  );
  const wakesDue: Query<Pick<StoredStream, 'id' | 'kind'> & { readonly wakeAt: Instant }> = db.prepare(
    'SELECT id, kind, wake_at AS wakeAt FROM stream WHERE wake_at <= ? ORDER BY wake_at, pos LIMIT ?',
  );
  const outboxDue: Query<OutboxColumns> = db.prepare(
    `SELECT ${outboxColumns} FROM outbox row INDEXED BY outbox_next WHERE row.due_at <= ?1 AND ${firstOfLane}
       AND (?3 = '[]' OR NOT EXISTS (
         SELECT 1 FROM json_each(?3) kind WHERE kind.value ->> '$.type' = row.effect ->> '$.type'
           AND kind.value ->> '$.priority' <= row.priority))
     ORDER BY row.priority, row.pos LIMIT ?2`,
  );
  const inFlightHere: Query<OutboxColumns> = db.prepare(
    `SELECT ${outboxColumns} FROM outbox INDEXED BY outbox_lane
     WHERE (status = 'waiting' OR status = 'in-flight') AND status = 'in-flight' ORDER BY pos`,
  );
  const nextDue: Query<{ at: number }> = db.prepare(
    `SELECT row.due_at AS at FROM outbox row WHERE row.due_at > ? AND ${firstOfLane} ORDER BY row.due_at LIMIT 1`,
  );
  const outboxOf: Query<OutboxColumns> = db.prepare(
    `SELECT ${outboxColumns} FROM outbox WHERE stream = ? ORDER BY pos`,
  );
  const effectsLeft: Query<Outstanding['effects'][number]> = db.prepare(
    `SELECT effect ->> '$.type' AS type, priority, status, count(*) AS count, min(created_at) AS oldest
     FROM outbox INDEXED BY outbox_lane WHERE status = 'waiting' OR status = 'in-flight'
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );
  const inboxLeft: Query<Outstanding['inbox'][number]> = db.prepare(
    `SELECT source, count(*) AS count, min(at) AS oldest FROM inbox
     WHERE result IS NULL GROUP BY source ORDER BY source`,
  );
  const wakesLeft: Query<{ count: number; at: number | null }> = db.prepare(
    'SELECT count(*) AS count, min(wake_at) AS at FROM stream WHERE wake_at <= ?',
  );
  const openLeft: Query<Outstanding['open'][number]> = db.prepare(
    `SELECT kind, rank, count(*) AS count FROM stream INDEXED BY stream_open
     WHERE alias IS NOT NULL GROUP BY kind, rank ORDER BY kind, rank`,
  );
  const recoverInFlight = db.prepare(
    `UPDATE outbox SET status = 'waiting', may_have_happened = 1, due_at = min(due_at, ?) WHERE status = 'in-flight'`,
  );
  const bringForward = db.prepare(
    `UPDATE outbox SET due_at = ?2
     WHERE status = 'waiting' AND due_at > ?2 AND id IN (SELECT value FROM json_each(?1))`,
  );
  const hastenOutbox = db.prepare(
    `UPDATE outbox INDEXED BY outbox_lane SET
       due_at = min(due_at, max(due_at - ?1, ?3)),
       created_at = created_at - iif(created_at > ?2, ?1, 0),
       deadline_at = deadline_at - iif(created_at > ?2, ?1, 0)
     WHERE (status = 'waiting' OR status = 'in-flight') AND (due_at > ?3 OR created_at > ?2)`,
  );
  const hastenDecidedAfter = db.prepare(
    `UPDATE outbox INDEXED BY outbox_lane SET
       due_at = min(due_at, ?2), created_at = ?2, deadline_at = ?2 + deadline_at - created_at
     WHERE (status = 'waiting' OR status = 'in-flight') AND created_at > ?1`,
  );
  const mark: Query<{ value: string }> = db.prepare('SELECT value FROM mark WHERE name = ?');
  const setMark = db.prepare(
    'INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  const keepMark: Query<{ value: string }> = db.prepare(
    'INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value RETURNING value',
  );
  const advanceMark = db.prepare(
    `INSERT INTO mark (name, value) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET value = excluded.value WHERE excluded.value > value OR value > ?3`,
  );
  const newestDocument: Query<DocumentVersion> = db.prepare(
    'SELECT version, text FROM document WHERE name = ? ORDER BY version DESC LIMIT 1',
  );
  const documentOf: Query<{ version: number }> = db.prepare(
    'SELECT version FROM document WHERE name = ? AND text = ? ORDER BY version DESC LIMIT 1',
  );
  const addDocument = db.prepare(
    'INSERT INTO document (name, version, at, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );

  let closed: Promise<void> | undefined;

  return {
    receive: ({ id, source, at, body }) =>
      put(() => ({ new: receive.run({ id, source, at, body }).changes === 1 })),
    unsettledInbox: () => read(() => unsettledInbox.all()),
    inboxInOrder: (otherThan, limit, after = '') =>
      read(() => inboxInOrder.all(JSON.stringify(otherThan), limit, after)),
    adoptInbox: (sources, after = '') => read(() => inboxOf.all(JSON.stringify(sources), -1, after)),
    transact: (work) => write((turn) => work(transaction(turn))),
    standing: standingIn(db, { read, ended }),

    readStream: (id) =>
      read(() => {
        const row = stream.get(id);
        return row && toStream(row);
      }),
    listStreams: (kind, { openOnly = false, limit = -1, before = '' } = {}) =>
      read(() => (openOnly ? openStreams : streams).all(kind, limit, before).map(toStream)),
    firstOpen: (kind, limit) =>
      read(() => ({
        streams: firstOpen.all(kind, limit).map(toStream),
        count: openCount.get(kind)?.count ?? 0,
      })),
    readEvents: (id) => read(() => events.all(id).map(toEvent)),

    nextWake: () => read(() => nextWake.get()?.at ?? undefined),
    wakesDue: (until, limit) => read(() => wakesDue.all(until, limit)),

    outboxDue: (until, limit, otherThan = []) =>
      read(() => outboxDue.all(until, limit, JSON.stringify(otherThan)).map(toOutboxRow)),
    nextDue: (after = -1) => read(() => nextDue.get(after)?.at),
    inFlightHere: () => read(() => inFlightHere.all().map(toOutboxRow)),
    recoverInFlight: () => write(() => recoverInFlight.run(now()).changes),
    bringForward: (ids, to) => write(() => void bringForward.run(JSON.stringify(ids), to)),
    hastenOutbox: (by, latest) => write(() => void hastenOutbox.run(by, latest, now())),
    hastenDecidedAfter: (latest, to) => write(() => void hastenDecidedAfter.run(latest, to)),
    outboxOf: (id) => read(() => outboxOf.all(id).map(toOutboxRow)),
    outstanding: (until) =>
      read(() => {
        const wakes = wakesLeft.get(until);
        return {
          effects: effectsLeft.all(),
          inbox: inboxLeft.all(),
          wakes: { count: wakes?.count ?? 0, earliest: wakes?.at ?? undefined },
          open: openLeft.all(),
        };
      }),

    readMark: (name) => read(() => mark.get(name)?.value),
    writeMark: (name, value) => write(() => void setMark.run(name, value)),
    keepMark: (name, value) => write(() => keepMark.get(name, value)?.value ?? value),
    advanceMark: (name, value, highest) =>
      write(() => advanceMark.run(name, value, highest ?? null).changes === 1),
    forgetInbox: async (before) => {
      let forgotten = 0;
      let some: number;
      do {
        some = await write(() => forgetInbox.run(before).changes);
        forgotten += some;
      } while (some === forgottenAtOnce);
      return forgotten;
    },

    audit: auditTrail(db, { read, write }),

    documents: {
      newest: (name) => read(() => newestDocument.get(name)),
      versionOf: (name, text) => read(() => documentOf.get(name, text)?.version),
      add: (name, { version, text }) =>
        write(() => {
          if (addDocument.run(name, version, now(), text).changes === 0)
            throw new StaleStream(`${name} has a version ${version} already.`);
        }),
    },
    backUp: backups.backUp,

    // Nobody else has the file open.
    time: () => undefined,
    watch: () => undefined,
    isAlone: () => true,
    tell: () => undefined,
    hear: () => undefined,
    lease: () => () => true,

    close: () =>
      (closed ??= Promise.all([finish(), backups.stop()])
        .then(() => undefined)
        .finally(() => closeDatabase(db))),
  };
}

async function openWhenFree(path: string): Promise<DatabaseSyncInstance> {
  for (const pause of pausesWhenLocked) {
    try {
      return openDatabase(path);
    } catch (error) {
      if (!(error instanceof StoreLocked)) throw error;
      await sleep(pause);
    }
  }
  return openDatabase(path);
}
