import { randomInt } from 'node:crypto';
import type { PoolClient, QueryResult } from 'pg';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import { beginning, writtenEntry, writtenHashes } from '../trust/audit/chain.ts';
import { effectText } from './effect-text.ts';
import { chainFrom, type StoredEnd } from './postgres-audit.ts';
import { isAnswer } from './postgres-errors.ts';
import {
  run,
  toOutboxRow,
  toStream,
  type OutboxColumns,
  type Statement,
  type StreamRow,
  type Value,
} from './postgres-rows.ts';
import * as sql from './postgres-transaction-sql.ts';
import {
  StaleStream,
  type InboxItem,
  type NewOutboxRow,
  type StoredStream,
  type StreamWrite,
  type Transaction,
} from './store.ts';

const nowhere: StoredEnd = { version: 0, hash: beginning, hashed: 0 };

interface State {
  begun: boolean;
  over: boolean;
  gathering: boolean;
  failure: unknown;
  /** An event that is there if the transaction was committed. */
  evidence: Evidence['event'];
}

export interface OpenTransaction {
  readonly transaction: Transaction;
  /** Streams that the work has asked for, in that order. */
  readonly touched: ReadonlySet<StreamId>;
  /** When the streams that it writes want to be woken. */
  readonly wakes: readonly Instant[];
  /** What went wrong first, of all that was sent; what follows it is only its echo. */
  readonly failure: () => unknown;
  /**
   * Resolves when all is durable. @throws CommitUnknown, or what a statement failed with: then nothing is stored.
   */
  readonly commit: () => Promise<void>;
  readonly rollback: () => Promise<void>;
}

/** By what to see, later, whether a transaction was committed. */
export interface Evidence {
  /** It holds an advisory lock of this number until it has ended, and its events bear it. */
  readonly token: number;
  /** Undefined when it wrote none. */
  readonly event: { readonly stream: StreamId; readonly seq: number } | undefined;
}

/** The connection broke between COMMIT and its answer. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown';
  readonly evidence: Evidence;
  constructor(evidence: Evidence, cause: unknown) {
    super('the connection broke during COMMIT', { cause });
    this.evidence = evidence;
  }
}

/**
 * A transaction on a connection of its own. What only writes is sent and not waited for, so that a whole transaction
 * takes one round trip for each thing it reads and one for all it writes, COMMIT included.
 * @param options.locked the second try: streams are locked beforehand, in one order for all, and numbers when read
 */
