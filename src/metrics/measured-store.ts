import type { AnyEvent } from '../core/reply.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import {
  StoreUnavailable,
  type OutboxRow,
  type Store,
  type StreamWrite,
  type Transaction,
} from '../store/store.ts';
import { countAttempt } from './count-attempt.ts';
import { countEvents } from './count-event.ts';
import type { Metrics } from './metrics.ts';

type Change = Parameters<Transaction['updateOutbox']>[1];

/** What a transaction did, to be counted once it is durable: a work that is run again after a conflict did it once. */
interface Seen {
  readonly writes: StreamWrite[];
  readonly taken: OutboxRow[];
  readonly changes: { readonly id: string; readonly change: Change }[];
  readonly quarantined: string[];
}

/**
 * The same store; what is stored through it is counted. Everything that happens is stored, so nothing else of the engine
 * has to know that somebody counts.
 * @param now by the clock of what is stored
 */
export function measuredStore(store: Store, metrics: Metrics, now: () => Instant): Store {
  /** Effects that this process has under way, and streams that were due when the timers looked. */
  const underWay = new Map<string, OutboxRow>();
  const due = new Map<StreamId, Instant>();

  async function timed<T>(work: 'receive' | 'transact', run: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await run();
    } catch (error) {
      if (error instanceof StoreUnavailable) metrics.storeFailures.inc({ work });
      throw error;
    } finally {
      metrics.storeSeconds.observe({ work }, (performance.now() - began) / 1_000);
    }
  }

  function count({ writes, taken, changes, quarantined }: Seen): void {
    for (const id of quarantined) metrics.quarantined.inc({ source: metrics.source(sourceOf(id)) });
    countEvents(metrics, writes);
    for (const write of writes) countLateness(write);
    for (const row of taken) underWay.set(row.id, row);
    for (const { id, change } of changes) {
      const row = underWay.get(id);
      if (!row || change.status === undefined || change.status === 'in-flight') continue;
      underWay.delete(id);
      countAttempt(metrics, row, change, now());
    }
  }

  /** Whatever writes a stream that was due decides late: its tick, or what somebody did in between. */
  function countLateness({ id, kind, events }: StreamWrite): void {
    const wakeAt = due.get(id);
    if (wakeAt === undefined) return;
    due.delete(id);
    const observe = (what: string, at: Instant): void =>
      metrics.lateness.observe({ what }, Math.max(0, now() - at) / 1_000);
    const rungs = events.map(({ data }) => data as AnyEvent).filter((event) => event.type === 'rung.fired');
    if (rungs.length === 0) observe(kind, wakeAt);
    // Something else of the incident may have been due long before its rung.
    for (const { dueAt } of rungs) observe('rung', dueAt ?? wakeAt);
  }

  return {
    ...store,
    receive: async (item) => {
      const source = metrics.source(item.source);
      try {
        const received = await timed('receive', () => store.receive(item));
        metrics.received.inc({ source, result: received.new ? 'accepted' : 'repeated' });
        return received;
      } catch (error) {
        metrics.received.inc({ source, result: 'unavailable' });
        throw error;
      }
    },
    transact: (work) =>
      timed('transact', async () => {
        let seen: Seen | undefined;
        const result = await store.transact((transaction) => {
          seen = { writes: [], taken: [], changes: [], quarantined: [] };
          return work(seeing(transaction, seen));
        });
        if (seen) count(seen);
        return result;
      }),
    wakesDue: async (at, limit) => {
      const wakes = await store.wakesDue(at, limit);
      due.clear();
      for (const { id, wakeAt } of wakes) due.set(id, wakeAt);
      return wakes;
    },
  };
}

function seeing(transaction: Transaction, seen: Seen): Transaction {
  return {
    ...transaction,
    write: async (write) => {
      await transaction.write(write);
      seen.writes.push(write);
    },
    takeOutbox: async (wanted, at) => {
      const row = await transaction.takeOutbox(wanted, at);
      if (row) seen.taken.push(row);
      return row;
    },
    updateOutbox: async (id, change) => {
      await transaction.updateOutbox(id, change);
      seen.changes.push({ id, change });
    },
    settleInbox: async (id, result, note) => {
      await transaction.settleInbox(id, result, note);
      if (result === 'quarantined') seen.quarantined.push(id);
    },
  };
}

/** `alertmanager/…`: we made the id, and its first part is the source. */
function sourceOf(id: string): string {
  return id.slice(0, id.indexOf('/'));
}
