import type { Actor } from '../core/actor.ts';
import type { Effect, EffectType, Receipt } from '../core/effect.ts';
import type { StreamEnd, StreamId, StreamName } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { AuditTrail } from '../trust/audit/trail.ts';

/** Something that came over a wire, kept before it was answered. `id` makes a second delivery of it a no-op. */
export interface InboxItem {
  readonly id: string;
  /** `alertmanager`, `slack`, …: who has to read the body. */
  readonly source: string;
  readonly at: Instant;
  readonly body: string;
}

export interface StoredStream {
  readonly id: StreamId;
  readonly kind: StreamName;
  /** Number of events so far; the fence against lost updates. */
  readonly version: number;
  readonly state: unknown;
}

/** `waiting`: they stand there still, and what may move them has come in and is not settled. */
export type Standing = 'same' | 'moved' | 'waiting';

/** `type` repeats what the data says, so that a person can read the table. */
export interface StoredEvent {
  readonly stream: StreamId;
  readonly seq: number;
  readonly at: Instant;
  readonly by: Actor;
  readonly type: string;
  readonly data: unknown;
}

export interface StreamWrite {
  readonly id: StreamId;
  readonly kind: StreamName;
  /** The version that was read; 0 opens the stream. */
  readonly expected: number;
  readonly state: unknown;
  readonly wakeAt: Instant | undefined;
  readonly alias: string | undefined;
  /** Left out: as any other. */
  readonly rank?: string;
  readonly events: readonly StoredEvent[];
}

export type OutboxStatus = 'waiting' | 'in-flight' | 'done' | 'failed' | 'unknown' | 'withheld';

export interface OutboxRow {
  readonly id: string;
  /** Undefined for an answer that belongs to no stream. */
  readonly stream: StreamId | undefined;
  readonly lane: string;
  /** The lowest goes first. */
  readonly priority: number;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
  /** After this the effect is not tried any more. */
  readonly deadlineAt: Instant;
  readonly effect: Effect;
  readonly status: OutboxStatus;
  readonly attempts: number;
  readonly mayHaveHappened: boolean;
  readonly receipt: Receipt;
  readonly lastError: string | undefined;
}

export type NewOutboxRow = Pick<
  OutboxRow,
  'id' | 'stream' | 'lane' | 'priority' | 'createdAt' | 'dueAt' | 'deadlineAt' | 'effect'
>;

/** Effects of a type, from a priority on. */
export interface KindOfEffect {
  readonly type: EffectType;
  readonly priority: number;
}

/** How much has not ended, in numbers. */
export interface Outstanding {
  /** What waits to go out or is on its way: how many of each, and when the oldest was decided. */
  readonly effects: readonly {
    readonly type: EffectType;
    readonly priority: number;
    readonly status: 'waiting' | 'in-flight';
    readonly count: number;
    readonly oldest: Instant;
  }[];
  /** What was received and is not settled: how much of each source, and when the first of it came. */
  readonly inbox: readonly { readonly source: string; readonly count: number; readonly oldest: Instant }[];
  /** Streams whose wake-up has come, and the earliest of those. */
  readonly wakes: { readonly count: number; readonly earliest: Instant | undefined };
  /** How many streams have an alias, of each kind and rank. */
  readonly open: readonly { readonly kind: StreamName; readonly rank: string; readonly count: number }[];
}

/** Reads and writes of one transaction. What is read is locked until the transaction ends. */
export interface Transaction {
  readonly stream: (id: StreamId) => Promise<StoredStream | undefined>;
  readonly streamByAlias: (kind: StreamName, alias: string) => Promise<StoredStream | undefined>;
  /** Where a stream stands that this transaction has read and not written; undefined when it is not known. */
  readonly endOf: (id: StreamId) => StreamEnd | undefined;
  /** The next number of a counter (`incident`, `operation`), not used up yet. */
  readonly nextNumber: (counter: string) => Promise<number>;
  /** @throws StaleStream when the number, or a higher one, is used already. */
  readonly useNumber: (counter: string, number: number) => Promise<void>;
  /**
   * Events follow `expected` without a gap; each is stored with its hash (`chainHash`), which chains it to the one before.
   * @throws StaleStream when the stream has moved on from `expected`, or the alias is taken.
   */
  readonly write: (write: StreamWrite) => Promise<void>;
  /**
   * Adds to the outbox, after the streams that the rows belong to were written. A `slack.card` is left out when something
   * of its lane is still waiting, which will draw the newest state anyway, and now has the priority of the worse of both.
   */
  readonly enqueue: (rows: readonly NewOutboxRow[]) => Promise<void>;
  readonly outboxRow: (id: string) => Promise<OutboxRow | undefined>;
  /**
   * An effect that this process may carry out now, as it is now: waiting, due, first of its lane, and nobody of its lane
   * on the way. Also one that this process itself has marked in flight, when the answer to that was lost. Undefined when
   * another process has it, or somebody else was faster.
   */
  readonly takeOutbox: (row: Pick<OutboxRow, 'id' | 'lane'>, now: Instant) => Promise<OutboxRow | undefined>;
  /** Whether the row is still in flight by this process; false when another has taken over: what came back is not its. */
  readonly inHand: (id: string) => Promise<boolean>;
  readonly updateOutbox: (
    id: string,
    change: Partial<
      Pick<OutboxRow, 'status' | 'attempts' | 'dueAt' | 'mayHaveHappened' | 'receipt' | 'lastError'>
    >,
  ) => Promise<void>;
  /** @throws AlreadySettled when what is settled is to be done once more; a complaint may follow what was done. */
  readonly settleInbox: (id: string, result: 'done' | 'quarantined', note?: string) => Promise<void>;
  /** What was received under an id, and the note it was settled with. */
  readonly inboxItem: (
    id: string,
  ) => Promise<(InboxItem & { readonly note: string | undefined }) | undefined>;
  /**
   * Receives an item and settles it at once.
   * @throws StaleStream when the id is taken.
   */
  readonly receiveSettled: (item: InboxItem, note: string) => Promise<void>;
}

