import type { Instant } from '../core/time.ts';
import { putRow, type Database } from './model-database.ts';
import type { Wire } from './wire.ts';

/** One process among those that share the database, as `postgres-replica.ts` keeps it. */
export interface ModelReplica {
  /** Another one after it was taken for dead. */
  readonly id: () => string;
  readonly isAlone: () => boolean;
  /** As it was read last, and has gone on since by a clock that nobody sets. */
  readonly time: () => Instant;
  /** The database showed this time, as an answer says that was asked for at that moment. */
  readonly noteTime: (now: Instant, asked: Instant) => void;
  readonly lease: () => () => boolean;
  readonly leave: () => void;
}

/** Joins the others: gives signs of life, buries those that give none, and takes over what they had in flight. */
export function joinReplicas(database: Database, name: string, wire: Wire, look: () => void): ModelReplica {
  const { lease } = database;
  /** The last sign of each, and since when it has been seen. */
  let others = new Map<string, { readonly sign: number; readonly since: Instant }>();
  let lookedAt = -Infinity;
  let names = 0;
  let id = '';
  let provenAt = wire.steady();
  let ahead = database.now() - provenAt;
  let alone = false;
  let left = false;
  register();

  /** Always under another name: what was in the hands of one that was taken for dead is no longer in ours. */
  function register(): void {
    do id = `${name}.${(names += 1)}`;
    while (database.replicas.has(id));
    database.replicas.set(id, database.now());
    alone = database.replicas.size === 1;
  }

  async function giveSign(): Promise<void> {
    if (left) return;
    const began = wire.steady();
    try {
      await wire.there('sign of life');
      const now = database.now();
      if (database.replicas.has(id)) database.replicas.set(id, now);
      else register();
      bury();
      const isAlone = database.replicas.size === 1;
      recoverOrphans(database, id);
      await wire.back('sign of life');
      noteTime(now, began);
      provenAt = began;
      alone = isAlone;
      look();
    } catch {
      // The next sign comes soon; until then others may think what they like.
    }
  }

  /** Moved only as far as it must have been wrong. */
  function noteTime(now: Instant, asked: Instant): void {
    ahead = Math.min(Math.max(ahead, now - wire.steady()), now - asked);
  }

  /**
   * Those whose sign has stayed the same for a lease; not by the database's clock, which may be set. Nobody, for a while,
   * when this one has not looked for long: it may have stood still together with all others.
   */
  function bury(): void {
    const steady = wire.steady();
    if (steady - lookedAt > lease / 2) others = new Map();
    lookedAt = steady;
    const seen = [...database.replicas].map(([other, sign]) => {
      const known = others.get(other);
      return [other, known?.sign === sign ? known : { sign, since: steady }] as const;
    });
    others = new Map(seen);
    for (const [other, { since }] of seen)
      if (other !== id && steady - since > lease) database.replicas.delete(other);
  }

  wire.every?.(lease / 5, giveSign);
  return {
    id: () => id,
    isAlone: () => alone,
    noteTime,
    time: wire.every ? () => wire.steady() + ahead : database.now,
    lease: () => {
      const then = id;
      return () => then === id && wire.steady() - provenAt < lease * 0.8;
    },
    leave: () => {
      left = true;
      database.replicas.delete(id);
    },
  };
}

/** What nobody who is alive has in flight waits again. @returns how many */
export function recoverOrphans(database: Database, owner: string): number {
  const orphans = [...database.underWay.values()].filter(
    (record) => record.row.status === 'in-flight' && !database.replicas.has(record.owner),
  );
  for (const record of orphans) {
    const { row } = record;
    const dueAt = Math.min(row.dueAt, database.now());
    putRow(database, { ...record, owner, row: { ...row, status: 'waiting', mayHaveHappened: true, dueAt } });
  }
  return orphans.length;
}
