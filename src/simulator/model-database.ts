import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { ChainedEvent } from '../trust/audit/trail.ts';
import { chain } from './model-audit.ts';
import type {
  InboxItem,
  NewOutboxRow,
  OutboxRow,
  StoredEvent,
  StoredStream,
  StreamWrite,
} from '../store/store.ts';

export interface InboxRecord {
  readonly item: InboxItem;
  owner: string;
  result: 'done' | 'quarantined' | undefined;
  note: string | undefined;
}

/** `state` is text, so that nobody shares an object with what is stored. */
export interface StreamRecord extends Omit<StoredStream, 'state'> {
  readonly position: number;
  readonly state: string;
  readonly wakeAt: Instant | undefined;
  readonly alias: string | undefined;
  readonly rank: string;
  readonly owner: string;
}

export interface OutboxRecord {
  readonly position: number;
  readonly row: OutboxRow;
  readonly owner: string;
}

/** A process that hears of others. */
export interface Watcher {
  readonly owner: () => string;
  readonly look: () => void;
  readonly hear: (words: string) => void;
}

/** What one transaction has written; whoever watches the database is shown it at the moment of the commit. */
export interface Commit {
  readonly by: string;
  readonly streams: readonly StreamWrite[];
  readonly added: readonly NewOutboxRow[];
  readonly changed: readonly { readonly before: OutboxRow; readonly after: OutboxRow }[];
  readonly settled: readonly { readonly id: string; readonly result: 'done' | 'quarantined' }[];
}

/**
 * What survives: tables in memory that several model stores share, as replicas share a PostgreSQL database. It knows
 * nothing of processes and promises; whatever it does, it does at one go.
 */
export interface Database {
  readonly now: () => Instant;
  readonly lease: Milliseconds;
  /** In the order of arrival. */
  readonly inbox: Map<string, InboxRecord>;
  /** Of them, those that are not settled. */
  readonly unsettled: Map<string, InboxRecord>;
  readonly streams: Map<StreamId, StreamRecord>;
  readonly aliases: Map<string, StreamId>;
  readonly events: Map<StreamId, StoredEvent[]>;
  /** All events, in the order of writing, and the newest of each stream. */
  readonly log: ChainedEvent[];
  readonly newest: Map<StreamId, ChainedEvent>;
  /** Signed, over all of them. */
  readonly heads: string[];
  readonly outbox: Map<string, OutboxRecord>;
  /** Of them, those that wait or are in flight, oldest first. */
  readonly underWay: Map<string, OutboxRecord>;
  readonly outboxOf: Map<StreamId, string[]>;
  readonly numbers: Map<string, number>;
  readonly marks: Map<string, string>;
  /** Who shares it, and when they gave their last sign of life. */
  readonly replicas: Map<string, Instant>;
  readonly duties: Map<string, string>;
  /** Lanes in which somebody's COMMIT stands still. */
  readonly heldLanes: Set<string>;
  readonly watchers: Set<Watcher>;
  position: number;
  /** Sees every commit; set by whoever checks. */
  committed: (commit: Commit) => void;
}

export function createDatabase(options: {
  readonly now: () => Instant;
  readonly lease?: Milliseconds;
}): Database {
  return {
    now: options.now,
    lease: options.lease ?? 15_000,
    inbox: new Map(),
    unsettled: new Map(),
    streams: new Map(),
    aliases: new Map(),
    events: new Map(),
    log: [],
    newest: new Map(),
    heads: [],
    outbox: new Map(),
    underWay: new Map(),
    outboxOf: new Map(),
    numbers: new Map(),
    marks: new Map(),
    replicas: new Map(),
    duties: new Map(),
    heldLanes: new Set(),
    watchers: new Set(),
    position: 0,
    committed: () => undefined,
  };
}

export function aliasKey(kind: string, alias: string): string {
  return `${kind} ${alias}`;
}

export function toStored({ id, kind, version, state }: StreamRecord): StoredStream {
  return { id, kind, version, state: JSON.parse(state) as unknown };
}

export function receive(database: Database, item: InboxItem, owner: string): boolean {
  if (database.inbox.has(item.id)) return false;
  const record: InboxRecord = { item: { ...item }, owner, result: undefined, note: undefined };
  database.inbox.set(item.id, record);
  database.unsettled.set(item.id, record);
  return true;
}

export function putStream(database: Database, write: StreamWrite, owner: string): void {
  const { id, kind, expected, state, wakeAt, alias, rank = '', events } = write;
  const before = database.streams.get(id);
  if (before?.alias !== undefined) database.aliases.delete(aliasKey(kind, before.alias));
  if (alias !== undefined) database.aliases.set(aliasKey(kind, alias), id);
  database.streams.set(id, {
    id,
    kind,
    version: expected + events.length,
    state: JSON.stringify(state),
    wakeAt,
    alias,
    rank,
    owner,
    position: before?.position ?? (database.position += 1),
  });
  const stored = events.map((event) => JSON.parse(JSON.stringify(event)) as StoredEvent);
  database.events.set(id, [...(database.events.get(id) ?? []), ...stored]);
  for (const event of stored) chain(database, event);
}

export function putRow(database: Database, record: OutboxRecord): void {
  const { row } = record;
  const isNew = !database.outbox.has(row.id);
  database.outbox.set(row.id, record);
  if (isNew && row.stream !== undefined)
    database.outboxOf.set(row.stream, [...(database.outboxOf.get(row.stream) ?? []), row.id]);
  const goesOn = row.status === 'waiting' || row.status === 'in-flight';
  if (!goesOn) database.underWay.delete(row.id);
  else if (database.underWay.has(row.id) || isNew) database.underWay.set(row.id, record);
  else {
    // One that had ended and goes on after all has its old place in its lane.
    const all = [...database.underWay.values(), record].toSorted((a, b) => a.position - b.position);
    database.underWay.clear();
    for (const each of all) database.underWay.set(each.row.id, each);
  }
}

/** Waiting, and nobody of its lane goes before it. */
export function firstOfLanes(database: Database): readonly OutboxRecord[] {
  const lanes = new Set<string>();
  const first: OutboxRecord[] = [];
  for (const record of database.underWay.values()) {
    const { lane, status } = record.row;
    if (lanes.has(lane)) continue;
    lanes.add(lane);
    if (status === 'waiting') first.push(record);
  }
  return first;
}