/** A backlog of the largest bodies must not take more memory than there is. */
export const mostInboxBytes = 4_000_000;

/** PostgreSQL takes no longer notification. */
export const mostTold = 7_500;

/**
 * Where everything is kept. A promise that resolves means: durable. Every adapter passes `test/contract/store.ts`.
 *
 * - `transact` runs the work once, alone on the streams it reads; when it throws, nothing of it is stored, and others'
 *   work is untouched. It may be run again by the adapter after a conflict with another writer. It awaits nothing but
 *   this transaction's own methods: others wait for it, so whoever awaits something else is rejected. What a write throws
 *   may be heard only at the end, as what `transact` rejects with.
 * - Several processes may share a store that is not a file. Each is handed what is its to do; what a process that is
 *   gone had in its hands is handed to the others.
 * - Reads see what is durable, never the middle of a transaction.
 * - `receive` answers `new: false` for an id that is already there, and stores nothing.
 */
export interface Store {
  readonly receive: (item: InboxItem) => Promise<{ readonly new: boolean }>;
  /** All that is not settled, in the order of arrival. */
  readonly unsettledInbox: () => Promise<readonly InboxItem[]>;
  /**
   * The oldest unsettled items of all sources but these, in the order of arrival, from behind the item `after` on: for the
   * one process that reads them at the time; for every other nothing. At most `limit`, and no further one as soon as
   * their bodies have `mostInboxBytes` together.
   */
  readonly inboxInOrder: (
    otherThan: readonly string[],
    limit: number,
    after?: string,
  ) => Promise<readonly InboxItem[]>;
  /**
   * Unsettled items of these sources that this process received, or one that is gone: from now on they are this one's.
   * In the order of arrival, from behind the item `after` on; no further one as soon as they have `mostInboxBytes`.
   */
  readonly adoptInbox: (sources: readonly string[], after?: string) => Promise<readonly InboxItem[]>;
  readonly transact: <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;

  /** Whether these streams stand where they stood, and nothing of these sources waits to be read: seen at one moment. */
  readonly standing: (ends: readonly StreamEnd[], sources: readonly string[]) => Promise<Standing>;
  readonly readStream: (id: StreamId) => Promise<StoredStream | undefined>;
  /** The newest first, of those older than `before`. Open is a stream that has an alias. */
  readonly listStreams: (
    kind: StreamName,
    options?: { readonly openOnly?: boolean; readonly limit?: number; readonly before?: StreamId },
  ) => Promise<readonly StoredStream[]>;
  /** The open ones by their rank, the lowest first and of those the oldest, and how many are open in all. */
  readonly firstOpen: (
    kind: StreamName,
    limit: number,
  ) => Promise<{ readonly streams: readonly StoredStream[]; readonly count: number }>;
  /** In order. */
  readonly readEvents: (id: StreamId) => Promise<readonly StoredEvent[]>;

  /**
   * The earliest wake-up of all streams, and the streams whose wake-up has come. Whoever is given some finds in `time`
   * what the time was then: it may have been set back since it was read last, and they are not due at all.
   */
  readonly nextWake: () => Promise<Instant | undefined>;
  readonly wakesDue: (
    now: Instant,
    limit: number,
  ) => Promise<readonly { readonly id: StreamId; readonly kind: StreamName; readonly wakeAt: Instant }[]>;

