import type { StreamId } from '../core/stream.ts';
import type { Milliseconds } from '../core/time.ts';
import { auditTrail } from './model-audit.ts';
import {
  firstOfLanes,
  putRow,
  receive,
  toStored,
  type Database,
  type InboxRecord,
  type OutboxRecord,
  type StreamRecord,
  type Watcher,
} from './model-database.ts';
import { outstanding } from './model-outstanding.ts';
import { joinReplicas, recoverOrphans, type ModelReplica } from './model-replica.ts';
import { Conflict, openTransaction } from './model-transaction.ts';
import { straightWire, type Crossing, type Wire } from './wire.ts';
import { standingOf } from '../store/standing.ts';
import {
  mostInboxBytes,
  StaleStream,
  StoreUnavailable,
  type InboxItem,
  type OutboxRow,
  type Store,
  type StoredEvent,
} from '../store/store.ts';

/** As PostgreSQL's: whoever wrote it last goes on with it, and so much later it is anybody's. */
const graceOfEffects: Milliseconds = 500;
const graceOfWakes: Milliseconds = 150;
/** Others look by themselves that often; most of what is to do they are told of. */
const pollEvery: Milliseconds = 5_000;
const mostTries = 60;

/**
 * A store in memory that keeps every promise of the port, also that of being shared. Durable is what the `Database` holds:
 * this handle is gone with its process, and what it had not stored is lost.
 * @param options.name of the process; a new one has a new name
 */
export async function openModelStore(
  database: Database,
  options: { readonly name: string; readonly wire?: Wire },
): Promise<Store> {
  const { wire = straightWire } = options;
  const looks = new Set<() => void>();
  const replica = joinReplicas(database, options.name, wire, look);
  const listeners = new Set<(words: string) => void>();
  const watcher: Watcher = {
    owner: replica.id,
    look: () => wire.hear(look),
    hear: (words) =>
      wire.hear(() => {
        for (const listen of listeners) listen(words);
      }),
  };
  database.watchers.add(watcher);
  wire.every?.(pollEvery, async () => look());

  function look(): void {
    for (const each of looks) each();
  }
  return storeOn(database, replica, wire, {
    watch: (each) => void looks.add(each),
    hear: (listen) => void listeners.add(listen),
    leave: () => {
      replica.leave();
      database.watchers.delete(watcher);
    },
  });
}

