import type { Store } from '../store/store.ts';
import type { Crossing, Wire } from './wire.ts';

/** A real store at the other end of a wire. What goes on within a transaction is at one end, and takes no time. */
export function wiredStore(store: Store, wire: Wire): Store {
  const across =
    <Arguments extends unknown[], Answer>(what: Crossing, ask: (...values: Arguments) => Promise<Answer>) =>
    async (...values: Arguments): Promise<Answer> => {
      await wire.there(what);
      const answer = await ask(...values);
      await wire.back(what);
      return answer;
    };
  return {
    ...store,
    receive: across('write', store.receive),
    unsettledInbox: across('read', store.unsettledInbox),
    inboxInOrder: across('read', store.inboxInOrder),
    adoptInbox: across('read', store.adoptInbox),
    transact: async (work) => {
      await wire.there('commit');
      const value = await store.transact(work);
      await wire.back('commit');
      return value;
    },
    standing: across('read', store.standing),
    readStream: across('read', store.readStream),
    listStreams: across('read', store.listStreams),
    firstOpen: across('read', store.firstOpen),
    readEvents: across('read', store.readEvents),
    nextWake: across('read', store.nextWake),
    wakesDue: across('read', store.wakesDue),
    outboxDue: across('read', store.outboxDue),
    nextDue: across('read', store.nextDue),
    inFlightHere: across('read', store.inFlightHere),
    recoverInFlight: across('write', store.recoverInFlight),
    bringForward: across('write', store.bringForward),
    hastenOutbox: across('write', store.hastenOutbox),
    hastenDecidedAfter: across('write', store.hastenDecidedAfter),
    outboxOf: across('read', store.outboxOf),
    outstanding: across('read', store.outstanding),
    readMark: across('read', store.readMark),
    writeMark: across('write', store.writeMark),
    keepMark: across('write', store.keepMark),
    advanceMark: across('write', store.advanceMark),
    forgetInbox: across('write', store.forgetInbox),
  };
}