  /**
   * Waiting rows that may go now, of all kinds but these, each type once: due, and first of their lane; by priority, then
   * age.
   */
  readonly outboxDue: (
    now: Instant,
    limit: number,
    otherThan?: readonly KindOfEffect[],
  ) => Promise<readonly OutboxRow[]>;
  /** When the next waiting row that is first of its lane becomes due; of those only that do so later than `after`. */
  readonly nextDue: (after?: Instant) => Promise<Instant | undefined>;
  /** Rows that are in flight by this very process. */
  readonly inFlightHere: () => Promise<readonly OutboxRow[]>;
  /** Rows that were in flight when their process died: waiting again, marked as possibly happened. */
  readonly recoverInFlight: () => Promise<number>;
  /** Of these, what waits for a later time becomes due at this one; what somebody has in hand is left alone. */
  readonly bringForward: (ids: readonly string[], to: Instant) => Promise<void>;
  /**
   * The clock was set back by so much: rows that wait for a time to come become due that much earlier, and now at the
   * earliest. What has not ended and was decided after `latest` counts as decided that much earlier, and its time is over
   * that much earlier. Done once more, it brings out sooner what was to be tried again later.
   */
  readonly hastenOutbox: (by: Milliseconds, latest: Instant) => Promise<void>;
  /** What has not ended and was decided after `latest` counts as decided at `to`: due then at the latest, and as long worth trying. */
  readonly hastenDecidedAfter: (latest: Instant, to: Instant) => Promise<void>;
  /** All rows of a stream, oldest first; what people look at. */
  readonly outboxOf: (stream: StreamId) => Promise<readonly OutboxRow[]>;
  /** Whoever's it is, of all that share the store. It costs what there is of it, however much has ended. */
  readonly outstanding: (now: Instant) => Promise<Outstanding>;

  /** A small value by name (`alive-at`, `booted`), and its durable replacement. */
  readonly readMark: (name: string) => Promise<string | undefined>;
  readonly writeMark: (name: string, value: string) => Promise<void>;
  /** Writes the mark unless there is one; answers what it says then. */
  readonly keepMark: (name: string, value: string) => Promise<string>;
  /**
   * Writes the mark unless it is as high already, compared as text; whether it did. Of several, one hears yes. A mark
   * higher than `highest` cannot be right, and counts for nothing.
   */
  readonly advanceMark: (name: string, value: string, highest?: string) => Promise<boolean>;
  /** Forgets settled inbox items received before; how many. */
  readonly forgetInbox: (before: Instant) => Promise<number>;

  /** What was written, to be checked by whoever does not believe it. */
  readonly audit: AuditTrail;

  /**
   * The time, by the clock that all who share the store have in common; undefined when it is nobody's but this process's.
   * Whoever has times of a shared store in hand goes by it: machines' own clocks differ, and are set.
   */
  readonly time: () => Instant | undefined;
  /** Calls whenever another process may have left something to do. */
  readonly watch: (look: () => void) => void;
  /** Whether nobody else shared the store a moment ago. */
  readonly isAlone: () => boolean;
  /**
   * Tells the others that share the store what is of use to them soon, and no loss when it does not arrive. At most
   * `mostTold` bytes.
   */
  readonly tell: (words: string) => void;
  /** Calls with whatever another one tells, of whichever version of this program it is. */
  readonly hear: (listen: (words: string) => void) => void;
  /**
   * Called before something is taken up. What it answers tells later, without asking anybody, whether that still is this
   * process's to do: false when others may have taken it over meanwhile, since this one was suspended or cut off.
   */
  readonly lease: () => () => boolean;

  /** Stores what is still waiting; from the call on, everything else is rejected with `StoreUnavailable`. */
  readonly close: () => Promise<void>;
}

/** Another writer was faster, on a stream or an id; the work can be run again on fresh reads. */
export class StaleStream extends Error {
  override readonly name = 'StaleStream';
}

/** The inbox item was settled before: by another process, or by this one before its connection broke. */
export class AlreadySettled extends Error {
  override readonly name = 'AlreadySettled';
}

/** The store cannot take anything now (disk full, read-only, gone): nothing may be acknowledged. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable';
}

/** Nobody answers there, or nobody who may write, for now: whoever starts is started again, and finds it back. */
export class StoreAway extends StoreUnavailable {
  override readonly name = 'StoreAway';
}

/** The store was written by a newer Lastgood than this one. Nothing is touched; exit 78, with advice. */
export class StoreTooNew extends Error {
  override readonly name = 'StoreTooNew';
}

/** Another process has the store. Exit 78, with advice. */
export class StoreLocked extends Error {
  override readonly name = 'StoreLocked';
}

/** What is stored cannot be trusted; nothing is touched, and the message says how to restore. */
export class StoreCorrupt extends Error {
  override readonly name = 'StoreCorrupt';
}
