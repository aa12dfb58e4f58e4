import { isPage } from '../core/effect.ts';
import type { Clock } from '../core/clock.ts';
import type { NewOutboxRow, OutboxRow, Store, Transaction } from '../store/store.ts';
import type { Prepared } from './delivery.ts';
import { canWait } from './room.ts';

/** An effect that is under way in the store: once that is durable, it has to be carried out. */
export interface Taken {
  readonly row: OutboxRow;
  readonly prepared: Prepared;
  /** False when whoever was suspended since may be taken for dead. */
  readonly isOurs: () => boolean;
}

/**
 * Those whom one transaction decides to call: they are under way as soon as it is stored, and need not be looked for, nor
 * wait for a flush of their own. Whoever finds no room is looked for like any other effect.
 */
export interface Calls {
  /** The work begins, or begins again: what an earlier try has taken is not taken. */
  readonly begin: () => void;
  readonly take: (transaction: Transaction, added: readonly NewOutboxRow[]) => Promise<void>;
  /** It is stored. */
  readonly carry: () => void;
  /** It failed, and may be stored all the same: its answer can be what was lost. */
  readonly doubt: () => void;
}

export function callsInto(parts: {
  readonly store: Pick<Store, 'lease'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly prepare: (transaction: Transaction, row: OutboxRow) => Promise<Prepared>;
  /** Taken in transactions that have not ended. Two that want to add the same effect must not both take it. */
  readonly spokenFor: Map<string, NewOutboxRow>;
  /** Whether it may set out beside all that is under way or spoken for. */
  readonly hasRoom: (row: NewOutboxRow) => boolean;
  readonly isUnderWay: (id: string) => boolean;
  readonly carry: (taken: Taken) => void;
  /** As soon as the store can say whether this is stored, it waits as any other effect does; it has not set out. */
  readonly putBack: (row: OutboxRow) => void;
  /** Whoever found none beside what was spoken for is looked for. */
  readonly madeRoom: () => void;
}): () => Calls {
  const { spokenFor } = parts;
  const isFree = (id: string): boolean => !spokenFor.has(id) && !parts.isUnderWay(id);
  return () => {
    let ours: readonly string[] = [];
    const taken: Taken[] = [];
    const end = (what: (each: Taken) => void): void => {
      for (const id of ours) spokenFor.delete(id);
      ours = [];
      for (const each of taken.splice(0)) what(each);
    };
    return {
      begin: () => end(() => undefined),
      take: async (transaction, added) => {
        const isOurs = parts.store.lease();
        // What finds its way with the rest, or no room, is looked for.
        const calls = added.filter((row) => {
          if (row.priority >= canWait || !isPage(row.effect)) return false;
          if (!isFree(row.id) || !parts.hasRoom(row)) return false;
          spokenFor.set(row.id, row);
          return true;
        });
        ours = calls.map(({ id }) => id);
        for (const call of calls) {
          const row = await transaction.takeOutbox(call, parts.clock.now());
          if (row) taken.push({ row, prepared: await parts.prepare(transaction, row), isOurs });
        }
      },
      carry: () => end(parts.carry),
      doubt: () => {
        end(({ row }) => parts.isUnderWay(row.id) || parts.putBack(row));
        parts.madeRoom();
      },
    };
  };
}
