import type { StreamId } from '../core/stream.ts';
import {
  aliasKey,
  putRow,
  putStream,
  receive,
  toStored,
  type Commit,
  type Database,
  type OutboxRecord,
  type StreamRecord,
} from './model-database.ts';
import { effectText } from '../store/effect-text.ts';
import {
  AlreadySettled,
  StaleStream,
  type InboxItem,
  type NewOutboxRow,
  type OutboxRow,
  type StoredStream,
  type StreamWrite,
  type Transaction,
} from '../store/store.ts';

/** What was read has changed meanwhile: the work is run again. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

export interface OpenTransaction {
  readonly transaction: Transaction;
  /** At one go. @throws Conflict, StaleStream, AlreadySettled: then nothing of it is stored */
  readonly commit: () => void;
  /** It stands still before that: until it comes through, nobody else takes anything of its lanes. @returns how it does */
  readonly hold: () => () => void;
  readonly end: () => void;
}

/**
 * One try of one work. What it writes is kept aside until the commit, and what it reads is compared again then: a row
 * that somebody has changed meanwhile is one whose lock this work would have waited for. Like PostgreSQL at READ
 * COMMITTED it locks what it finds, and not that it found nothing; what must be unique is looked at when it is stored.
 * @param options.pause before each thing that it reads; others may come in between
 * @param options.again it was run before: who was faster then has the number that it wants now
 */
