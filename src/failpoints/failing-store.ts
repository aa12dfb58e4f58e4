import type { Store, Transaction } from '../store/store.ts';
import type { Boundary, Reached } from './failpoints.ts';

/** The same store, with a failpoint on either side of whatever it makes durable. */
export function failingStore(store: Store, reached: Reached): Store {
  function crossing<Given extends readonly unknown[], Answer>(
    boundary: Boundary,
    write: (...given: Given) => Promise<Answer>,
  ): (...given: Given) => Promise<Answer> {
    return async (...given) => {
      reached(`before ${boundary}`);
      const answer = await write(...given);
      reached(`after ${boundary}`);
      return answer;
    };
  }

  return {
    ...store,
    receive: crossing('store receive', store.receive),
    bringForward: crossing('store hurry', store.bringForward),
    recoverInFlight: crossing('store recover', store.recoverInFlight),
    writeMark: crossing('store mark', store.writeMark),
    keepMark: crossing('store mark', store.keepMark),
    advanceMark: crossing('store mark', store.advanceMark),
    audit: { ...store.audit, addHead: crossing('store seal', store.audit.addHead) },
    transact: async (work) => {
      let boundary: Boundary | undefined;
      const result = await store.transact(async (transaction) => {
        const watched = watch(transaction);
        const done = await work(watched.transaction);
        boundary = watched.boundary();
        if (boundary) reached(`before ${boundary}`);
        return done;
      });
      if (boundary) reached(`after ${boundary}`);
      return result;
    },
  };
}

/** What a transaction is for shows in what it does; undefined when it only looks. */
function watch(transaction: Transaction): {
  readonly transaction: Transaction;
  readonly boundary: () => Boundary | undefined;
} {
  let settles = false;
  let outbox: Boundary | undefined;
  let writes = false;
  return {
    boundary: () => outbox ?? (settles ? 'store decide' : writes ? 'store wake' : undefined),
    transaction: {
      ...transaction,
      takeOutbox: (row, now) => {
        outbox ??= 'store take';
        return transaction.takeOutbox(row, now);
      },
      inHand: (id) => {
        outbox ??= 'store conclude';
        return transaction.inHand(id);
      },
      settleInbox: (id, result, note) => {
        settles = true;
        return transaction.settleInbox(id, result, note);
      },
      receiveSettled: (item, note) => {
        settles = true;
        return transaction.receiveSettled(item, note);
      },
      write: (write) => {
        writes = true;
        return transaction.write(write);
      },
    },
  };
}