function storeOn(
  database: Database,
  replica: ModelReplica,
  wire: Wire,
  { leave, ...hearing }: Pick<Store, 'watch' | 'hear'> & { readonly leave: () => void },
): Store {
  const underWay = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  let alone = Promise.resolve();

  /** Counts what is under way, so that `close` can wait for it; takes nothing afterwards. */
  function during<T>(work: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const done = work();
    underWay.add(done);
    const forget = (): void => void underWay.delete(done);
    done.then(forget, forget);
    return done;
  }

  const crossing = <T>(what: Crossing, work: () => T): Promise<T> =>
    during(async () => {
      await wire.there(what);
      const value = work();
      await wire.back(what);
      return value;
    });
  const read = <T>(work: () => T): Promise<T> => crossing('read', work);
  const write = <T>(work: () => T): Promise<T> => crossing('write', work);

  function announce(): void {
    for (const { owner, look } of database.watchers) if (owner() !== replica.id()) look();
  }

  function tell(words: string): void {
    for (const { owner, hear } of database.watchers) if (owner() !== replica.id()) hear(words);
  }

  async function pause(): Promise<void> {
    await wire.there('read');
    await wire.back('read');
  }

  /** Whoever changed meanwhile what it has read would have waited for it; here it is rolled back, and nobody hears of it. */
  const unheard = (comeThrough: () => void) => (): void => {
    try {
      comeThrough();
      announce();
    } catch {
      return;
    }
  };

  async function attempt<T>(work: Parameters<Store['transact']>[0], again: boolean): Promise<T> {
    await wire.there('begin');
    await wire.back('begin');
    const open = openTransaction(database, replica.id(), { pause, again });
    try {
      const value = (await work(open.transaction)) as T;
      await wire.there('commit');
      await wire.standsStill?.(() => unheard(open.hold()));
      open.commit();
      announce();
      await wire.back('commit');
      return value;
    } finally {
      open.end();
    }
  }

  /** One that met another is run again, one of this process after another. */
  async function untilAlone<T>(work: Parameters<Store['transact']>[0]): Promise<T> {
    const before = alone;
    let release = (): void => undefined;
    alone = new Promise((resolve) => {
      release = resolve;
    });
    await before;
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt<T>(work, true);
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
          if (tries >= mostTries) throw new StaleStream(error.message);
        }
      }
    } finally {
      release();
    }
  }

  const mine = (owner: string): boolean => owner === replica.id() || replica.isAlone();
  const isGone = (owner: string): boolean => !database.replicas.has(owner);

  function hasDuty(name: string): boolean {
    const holder = database.duties.get(name);
    if (holder === replica.id()) return true;
    if (holder !== undefined && !isGone(holder)) return false;
    database.duties.set(name, replica.id());
    return true;
  }

  function unsettledBehind(after: string | undefined): readonly InboxRecord[] {
    if (after === undefined) return [...database.unsettled.values()];
    const all = [...database.inbox.values()];
    const behind = all.slice(all.findIndex(({ item }) => item.id === after) + 1);
    return behind.filter(({ result }) => result === undefined);
  }

  function eventsOf(id: string): readonly StoredEvent[] {
    return structuredClone(database.events.get(id) ?? []);
  }

  function due(until: number): readonly OutboxRecord[] {
    return firstOfLanes(database).filter(
      ({ row, owner }) => row.dueAt <= until && (mine(owner) || row.dueAt <= until - graceOfEffects),
    );
  }

  function putTimes(
    record: OutboxRecord,
    times: Partial<Pick<OutboxRow, 'dueAt' | 'createdAt' | 'deadlineAt'>>,
  ): void {
    putRow(database, { ...record, row: { ...record.row, ...times } });
  }

  function sortedStreams(kind: string): readonly StreamRecord[] {
    return [...database.streams.values()]
      .filter((each) => each.kind === kind)
      .toSorted((a, b) => b.position - a.position);
  }

  /** As many as may be handed out at once. */
  function inboxPart(items: readonly InboxItem[]): readonly InboxItem[] {
    let size = 0;
    return items.filter(({ body }) => {
      const isLast = size >= mostInboxBytes;
      size += Buffer.byteLength(body);
      return !isLast;
    });
  }

  return {
    receive: (item) =>
      write(() => {
        const isNew = receive(database, item, replica.id());
        if (isNew) announce();
        return { new: isNew };
      }),
    unsettledInbox: () => read(() => [...database.unsettled.values()].map(({ item }) => item)),
    inboxInOrder: (otherThan, limit, after) =>
      read(() =>
        hasDuty('inbox')
          ? inboxPart(
              unsettledBehind(after)
                .map(({ item }) => item)
                .filter(({ source }) => !otherThan.includes(source))
                .slice(0, limit),
            )
          : [],
      ),
    adoptInbox: (sources, after) =>
      write(() =>
        inboxPart(
          unsettledBehind(after).flatMap((record) => {
            if (!sources.includes(record.item.source)) return [];
            if (isGone(record.owner)) record.owner = replica.id();
            return record.owner === replica.id() ? [record.item] : [];
          }),
        ),
      ),
    transact: <T>(work: Parameters<Store['transact']>[0]) =>
      during(() =>
        attempt<T>(work, false).catch((error: unknown) => {
          if (error instanceof Conflict) return untilAlone<T>(work);
          throw error;
        }),
      ),

    standing: (ends, sources) =>
      read(() => {
        const end = (id: StreamId) => {
          const version = database.streams.get(id)?.version;
          const hash = database.newest.get(id)?.hash;
          return version === undefined || hash === undefined ? undefined : { version, hash };
        };
        const waiting = [...database.unsettled.values()].map(({ item }) => item.source);
        return standingOf({ end, waiting }, ends, sources);
      }),
    readStream: (id) =>
      read(() => {
        const stored = database.streams.get(id);
        return stored && toStored(stored);
      }),
    listStreams: (kind, { openOnly = false, limit, before } = {}) =>
      read(() => {
        const older = before === undefined ? Infinity : (database.streams.get(before)?.position ?? -1);
        return sortedStreams(kind)
          .filter(({ alias, position }) => position < older && (!openOnly || alias !== undefined))
          .slice(0, limit)
          .map(toStored);
      }),
    firstOpen: (kind, limit) =>
      read(() => {
        const open = sortedStreams(kind)
          .filter(({ alias }) => alias !== undefined)
          .toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : a.position - b.position));
        return { streams: open.slice(0, limit).map(toStored), count: open.length };
      }),
    readEvents: (id) => read(() => eventsOf(id)),

    nextWake: () =>
      read(() => {
        const times = [...database.streams.values()].flatMap(({ wakeAt, owner }) =>
          wakeAt === undefined ? [] : [mine(owner) ? wakeAt : wakeAt + graceOfWakes],
        );
        return times.length === 0 ? undefined : Math.min(...times);
      }),
    wakesDue: async (until, limit) => {
      const asked = wire.steady();
      const { now, due } = await read(() => ({
        now: database.now(),
        due: [...database.streams.values()]
          .flatMap(({ id, kind, wakeAt, owner, position }) =>
            wakeAt !== undefined && wakeAt <= until - (mine(owner) ? 0 : graceOfWakes)
              ? [{ id, kind, wakeAt, position }]
              : [],
          )
          .toSorted((a, b) => a.wakeAt - b.wakeAt || a.position - b.position)
          .slice(0, limit)
          .map(({ position: _position, ...wake }) => wake),
      }));
      if (due.length > 0) replica.noteTime(now, asked);
      return due;
    },

    outboxDue: (until, limit, otherThan = []) =>
      read(() =>
        due(until)
          .filter(
            ({ row }) =>
              !otherThan.some(({ type, priority }) => type === row.effect.type && priority <= row.priority),
          )
          .toSorted((a, b) => a.row.priority - b.row.priority || a.position - b.position)
          .slice(0, limit)
          .map(({ row }) => structuredClone(row)),
      ),
    nextDue: (after = -1) =>
      read(() => {
        const times = firstOfLanes(database)
          .map(({ row, owner }) => (mine(owner) ? row.dueAt : row.dueAt + graceOfEffects))
          .filter((at) => at > after);
        return times.length === 0 ? undefined : Math.min(...times);
      }),
    inFlightHere: () =>
      read(() =>
        [...database.underWay.values()]
          .filter(({ row, owner }) => row.status === 'in-flight' && owner === replica.id())
          .map(({ row }) => structuredClone(row)),
      ),
    recoverInFlight: () => write(() => recoverOrphans(database, replica.id())),
    bringForward: (ids, to) =>
      write(() => {
        for (const id of ids) {
          const record = database.underWay.get(id);
          if (record?.row.status === 'waiting' && record.row.dueAt > to) putTimes(record, { dueAt: to });
        }
        announce();
      }),
    hastenOutbox: (by, latest) =>
      write(() => {
        const now = database.now();
        for (const record of database.underWay.values()) {
          const { dueAt, createdAt, deadlineAt } = record.row;
          const earlier = createdAt > Math.max(latest, now) ? by : 0;
          putTimes(record, {
            dueAt: Math.min(dueAt, Math.max(dueAt - by, now)),
            createdAt: createdAt - earlier,
            deadlineAt: deadlineAt - earlier,
          });
        }
        announce();
      }),
    hastenDecidedAfter: (latest, to) =>
      write(() => {
        for (const record of database.underWay.values()) {
          const { dueAt, createdAt, deadlineAt } = record.row;
          if (createdAt <= Math.max(latest, database.now())) continue;
          putTimes(record, {
            dueAt: Math.min(dueAt, to),
            createdAt: to,
            deadlineAt: to + deadlineAt - createdAt,
          });
        }
        announce();
      }),
    outboxOf: (stream) =>
      read(() =>
        (database.outboxOf.get(stream) ?? []).flatMap((id) => {
          const record = database.outbox.get(id);
          return record ? [structuredClone(record.row)] : [];
        }),
      ),
    outstanding: (now) => read(() => outstanding(database, now)),

    readMark: (name) => read(() => database.marks.get(name)),
    writeMark: (name, value) => write(() => void database.marks.set(name, value)),
    keepMark: (name, value) =>
      write(() => {
        const kept = database.marks.get(name) ?? value;
        database.marks.set(name, kept);
        return kept;
      }),
    advanceMark: (name, value, highest) =>
      write(() => {
        const before = database.marks.get(name);
        const isRight = before !== undefined && (highest === undefined || before <= highest);
        if (isRight && value <= before) return false;
        database.marks.set(name, value);
        return true;
      }),
    forgetInbox: (before) =>
      write(() => {
        const old = [...database.inbox].filter(
          ([, { item, result }]) => result !== undefined && item.at < before,
        );
        for (const [id] of old) database.inbox.delete(id);
        return old.length;
      }),

    audit: auditTrail(database, read),

    time: replica.time,
    ...hearing,
    isAlone: replica.isAlone,
    tell,
    lease: replica.lease,
    close: () =>
      (closed ??= (async () => {
        await Promise.allSettled(underWay);
        leave();
      })()),
  };
}
