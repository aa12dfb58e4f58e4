import { beginning, chainHash } from '../trust/audit/chain.ts';
import type { AuditTrail, ChainedEvent } from '../trust/audit/trail.ts';
import type { StoredEvent } from '../store/store.ts';
import type { Database } from './model-database.ts';

/** Adds an event to its stream's chain, and to the one order of all. */
export function chain(database: Database, event: StoredEvent): void {
  const newest = database.newest.get(event.stream);
  const hash = chainHash(newest?.hash ?? beginning, event);
  const entry: ChainedEvent = { ...event, pos: database.log.length + 1, prev: newest?.hash, hash };
  database.log.push(entry);
  database.newest.set(event.stream, entry);
}

export function auditTrail(database: Database, read: <T>(look: () => T) => Promise<T>): AuditTrail {
  return {
    settled: () => read(() => database.log.length),
    events: (after, limit) => read(() => structuredClone(database.log.slice(after, after + limit))),
    ends: (after, limit) =>
      read(() =>
        [...database.streams.values()]
          .filter(({ id }) => id > after)
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
          .slice(0, limit)
          .map(({ id, version }) => {
            const newest = database.newest.get(id);
            return {
              id,
              version,
              hash: newest?.hash,
              newest: newest && { seq: newest.seq, hash: newest.hash },
            };
          }),
      ),
    heads: (after, limit) => read(() => database.heads.slice(after, after + limit)),
    newestHead: () => read(() => database.heads.at(-1)),
    addHead: (number, head) =>
      read(() => {
        if (number !== database.heads.length + 1) return false;
        database.heads.push(head);
        return true;
      }),
  };
}
