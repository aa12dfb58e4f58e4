import { tmpdir } from 'node:os';
import type { Pool } from 'pg';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { auditTrail } from './postgres-audit.ts';
import { connectionError, storeError } from './postgres-errors.ts';
import type { DocumentVersion } from './document-rows.ts';
import type { OpenedStore } from './open-store.ts';
import { backUpPostgres } from './postgres-backup.ts';
import { openPool, withClient } from './postgres-pool.ts';
import { receiver } from './postgres-receive.ts';
import { joinReplicas, recoverOrphans, type Replica } from './postgres-replica.ts';
import { migrateDatabase } from './postgres-start.ts';
import {
  eventColumns,
  inboxColumns,
  mayGo,
  outboxColumns,
  run,
  statement,
  streamColumns,
  toEvent,
  toOutboxRow,
  toStream,
  typeOfEffect,
  type EventRow,
  type OutboxColumns,
  type Statement,
  type StreamRow,
  type Value,
} from './postgres-rows.ts';
import { standingIn } from './postgres-standing.ts';
import { transactor } from './postgres-transact.ts';
import { wakesOf } from './postgres-wakes.ts';
import {
  mostInboxBytes,
  StaleStream,
  StoreUnavailable,
  type InboxItem,
  type Outstanding,
  type StoredStream,
} from './store.ts';

/** Short enough for the next rung, long enough for a busy minute. */
const usualLease: Milliseconds = 15_000;
/** Whoever wrote a stream or effect last is the first to go on with it, so that they do not all try; so much later it is anybody's. */
const graceOfEffects: Milliseconds = 500;
const graceOfWakes: Milliseconds = 150;
const forgottenAtOnce = 1_000;

const unsettledInbox = statement(`SELECT ${inboxColumns} FROM inbox WHERE result IS NULL ORDER BY pos`);
const takeDuty = statement(
  `INSERT INTO duty SELECT $1, $2
   WHERE NOT EXISTS (SELECT FROM duty JOIN replica ON replica.id = duty.owner WHERE duty.name = $1)
   ON CONFLICT (name) DO UPDATE SET owner = excluded.owner WHERE duty.owner NOT IN (SELECT id FROM replica)`,
);
/** Of these, in their order, as many as may be handed out at once. */
const inboxPart = (items: string): string =>
  `SELECT ${inboxColumns} FROM
     (SELECT items.*, sum(octet_length(body)) OVER (ORDER BY pos) - octet_length(body) AS before
      FROM (${items}) items) items
   WHERE before < ${mostInboxBytes} ORDER BY pos`;
