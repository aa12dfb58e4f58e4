import { inTurn } from '../store/in-turn.ts';
import type { Store, Transaction } from '../store/store.ts';

/**
 * A store that is read from and written to as it is; whatever it has stored is then written into the model, too, in the
 * same order. Should the model refuse it, or answer otherwise, the two do not keep the same promises.
 * @param options.pending counts what the store is at
 */
export function mirrored(
  store: Store,
  model: Store,
  { pending, differs }: { readonly pending: { count: number }; readonly differs: (how: string) => void },
): Store {
  const behind = inTurn();

  async function counted<T>(work: () => Promise<T>): Promise<T> {
    pending.count += 1;
    try {
      return await work();
    } finally {
      pending.count -= 1;
    }
  }

  const reading =
    <Arguments extends unknown[], Answer>(read: (...values: Arguments) => Promise<Answer>) =>
    (...values: Arguments): Promise<Answer> =>
      counted(() => read(...values));

  const writing =
    <Arguments extends unknown[], Answer>(
      write: (...values: Arguments) => Promise<Answer>,
      again: (...values: Arguments) => Promise<Answer>,
    ) =>
    (...values: Arguments): Promise<Answer> =>
      counted(async () => {
        const answer = await write(...values);
        const same = await behind.next(() => again(...values));
        if (JSON.stringify(same) !== JSON.stringify(answer))
          differs(`the model answers ${JSON.stringify(same)}, and the store ${JSON.stringify(answer)}`);
        return answer;
      });

  return {
    ...store,
    receive: writing(store.receive, model.receive),
    transact: (work) =>
      counted(async () => {
        let written: ((transaction: Transaction) => Promise<void>)[] = [];
        const value = await store.transact((transaction) => {
          written = [];
          return work(noted(transaction, written));
        });
        if (written.length > 0)
          await behind
            .next(() =>
              model.transact(async (transaction) => {
                for (const write of written) await write(transaction);
              }),
            )
            .catch((error: unknown) =>
              differs(`the model refuses what the store has taken: ${String(error)}`),
            );
        return value;
      }),
    recoverInFlight: writing(store.recoverInFlight, model.recoverInFlight),
    bringForward: writing(store.bringForward, model.bringForward),
    hastenOutbox: writing(store.hastenOutbox, model.hastenOutbox),
    hastenDecidedAfter: writing(store.hastenDecidedAfter, model.hastenDecidedAfter),
    writeMark: writing(store.writeMark, model.writeMark),
    keepMark: writing(store.keepMark, model.keepMark),
    advanceMark: writing(store.advanceMark, model.advanceMark),
    forgetInbox: writing(store.forgetInbox, model.forgetInbox),
    unsettledInbox: reading(store.unsettledInbox),
    inboxInOrder: reading(store.inboxInOrder),
    adoptInbox: reading(store.adoptInbox),
    standing: reading(store.standing),
    readStream: reading(store.readStream),
    listStreams: reading(store.listStreams),
    firstOpen: reading(store.firstOpen),
    readEvents: reading(store.readEvents),
    nextWake: reading(store.nextWake),
    wakesDue: reading(store.wakesDue),
    outboxDue: reading(store.outboxDue),
    nextDue: reading(store.nextDue),
    inFlightHere: reading(store.inFlightHere),
    outboxOf: reading(store.outboxOf),
    outstanding: reading(store.outstanding),
    readMark: reading(store.readMark),
    audit: {
      settled: reading(store.audit.settled),
      events: reading(store.audit.events),
      ends: reading(store.audit.ends),
      heads: reading(store.audit.heads),
      newestHead: reading(store.audit.newestHead),
      addHead: writing(store.audit.addHead, model.audit.addHead),
    },
  };
}

/** The same transaction, which notes whatever it writes. */
function noted(
  transaction: Transaction,
  written: ((transaction: Transaction) => Promise<void>)[],
): Transaction {
  const noting =
    <Name extends 'useNumber' | 'write' | 'enqueue' | 'updateOutbox' | 'settleInbox' | 'receiveSettled'>(
      name: Name,
    ) =>
    async (...values: Parameters<Transaction[Name]>): Promise<void> => {
      await (transaction[name] as (...given: Parameters<Transaction[Name]>) => Promise<void>)(...values);
      const kept = structuredClone(values);
      written.push((other) =>
        (other[name] as (...given: Parameters<Transaction[Name]>) => Promise<void>)(...kept),
      );
    };
  return {
    ...transaction,
    useNumber: noting('useNumber'),
    write: noting('write'),
    enqueue: noting('enqueue'),
    updateOutbox: noting('updateOutbox'),
    settleInbox: noting('settleInbox'),
    receiveSettled: noting('receiveSettled'),
  };
}
