import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, QueryResult } from 'pg';
import type { StreamId } from '../core/stream.ts';
import type { Milliseconds } from '../core/time.ts';
import { chainHashes } from '../trust/audit/chain.ts';
import type { AuditTrail } from '../trust/audit/trail.ts';
import { toChained, type ChainedRow } from './chained-row.ts';
import {
  eventColumns,
  run,
  statement,
  toEvent,
  type EventRow,
  type Statement,
  type Value,
} from './postgres-rows.ts';
import { StoreUnavailable } from './store.ts';

/** Where a stream's chain ends as its row says: `hash` is that of event `hashed`, and a version behind it has none yet. */
export interface StoredEnd {
  readonly version: number;
  readonly hash: string;
  readonly hashed: number;
}

/** Longer than any transaction of ours may stand still. */
const patience: Milliseconds = 10_000;
const askEvery: Milliseconds = 20;
const chainedAtOnce = 500;

const readEvents = statement(
  `SELECT e.pos, e.stream, e.seq, e.at, e.by, e.type, e.data, e.hash, before.hash AS prev
   FROM event e LEFT JOIN event before ON before.stream = e.stream AND before.seq = e.seq - 1
   WHERE e.pos > $1 ORDER BY e.pos LIMIT $2`,
);
const readEnds = statement(
  `SELECT s.id, s.version, s.hash, s.hashed, e.seq, e.hash AS newest
   FROM stream s LEFT JOIN LATERAL
     (SELECT seq, hash FROM event WHERE stream = s.id ORDER BY seq DESC LIMIT 1) e ON true
   WHERE s.id > $1 ORDER BY s.id LIMIT $2`,
);
const readHeads = statement('SELECT head FROM audit_head WHERE number > $1 ORDER BY number LIMIT $2');
const newestHead = statement('SELECT head FROM audit_head ORDER BY number DESC LIMIT 1');
const addHead = statement('INSERT INTO audit_head VALUES ($1, $2) ON CONFLICT DO NOTHING');
const newestPos = statement(
  'SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS pos FROM event_pos_seq',
);
const locks = `pg_locks WHERE locktype = 'relation' AND relation = 'event'::regclass AND mode = 'RowExclusiveLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const writers = statement(`SELECT virtualtransaction AS writer FROM ${locks}`);
const stillWriting = statement(`SELECT 1 FROM ${locks} AND virtualtransaction = ANY($1::text[])`);
const unchained = statement(
  `SELECT DISTINCT e.stream FROM event e JOIN stream s ON s.id = e.stream
   WHERE e.hash IS NULL AND e.seq > s.hashed LIMIT 100`,
);
const lockEnd = statement('SELECT version, hash, hashed FROM stream WHERE id = $1 FOR NO KEY UPDATE');
const moveEnd = statement('UPDATE stream SET hash = $2, hashed = version WHERE id = $1');
const unchainedOf = statement(
  `SELECT ${eventColumns} FROM event WHERE stream = $1 AND seq > $2 ORDER BY seq LIMIT ${chainedAtOnce}`,
);
const chainEvents = statement(
  `UPDATE event SET hash = chained.hash FROM unnest($2::bigint[], $3::text[]) chained (seq, hash)
   WHERE event.stream = $1 AND event.seq = chained.seq`,
);

/** As the store's. @param lend a connection for the work, in no transaction */
export function auditTrail(lend: <T>(work: (client: ClientBase) => Promise<T>) => Promise<T>): AuditTrail {
  const rowsOf = <Row extends object>(what: Statement, ...values: readonly Value[]): Promise<Row[]> =>
    lend(async (client) => (await run<Row>(client, what, values)).rows);

  return {
    settled: async () => {
      await lend(chainRest);
      return lend(settledPos);
    },
    events: async (after, limit) => (await rowsOf<ChainedRow>(readEvents, after, limit)).map(toChained),
    ends: async (after, limit) =>
      (await rowsOf<EndRow>(readEnds, after, limit)).map(({ id, version, hash, hashed, seq, newest }) => ({
        id,
        version,
        hash: hashed === version ? hash : undefined,
        newest: seq === null ? undefined : { seq, hash: newest ?? undefined },
      })),
    heads: async (after, limit) =>
      (await rowsOf<{ head: string }>(readHeads, after, limit)).map(({ head }) => head),
    newestHead: async () => (await rowsOf<{ head: string }>(newestHead))[0]?.head,
    addHead: (number, head) =>
      lend(async (client) => (await run(client, addHead, [number, head])).rowCount === 1),
  };
}

/**
 * Positions are given out before they are committed, so that a lower one may appear after a higher one. Whoever was given
 * one holds a lock on the table until it has ended: once all who held it when the newest position was read are gone,
 * nothing appears at or below that one. Nobody has to wait for us.
 */
async function settledPos(client: ClientBase): Promise<number> {
  const [newest] = (await run<{ pos: number }>(client, newestPos, [])).rows;
  const { rows } = await run<{ writer: string }>(client, writers, []);
  const those = rows.map(({ writer }) => writer);
  const until = performance.now() + patience;
  while (those.length > 0 && (await run(client, stillWriting, [those])).rows.length > 0) {
    if (performance.now() > until)
      throw new StoreUnavailable(
        `For ${patience / 1_000} seconds somebody has been writing events without an end.`,
      );
    await sleep(askEvery);
  }
  return newest?.pos ?? 0;
}

/** What an older program wrote, before the schema had hashes or beside us while replicas are replaced. */
async function chainRest(client: ClientBase): Promise<void> {
  for (;;) {
    const { rows } = await run<{ stream: StreamId }>(client, unchained, []);
    if (rows.length === 0) return;
    for (const { stream } of rows) await inTransaction(client, () => chainStream(client, stream));
  }
}

async function chainStream(client: ClientBase, stream: StreamId): Promise<void> {
  const [end] = (await run<StoredEnd>(client, lockEnd, [stream])).rows;
  if (!end || end.hashed >= end.version) return;
  const send = <Row extends object>(what: Statement, values: readonly Value[]) =>
    run<Row>(client, what, values);
  await run(client, moveEnd, [stream, await chainFrom(send, stream, end)]);
}

/** Chains what stands behind a stream's end, in the transaction that has it locked. @returns the newest hash */
export async function chainFrom(
  send: <Row extends object>(what: Statement, values: readonly Value[]) => Promise<QueryResult<Row>>,
  stream: StreamId,
  end: StoredEnd,
): Promise<string> {
  let { hash, hashed } = end;
  for (;;) {
    const events = (await send<EventRow>(unchainedOf, [stream, hashed])).rows.map(toEvent);
    const hashes = chainHashes(hash, events);
    if (events.length > 0) await send(chainEvents, [stream, events.map(({ seq }) => seq), hashes]);
    if (events.length < chainedAtOnce) return hashes.at(-1) ?? hash;
    hash = hashes.at(-1) ?? hash;
    hashed = events.at(-1)?.seq ?? hashed;
  }
}

async function inTransaction(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

interface EndRow extends StoredEnd {
  readonly id: StreamId;
  readonly seq: number | null;
  readonly newest: string | null;
}