export function openTransaction(
  database: Database,
  owner: string,
  options: { readonly pause: () => Promise<void>; readonly again: boolean },
): OpenTransaction {
  const versions = new Map<StreamId, number>();
  const rowsRead = new Map<string, OutboxRecord>();
  const taken = new Map<string, Pick<OutboxRow, 'id' | 'lane'>>();
  const streams = new Map<StreamId, StreamWrite>();
  const added = new Map<string, NewOutboxRow>();
  const changes = new Map<string, Partial<OutboxRow>>();
  const numbersRead = new Map<string, number>();
  const numbers = new Map<string, number>();
  const settled = new Map<string, { readonly result: 'done' | 'quarantined'; readonly note?: string }>();
  const received = new Map<string, { readonly item: InboxItem; readonly note: string }>();
  let over = false;

  function refuseWhenOver(): void {
    if (over) throw new Error('This transaction has ended; only its own work may use it.');
  }

  /** A read, which others may overtake. */
  const reading =
    <Arguments extends unknown[], Result>(read: (...values: Arguments) => Result) =>
    async (...values: Arguments): Promise<Result> => {
      refuseWhenOver();
      await options.pause();
      refuseWhenOver();
      return read(...values);
    };
  const writing =
    <Arguments extends unknown[]>(write: (...values: Arguments) => void) =>
    async (...values: Arguments): Promise<void> => {
      refuseWhenOver();
      write(...values);
    };

  function readStream(id: StreamId): StoredStream | undefined {
    const own = streams.get(id);
    if (own) return draftOf(own);
    const stored = database.streams.get(id);
    if (stored) lock(stored);
    return stored && toStored(stored);
  }

  function lock({ id, version }: StreamRecord): void {
    if (!versions.has(id)) versions.set(id, version);
  }

  function rowNow(id: string): OutboxRow | undefined {
    const record = database.outbox.get(id);
    if (record && !rowsRead.has(id)) rowsRead.set(id, record);
    const fresh = added.get(id);
    const before = record?.row ?? (fresh && asNew(fresh));
    return before && { ...before, ...changes.get(id) };
  }

  /** Due, and nobody of its lane on the way or before it; or in the hands of this very process. */
  function mayTake({ id, lane }: Pick<OutboxRow, 'id' | 'lane'>, now: number): boolean {
    const record = database.outbox.get(id);
    const row = record?.row ?? (added.has(id) ? rowNow(id) : undefined);
    // Whom the others took for dead takes nothing up before it has a new name.
    if (!row || !database.replicas.has(owner) || database.heldLanes.has(lane)) return false;
    if (row.status === 'in-flight') return !record || record.owner === owner;
    return firstOfLane(lane) === id && row.status === 'waiting' && row.dueAt <= now;
  }

  /** What is added here stands behind what is there. */
  function firstOfLane(lane: string): string | undefined {
    const stored = [...database.underWay.values()].find(({ row }) => row.lane === lane);
    return stored?.row.id ?? [...added.values()].find((row) => row.lane === lane)?.id;
  }

  function write(change: StreamWrite): void {
    const { id, expected, events } = change;
    const misplaced = events.find((event, n) => event.stream !== id || event.seq !== expected + n + 1);
    if (misplaced) throw new Error(`${misplaced.stream}/${misplaced.seq} cannot follow ${id}/${expected}.`);
    const own = streams.get(id);
    const stored = database.streams.get(id);
    if (stored && expected > 0) lock(stored);
    const known = own ? own.expected + own.events.length : (versions.get(id) ?? stored?.version ?? 0);
    if (known !== expected) throw new StaleStream(`${id} is not at version ${expected} any more.`);
    refuseTakenAlias(change, (other) => streams.has(other) && streams.get(other)?.alias !== change.alias);
    streams.set(id, own ? { ...change, expected: own.expected, events: [...own.events, ...events] } : change);
  }

  function refuseTakenAlias({ id, kind, alias }: StreamWrite, isGivenUp: (other: StreamId) => boolean): void {
    const other = alias === undefined ? undefined : database.aliases.get(aliasKey(kind, alias));
    if (other !== undefined && other !== id && !isGivenUp(other))
      throw new StaleStream(`Another ${kind} has the alias ${alias ?? ''}.`);
  }

  const transaction: Transaction = {
    stream: reading(readStream),
    streamByAlias: reading((kind, alias) => {
      const own = [...streams.values()].find((each) => each.kind === kind && each.alias === alias);
      if (own) return draftOf(own);
      const id = database.aliases.get(aliasKey(kind, alias));
      return id === undefined || streams.has(id) ? undefined : readStream(id);
    }),
    endOf: (id) => {
      const version = versions.get(id);
      const newest = database.newest.get(id);
      const hash = newest?.seq === version ? newest?.hash : undefined;
      return version === undefined || hash === undefined ? undefined : { id, version, hash };
    },
    nextNumber: reading((counter) => {
      const used = numbers.get(counter) ?? database.numbers.get(counter) ?? 0;
      if (!numbersRead.has(counter)) numbersRead.set(counter, used);
      return used + 1;
    }),
    useNumber: writing((counter, number) => {
      if (number <= (numbers.get(counter) ?? database.numbers.get(counter) ?? 0))
        throw numberUsed(counter, number);
      numbers.set(counter, number);
    }),
    write: writing(write),
    enqueue: writing((rows) => {
      for (const row of rows) {
        if (added.has(row.id)) throw new Error(unique(row.id));
        added.set(row.id, { ...row });
      }
    }),
    outboxRow: reading((id) => rowNow(id)),
    takeOutbox: reading((row, now) => {
      if (!mayTake(row, now)) return undefined;
      taken.set(row.id, row);
      return rowNow(row.id);
    }),
    inHand: reading((id) => {
      const row = rowNow(id);
      return row?.status === 'in-flight' && (changes.has(id) || database.outbox.get(id)?.owner === owner);
    }),
    updateOutbox: writing((id, change) => {
      if (!database.outbox.has(id) && !added.has(id)) throw new Error(`There is no ${id} in the outbox.`);
      changes.set(id, { ...changes.get(id), ...change });
    }),
    settleInbox: writing((id, result, note) => {
      refuseToSettle(database, id, result);
      settled.set(id, { result, ...(note === undefined ? {} : { note }) });
    }),
    inboxItem: reading((id) => {
      const own = received.get(id);
      if (own) return { ...own.item, note: own.note };
      const record = database.inbox.get(id);
      return record && { ...record.item, note: settled.get(id)?.note ?? record.note };
    }),
    receiveSettled: writing((item, note) => {
      if (database.inbox.has(item.id)) throw new StaleStream(`${item.id} is in the inbox already.`);
      received.set(item.id, { item, note });
    }),
  };

  function numberUsed(counter: string, number: number): Error {
    const why = `${counter} ${number} is already used.`;
    const overtaken = numbersRead.has(counter) && numbersRead.get(counter) !== database.numbers.get(counter);
    return overtaken || !options.again ? new Conflict(why) : new StaleStream(why);
  }

  /** All that may keep it from being stored, before anything of it is. */
  function check(): void {
    for (const [id, version] of versions) {
      if (database.streams.get(id)?.version !== version) throw new Conflict(`${id} has moved on.`);
    }
    for (const [id, record] of rowsRead) {
      if (database.outbox.get(id) !== record) throw new Conflict(`${id} was changed.`);
    }
    for (const [id, row] of taken) {
      // What is added here is nobody else's; but somebody may stand before it by now.
      const isFree = added.has(id) ? firstOfLane(row.lane) === id : mayTake(row, Infinity);
      if (!isFree) throw new Conflict(`${id} was taken.`);
    }
    const givenUp = new Set<StreamId>();
    for (const [id, change] of streams) {
      const stored = database.streams.get(id);
      if ((stored?.version ?? 0) !== change.expected)
        throw new StaleStream(`${id} is not at version ${change.expected} any more.`);
      refuseTakenAlias(change, (other) => givenUp.has(other));
      if (stored?.alias !== change.alias) givenUp.add(id);
    }
    for (const [counter, number] of numbers) {
      if (number <= (database.numbers.get(counter) ?? 0)) throw numberUsed(counter, number);
    }
    for (const { id, stream } of added.values()) {
      // Whoever looks first whether something is said already finds it the second time.
      if (database.outbox.has(id)) throw options.again ? new Error(unique(id)) : new Conflict(unique(id));
      if (stream !== undefined && !streams.has(stream) && !database.streams.has(stream))
        throw new Error(`foreign key: there is no ${stream} for ${id}.`);
    }
    for (const [id, { result }] of settled) refuseToSettle(database, id, result);
    for (const id of received.keys()) {
      if (database.inbox.has(id)) throw new StaleStream(`${id} is in the inbox already.`);
    }
  }

  function apply(): Commit {
    for (const each of streams.values()) putStream(database, each, owner);
    for (const [counter, number] of numbers) database.numbers.set(counter, number);
    const enqueued = [...added.values()].filter((row) => add(database, row, owner));
    const changed = [...changes].flatMap(([id, change]) => {
      const record = database.outbox.get(id);
      if (!record) return [];
      const row = JSON.parse(JSON.stringify({ ...record.row, ...change })) as OutboxRow;
      // What is undefined is lost as JSON.
      const after = { ...row, stream: row.stream, lastError: row.lastError };
      putRow(database, { ...record, row: after, owner });
      return [{ before: record.row, after }];
    });
    for (const [id, { result, note }] of settled) {
      const record = database.inbox.get(id);
      if (!record) continue;
      record.result = result;
      record.note = note;
      database.unsettled.delete(id);
    }
    for (const { item, note } of received.values()) {
      receive(database, item, owner);
      const record = database.inbox.get(item.id);
      if (!record) continue;
      record.result = 'done';
      record.note = note;
      database.unsettled.delete(item.id);
    }
    return {
      by: owner,
      streams: [...streams.values()],
      added: enqueued,
      changed,
      settled: [...settled].map(([id, { result }]) => ({ id, result })),
    };
  }

  function commit(): void {
    over = true;
    check();
    database.committed(apply());
  }

  return {
    transaction,
    commit,
    hold: () => {
      for (const { lane } of taken.values()) database.heldLanes.add(lane);
      return () => {
        for (const { lane } of taken.values()) database.heldLanes.delete(lane);
        commit();
      };
    },
    end: () => {
      over = true;
    },
  };
}