export function openTransaction(
  client: PoolClient,
  owner: string,
  options: { readonly locked: boolean; readonly first: readonly StreamId[] },
): OpenTransaction {
  const sent: Promise<unknown>[] = [];
  const ends = new Map<StreamId, StoredEnd>();
  const touched = new Set<StreamId>();
  const wakes: Instant[] = [];
  const token = randomInt(2 ** 47);
  const state: State = {
    begun: false,
    over: false,
    gathering: false,
    failure: undefined,
    evidence: undefined,
  };

  function track<T>(answer: Promise<T>): Promise<T> {
    sent.push(
      answer.catch((error: unknown) => {
        state.failure ??= error;
      }),
    );
    return answer;
  }

  /** Everything that is sent before anybody has to wait goes out in one piece. */
  function gather(): void {
    if (state.gathering) return;
    state.gathering = true;
    const { stream } = client.connection;
    stream.cork();
    process.nextTick(() => {
      state.gathering = false;
      stream.uncork();
    });
  }

  function begin(): void {
    state.begun = true;
    void track(client.query('BEGIN'));
    void track(run(client, sql.lockToken, [token]));
    if (options.first.length > 0) void track(run(client, sql.lockStreams, [options.first]));
  }

  function send<Row extends object>(what: Statement, values: readonly Value[]): Promise<QueryResult<Row>> {
    if (state.over)
      return Promise.reject(new Error('This transaction has ended; only its own work may use it.'));
    gather();
    if (!state.begun) begin();
    return track(run<Row>(client, what, values));
  }

  /** What it answers is of no interest before the COMMIT, and what it throws is kept by `track`. */
  async function write(what: Statement, values: readonly Value[]): Promise<void> {
    if (state.over) await send(what, values);
    else void send(what, values);
  }

  async function stored(what: Statement, values: readonly Value[]): Promise<StoredStream | undefined> {
    const { rows } = await send<StreamRow & StoredEnd>(what, values);
    const [row] = rows;
    if (!row) return undefined;
    const { hash, hashed, ...stream } = row;
    touched.add(row.id);
    ends.set(row.id, { version: row.version, hash, hashed });
    return toStream(stream);
  }

  async function writeStream({
    id,
    kind,
    expected,
    wakeAt,
    alias,
    rank = '',
    events,
    ...rest
  }: StreamWrite): Promise<void> {
    const misplaced = events.find((event, n) => event.stream !== id || event.seq !== expected + n + 1);
    if (misplaced) throw new Error(`${misplaced.stream}/${misplaced.seq} cannot follow ${id}/${expected}.`);
    if (!ends.has(id) && expected > 0) await stored(sql.readStream, [id]);
    const end = ends.get(id) ?? nowhere;
    if (end.version !== expected) throw new StaleStream(`${id} is not at version ${expected} any more.`);
    const version = expected + events.length;
    const text = JSON.stringify(rest.state);
    const prev = end.hashed === end.version ? end.hash : await chainFrom(send, id, end);
    const written = events.map(writtenEntry);
    const hashes = writtenHashes(prev, written);
    const hash = hashes.at(-1) ?? prev;
    touched.add(id);
    ends.set(id, { version, hash, hashed: version });
    if (wakeAt !== undefined) wakes.push(wakeAt);
    await write(expected === 0 ? sql.openStream : sql.moveStream, [
      id,
      kind,
      version,
      wakeAt,
      alias,
      rank,
      text,
      owner,
      hash,
      written.map(({ seq }) => seq),
      written.map(({ at }) => at),
      written.map(({ by }) => by),
      written.map(({ type }) => type),
      written.map(({ data }) => data),
      hashes,
      token,
    ]);
    if (events.length > 0) state.evidence = { stream: id, seq: version };
  }

  async function enqueue(all: readonly NewOutboxRow[]): Promise<void> {
    const rows: NewOutboxRow[] = [];
    const cards = new Map<string, number>();
    for (const row of all) {
      const { lane, priority } = row;
      const isCard = row.effect.type === 'slack.card';
      if (isCard) cards.set(lane, Math.min(priority, cards.get(lane) ?? priority));
      if (!isCard || !rows.some((each) => each.lane === lane)) rows.push(row);
      else
        for (const [n, each] of rows.entries())
          if (each.lane === lane) rows[n] = { ...each, priority: Math.min(each.priority, priority) };
    }
    if (rows.length === 0) return;
    await write(sql.addToOutbox, [
      rows.map(({ id }) => id),
      rows.map(({ stream }) => stream),
      rows.map(({ lane }) => lane),
      rows.map(({ priority }) => priority),
      rows.map(({ createdAt }) => createdAt),
      rows.map(({ dueAt }) => dueAt),
      rows.map(({ deadlineAt }) => deadlineAt),
      rows.map(({ effect }) => effectText(effect)),
      rows.map(({ effect }) => String(effect.type === 'slack.card')),
      owner,
      [...cards.keys()],
      [...cards.values()],
    ]);
  }

  const transaction: Transaction = {
    stream: (id) => {
      touched.add(id);
      return stored(sql.readStream, [id]);
    },
    streamByAlias: (kind, alias) => stored(sql.readByAlias, [kind, alias]),
    endOf: (id) => {
      const { version, hash, hashed } = ends.get(id) ?? nowhere;
      return version > 0 && hashed === version ? { id, version, hash } : undefined;
    },
    nextNumber: async (counter) => {
      if (options.locked) await write(sql.beginCounter, [counter]);
      const { rows } = await send<{ used: number }>(options.locked ? sql.lockNumber : sql.usedNumber, [
        counter,
      ]);
      return (rows[0]?.used ?? 0) + 1;
    },
    useNumber: (counter, number) => write(sql.useNumber, [counter, number]),
    write: writeStream,
    enqueue,
    outboxRow: async (id) => {
      const { rows } = await send<OutboxColumns>(sql.readOutboxRow, [id]);
      return rows[0] && toOutboxRow(rows[0]);
    },
    takeOutbox: async ({ id, lane }, now) => {
      const [{ rows: lanes }, { rows }] = await Promise.all([
        send<{ ours: boolean }>(sql.tryLane, [lane]),
        send<OutboxColumns>(sql.takeOutbox, [id, now, owner, lane]),
      ]);
      return lanes[0]?.ours === true && rows[0] ? toOutboxRow(rows[0]) : undefined;
    },
    inHand: async (id) => (await send(sql.inHand, [id, owner])).rows.length > 0,
    updateOutbox: (id, { status, attempts, dueAt, mayHaveHappened, receipt, ...change }) =>
      write(sql.changeOutbox, [
        id,
        status,
        attempts,
        dueAt,
        mayHaveHappened,
        receipt && JSON.stringify(receipt),
        'lastError' in change,
        change.lastError,
        owner,
      ]),
    settleInbox: (id, result, note) => write(sql.settleInbox, [id, result, note]),
    inboxItem: async (id) => {
      const { rows } = await send<InboxItem & { note: string | null }>(sql.readInboxItem, [id]);
      return rows[0] && { ...rows[0], note: rows[0].note ?? undefined };
    },
    receiveSettled: ({ id, source, at, body }, note) =>
      write(sql.receiveSettled, [id, source, at, body, owner, note]),
  };

  return {
    transaction,
    touched,
    wakes,
    failure: () => state.failure,
    commit: async () => {
      state.over = true;
      if (!state.begun) return;
      gather();
      const end = client.query('COMMIT').then(
        ({ command }) => command === 'COMMIT' || new Error(`COMMIT was answered with ${command}`),
        (error: unknown) =>
          isAnswer(error) ? error : new CommitUnknown({ token, event: state.evidence }, error),
      );
      await Promise.all(sent);
      const ended = await end;
      // A statement that was refused has ended it, whatever became of the COMMIT behind it.
      if (isAnswer(state.failure)) throw state.failure;
      if (ended !== true) throw ended;
    },
    rollback: async () => {
      state.over = true;
      if (!state.begun) return;
      await Promise.all(sent);
      await client.query('ROLLBACK');
    },
  };
}