const isAfter = 'pos > coalesce((SELECT pos FROM inbox WHERE id = $3), 0)';
const inboxInOrder = statement(
  inboxPart(
    `SELECT pos, ${inboxColumns} FROM inbox WHERE result IS NULL AND source <> ALL($1::text[]) AND ${isAfter}
       AND EXISTS (SELECT FROM duty WHERE name = $4 AND owner = $5) ORDER BY pos LIMIT $2`,
  ),
);
const adoptInbox = statement(
  `WITH adopted AS (
     UPDATE inbox SET owner = $2 WHERE pos IN (
       SELECT pos FROM inbox WHERE result IS NULL AND source = ANY($1::text[])
         AND owner NOT IN (SELECT id FROM replica) FOR UPDATE SKIP LOCKED)
     RETURNING pos, ${inboxColumns}),
   ours AS (
     SELECT pos, ${inboxColumns} FROM adopted UNION ALL
     SELECT pos, ${inboxColumns} FROM inbox WHERE result IS NULL AND source = ANY($1::text[]) AND owner = $2)
   ${inboxPart(`SELECT * FROM ours WHERE ${isAfter}`)}`,
);
const forgetInbox = statement(
  `DELETE FROM inbox WHERE pos IN
     (SELECT pos FROM inbox WHERE result IS NOT NULL AND at < $1 LIMIT ${forgottenAtOnce})`,
);
const readStream = statement(`SELECT ${streamColumns} FROM stream WHERE id = $1`);
// LIMIT NULL is no limit, and nothing is older than a stream that is not there.
const older = `($3::text IS NULL OR pos < (SELECT pos FROM stream WHERE id = $3))`;
const listStreams = statement(
  `SELECT ${streamColumns} FROM stream WHERE kind = $1 AND ${older} ORDER BY pos DESC LIMIT $2`,
);
const listOpenStreams = statement(
  `SELECT ${streamColumns} FROM stream WHERE kind = $1 AND alias IS NOT NULL AND ${older}
   ORDER BY pos DESC LIMIT $2`,
);
const firstOpen = statement(
  `SELECT ${streamColumns}, (SELECT count(*) FROM stream WHERE kind = $1 AND alias IS NOT NULL) AS count
   FROM stream WHERE kind = $1 AND alias IS NOT NULL ORDER BY rank, pos LIMIT $2`,
);
const readEvents = statement(`SELECT ${eventColumns} FROM event WHERE stream = $1 ORDER BY seq`);
const nextWake = statement(
  `SELECT least(
     (SELECT min(wake_at) FROM stream WHERE wake_at IS NOT NULL AND owner = $1),
     (SELECT min(wake_at) + CASE WHEN $2 THEN 0 ELSE ${graceOfWakes} END FROM stream
      WHERE wake_at IS NOT NULL)) AS at`,
);
const wakesDue = statement(
  `SELECT id, kind, wake_at AS "wakeAt", (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now FROM stream
   WHERE wake_at <= $1 AND (owner = $3 OR $4 OR wake_at <= $1 - ${graceOfWakes})
   ORDER BY wake_at, pos LIMIT $2`,
);
const outboxDue = statement(
  `SELECT ${outboxColumns} FROM outbox row
   WHERE row.due_at <= $1 AND (row.owner = $3 OR $4 OR row.due_at <= $1 - ${graceOfEffects}) AND ${mayGo}
     AND (cardinality($5::text[]) = 0
       OR coalesce(row.priority < ($6::bigint[])[array_position($5::text[], ${typeOfEffect})], true))
   ORDER BY row.priority, row.pos LIMIT $2`,
);
const nextDue = statement(
  `SELECT least(
     (SELECT row.due_at FROM outbox row WHERE row.owner = $1 AND row.due_at > $3::bigint AND ${mayGo}
      ORDER BY row.due_at LIMIT 1),
     (SELECT row.due_at + $2::bigint FROM outbox row WHERE row.due_at > $3::bigint - $2::bigint AND ${mayGo}
      ORDER BY row.due_at LIMIT 1)) AS at`,
);
const inFlightHere = statement(
  `SELECT ${outboxColumns} FROM outbox WHERE status = 'in-flight' AND owner = $1 ORDER BY pos`,
);
// In one order, so that two who do this at the same moment wait for each other and not crosswise.
const bringForward = statement(
  `UPDATE outbox SET due_at = $2 WHERE pos IN (
     SELECT pos FROM outbox WHERE id = ANY($1::text[]) AND status = 'waiting' AND due_at > $2
     ORDER BY pos FOR NO KEY UPDATE)`,
);
const hastenOutbox = statement(
  `UPDATE outbox SET due_at = greatest(due_at - $1, $2) WHERE pos IN (
     SELECT pos FROM outbox WHERE status = 'waiting' AND due_at > $2 ORDER BY pos FOR NO KEY UPDATE)`,
);
const hastenDecidedAfter = statement(
  `UPDATE outbox SET due_at = $2 WHERE pos IN (
     SELECT pos FROM outbox WHERE status = 'waiting' AND due_at > $2 AND created_at > $1
     ORDER BY pos FOR NO KEY UPDATE)`,
);
const outboxOf = statement(`SELECT ${outboxColumns} FROM outbox WHERE stream = $1 ORDER BY pos`);
const effectsLeft = statement(
  `SELECT ${typeOfEffect} AS type, priority, status, count(*) AS count, min(created_at) AS oldest
   FROM outbox WHERE status IN ('waiting', 'in-flight') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
);
const inboxLeft = statement(
  `SELECT source, count(*) AS count, min(at) AS oldest FROM inbox
   WHERE result IS NULL GROUP BY source ORDER BY source`,
);
const wakesLeft = statement('SELECT count(*) AS count, min(wake_at) AS at FROM stream WHERE wake_at <= $1');
const openLeft = statement(
  `SELECT kind, rank, count(*) AS count FROM stream
   WHERE alias IS NOT NULL GROUP BY kind, rank ORDER BY kind, rank`,
);
const readMark = statement('SELECT value FROM mark WHERE name = $1');
const writeMark = statement(
  'INSERT INTO mark VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
);
const keepMark = statement(
  'INSERT INTO mark VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = mark.value RETURNING value',
);
const advanceMark = statement(
  `INSERT INTO mark VALUES ($1, $2)
   ON CONFLICT (name) DO UPDATE SET value = excluded.value
   WHERE excluded.value > mark.value OR mark.value > $3::text`,
);

const newestDocument = statement(
  'SELECT version, text FROM document WHERE name = $1 ORDER BY version DESC LIMIT 1',
);
const documentOf = statement(
  'SELECT version FROM document WHERE name = $1 AND text = $2 ORDER BY version DESC LIMIT 1',
);
const addDocument = statement('INSERT INTO document VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING');

/** Whoever has it reads what has to be read in order. */
const inboxDuty = 'inbox';

/**
 * The store for several machines: a PostgreSQL database (14 or newer) that any number of equal replicas share.
 * @param options.url `postgres://…`; shown nowhere
 * @param options.folder where a backup is written down before it goes where it belongs; left out: where the system keeps
 * what is temporary
 * @param options.now milliseconds since the epoch; left out, as usual: by the database's clock
 * @param options.lease a replica that gives no sign of life for so long is dead to the others
 * @param options.warn hears what no caller hears, or could do anything about
 * @throws StoreTooNew, StoreUnavailable
 */
export async function openPostgresStore(options: {
  readonly url: Secret;
  readonly folder?: string;
  readonly now?: () => Instant;
  readonly lease?: Milliseconds;
  readonly warn?: (fields: { readonly error?: unknown }, message: string) => void;
}): Promise<OpenedStore> {
  const { url, folder = tmpdir(), lease = usualLease, warn = () => undefined } = options;
  const watchers: (() => void)[] = [];
  const listeners: ((words: string) => void)[] = [];
  await migrateDatabase(url);
  const replica = await joinReplicas({
    url,
    lease,
    now: options.now,
    warn,
    look: () => {
      for (const look of watchers) look();
    },
    hear: (words) => {
      for (const listen of listeners) listen(words);
    },
  });
  const pool = openPool(url, (error) =>
    warn({ error: connectionError(error) }, 'a connection to the database broke'),
  );
  return storeOn(pool, replica, { watchers, listeners }, (to, signal) =>
    backUpPostgres(url, to, { folder, signal }),
  );
}

function storeOn(
  pool: Pool,
  replica: Replica,
  {
    watchers,
    listeners,
  }: { readonly watchers: (() => void)[]; readonly listeners: ((words: string) => void)[] },
  backUp: (to: string, signal: AbortSignal) => Promise<void>,
): OpenedStore {
  const underWay = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  const closing = new AbortController();

  /** Counts what is under way, so that `close` can wait for it; takes nothing afterwards. */
  function during<T>(work: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const done = work();
    underWay.add(done);
    const forget = (): void => void underWay.delete(done);
    done.then(forget, forget);
    return done;
  }

  function query<Row extends object>(what: Statement, values: readonly Value[]) {
    return during(() => withClient(pool, (client) => run<Row>(client, what, values)).catch(rethrow));
  }
  async function rowsOf<Row extends object>(what: Statement, ...values: readonly Value[]) {
    return (await query<Row>(what, values)).rows;
  }
  async function change(what: Statement, ...values: readonly Value[]): Promise<number> {
    return (await query(what, values)).rowCount ?? 0;
  }

  /** Ours, and whether there is nobody else for the rest. */
  const whose = () => [replica.id(), replica.isAlone()] as const;
  const receive = receiver(pool, replica.id);
  const wakes = wakesOf({
    nextWake: async () => (await rowsOf<At>(nextWake, ...whose()))[0]?.at ?? undefined,
    wakesDue: async (until, limit) => {
      const asked = performance.now();
      const due = await rowsOf<Wake & { readonly now: Instant }>(wakesDue, until, limit, ...whose());
      const [first] = due;
      if (first) replica.noteTime(first.now, asked, performance.now());
      return due.map(({ id, kind, wakeAt }) => ({ id, kind, wakeAt }));
    },
  });
  watchers.push(wakes.forget);
  const transact = transactor(pool, replica, wakes.set);
  const standing = standingIn(pool);
  const audit = auditTrail((work) => during(() => withClient(pool, work).catch(rethrow)));

  return {
    receive: async (item) => {
      const received = await during(() => receive(item));
      // Another one may be reading what has to be read in order.
      if (received.new) replica.announce();
      return received;
    },
    unsettledInbox: () => rowsOf<InboxItem>(unsettledInbox),
    inboxInOrder: async (otherThan, limit, after) => {
      const items = () => rowsOf<InboxItem>(inboxInOrder, otherThan, limit, after, inboxDuty, replica.id());
      const found = await items();
      if (found.length > 0) return found;
      return (await change(takeDuty, inboxDuty, replica.id())) > 0 ? items() : found;
    },
    adoptInbox: (sources, after) => rowsOf<InboxItem>(adoptInbox, sources, replica.id(), after),
    transact: async (work) => {
      const value = await during(() => transact(work));
      // It is ours to go on with until then, and nobody else's to look at.
      replica.announce(graceOfWakes);
      return value;
    },

    standing: (ends, sources) => during(() => standing(ends, sources)),
    readStream: async (id) => {
      const [row] = await rowsOf<StreamRow>(readStream, id);
      return row && toStream(row);
    },
    listStreams: async (kind, { openOnly = false, limit, before } = {}) =>
      (await rowsOf<StreamRow>(openOnly ? listOpenStreams : listStreams, kind, limit, before)).map(toStream),
    firstOpen: async (kind, limit) => {
      const rows = await rowsOf<StreamRow & { readonly count: number }>(firstOpen, kind, limit);
      const streams = rows.map(({ id, kind: same, version, state }) =>
        toStream({ id, kind: same, version, state }),
      );
      return { streams, count: rows[0]?.count ?? 0 };
    },
    readEvents: async (id) => (await rowsOf<EventRow>(readEvents, id)).map(toEvent),

    nextWake: wakes.nextWake,
    wakesDue: wakes.wakesDue,

    outboxDue: async (until, limit, otherThan = []) => {
      const types = otherThan.map(({ type }) => type);
      const priorities = otherThan.map(({ priority }) => priority);
      const rows = await rowsOf<OutboxColumns>(outboxDue, until, limit, ...whose(), types, priorities);
      return rows.map(toOutboxRow);
    },
    nextDue: async (after = -1) => {
      const grace = replica.isAlone() ? 0 : graceOfEffects;
      return (await rowsOf<At>(nextDue, replica.id(), grace, after))[0]?.at ?? undefined;
    },
    inFlightHere: async () => (await rowsOf<OutboxColumns>(inFlightHere, replica.id())).map(toOutboxRow),
    recoverInFlight: () =>
      during(() =>
        withClient(pool, (client) => recoverOrphans(client, replica.time(), replica.id())).catch(rethrow),
      ),
    bringForward: async (ids, to) => {
      if ((await change(bringForward, ids, to)) > 0) replica.announce();
    },
    hastenOutbox: async (by) => {
      await change(hastenOutbox, by, replica.time());
      replica.announce();
    },
    hastenDecidedAfter: async (latest, to) => {
      if ((await change(hastenDecidedAfter, latest, to)) > 0) replica.announce();
    },
    outboxOf: async (id) => (await rowsOf<OutboxColumns>(outboxOf, id)).map(toOutboxRow),
    outstanding: async (until) => {
      const effects = await rowsOf<Outstanding['effects'][number]>(effectsLeft);
      const inbox = await rowsOf<Outstanding['inbox'][number]>(inboxLeft);
      const [wakes] = await rowsOf<At & { readonly count: number }>(wakesLeft, until);
      return {
        effects,
        inbox,
        wakes: { count: wakes?.count ?? 0, earliest: wakes?.at ?? undefined },
        open: await rowsOf<Outstanding['open'][number]>(openLeft),
      };
    },

    readMark: async (name) => (await rowsOf<{ value: string }>(readMark, name))[0]?.value,
    writeMark: async (name, value) => void (await change(writeMark, name, value)),
    keepMark: async (name, value) =>
      (await rowsOf<{ value: string }>(keepMark, name, value))[0]?.value ?? value,
    advanceMark: async (name, value, highest) => (await change(advanceMark, name, value, highest)) === 1,
    forgetInbox: async (before) => {
      let forgotten = 0;
      let some: number;
      do {
        some = await change(forgetInbox, before);
        forgotten += some;
      } while (some === forgottenAtOnce);
      return forgotten;
    },

    documents: {
      newest: async (name) => (await rowsOf<DocumentVersion>(newestDocument, name))[0],
      versionOf: async (name, text) =>
        (await rowsOf<{ version: number }>(documentOf, name, text))[0]?.version,
      add: async (name, { version, text }) => {
        if ((await change(addDocument, name, version, replica.time(), text)) === 0)
          throw new StaleStream(`${name} has a version ${version} already.`);
        replica.announce();
      },
    },
    backUp: (to) =>
      during(async () => {
        // What a replica of an older version wrote beside us has no hash yet.
        await audit.settled();
        await backUp(to, closing.signal).catch(rethrow);
      }),

    audit,

    time: replica.time,
    watch: (look) => void watchers.push(look),
    isAlone: replica.isAlone,
    tell: replica.tell,
    hear: (listen) => void listeners.push(listen),
    lease: replica.lease,

    close: () =>
      (closed ??= (async () => {
        // A backup may take minutes, and whoever stops the bot is not waiting for that.
        closing.abort(new StoreUnavailable('The store is closed.'));
        await Promise.allSettled(underWay);
        await replica.leave();
        await pool.end();
      })()),
  };
}

interface At {
  readonly at: Instant | null;
}

type Wake = Pick<StoredStream, 'id' | 'kind'> & { readonly wakeAt: Instant };

function rethrow(error: unknown): never {
  throw storeError(error);
}