function draftOf({ id, kind, expected, events, state }: StreamWrite): StoredStream {
  return { id, kind, version: expected + events.length, state: JSON.parse(JSON.stringify(state)) as unknown };
}

function asNew(row: NewOutboxRow): OutboxRow {
  return {
    ...row,
    status: 'waiting',
    attempts: 0,
    mayHaveHappened: false,
    receipt: {},
    lastError: undefined,
  };
}

/** A card is left out when something of its lane is still waiting, which then has the priority of the worse of both. */
function add(database: Database, row: NewOutboxRow, owner: string): boolean {
  const waiting = [...database.underWay.values()].filter(
    (each) => each.row.lane === row.lane && each.row.status === 'waiting',
  );
  if (row.effect.type === 'slack.card' && waiting.length > 0) {
    for (const each of waiting)
      putRow(database, {
        ...each,
        row: { ...each.row, priority: Math.min(each.row.priority, row.priority) },
      });
    return false;
  }
  database.position += 1;
  const stored = asNew({ ...row, effect: JSON.parse(effectText(row.effect)) as OutboxRow['effect'] });
  putRow(database, { position: database.position, row: stored, owner });
  return true;
}

function refuseToSettle(database: Database, id: string, result: 'done' | 'quarantined'): void {
  const record = database.inbox.get(id);
  if (!record) throw new Error(`There is no ${id} in the inbox.`);
  if (record.result !== undefined && result === 'done') throw new AlreadySettled(`${id} is settled already.`);
}

function unique(id: string): string {
  return `duplicate: ${id} is in the outbox already.`;
}
