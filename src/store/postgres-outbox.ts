import type { Instant, Milliseconds } from '../core/time.ts';
import {
  mayGo,
  outboxColumns,
  statement,
  toOutboxRow,
  typeOfEffect,
  type OutboxColumns,
} from './postgres-rows.ts';
import type { At, Queries } from './postgres-queries.ts';
import { readClock, type Replica } from './postgres-replica.ts';
import type { Store } from './store.ts';

/** Whoever wrote an effect last is the first to go on with it, so that they do not all try; so much later it is anybody's. */
const graceOfEffects: Milliseconds = 500;

const outboxDue = statement(
  `SELECT ${outboxColumns} FROM outbox row
   WHERE row.due_at <= $1 AND (row.owner = $3 OR $4 OR row.due_at <= $1 - ${graceOfEffects}) AND ${mayGo}
     AND (cardinality($5::text[]) = 0
       OR coalesce(row.priority < ($6::bigint[])[array_position($5::text[], ${typeOfEffect})], true))
   ORDER BY row.priority, row.pos LIMIT $2`,
);
const nextDue = statement(
  `SELECT least(
     (SELECT row.due_at FROM outbox row WHERE row.owner = $1 AND row.due_at > $3::bigint AND ${mayGo}
      ORDER BY row.due_at LIMIT 1),
     (SELECT row.due_at + $2::bigint FROM outbox row WHERE row.due_at > $3::bigint - $2::bigint AND ${mayGo}
      ORDER BY row.due_at LIMIT 1)) AS at`,
);
const inFlightHere = statement(
  `SELECT ${outboxColumns} FROM outbox WHERE status = 'in-flight' AND owner = $1 ORDER BY pos`,
);
// In one order, so that two who do this at the same moment wait for each other and not crosswise.
const bringForward = statement(
  `UPDATE outbox SET due_at = $2 WHERE pos IN (
     SELECT pos FROM outbox WHERE id = ANY($1::text[]) AND status = 'waiting' AND due_at > $2
     ORDER BY pos FOR NO KEY UPDATE)`,
);
const hastenOutbox = statement(
  `UPDATE outbox SET
     due_at = least(due_at, greatest(due_at - $1, $3)),
     created_at = created_at - CASE WHEN created_at > $2 THEN $1 ELSE 0 END,
     deadline_at = deadline_at - CASE WHEN created_at > $2 THEN $1 ELSE 0 END
   WHERE pos IN (
     SELECT pos FROM outbox WHERE status IN ('waiting', 'in-flight') AND (due_at > $3 OR created_at > $2)
     ORDER BY pos FOR NO KEY UPDATE)`,
);
const hastenDecidedAfter = statement(
  `UPDATE outbox SET due_at = least(due_at, $2), created_at = $2, deadline_at = $2 + deadline_at - created_at
   WHERE pos IN (
     SELECT pos FROM outbox WHERE status IN ('waiting', 'in-flight') AND created_at > $1
     ORDER BY pos FOR NO KEY UPDATE)`,
);
const outboxOf = statement(`SELECT ${outboxColumns} FROM outbox WHERE stream = $1 ORDER BY pos`);

/** Effects until they have ended, as far as a single statement sees to them. */
export function outboxIn(
  { rowsOf, change }: Queries,
  replica: Pick<Replica, 'id' | 'isAlone' | 'time' | 'noteTime' | 'announce'>,
): Pick<
  Store,
  | 'outboxDue'
  | 'nextDue'
  | 'inFlightHere'
  | 'bringForward'
  | 'hastenOutbox'
  | 'hastenDecidedAfter'
  | 'outboxOf'
> {
  /** Read anew: were it set forward a moment ago, what others decide by now would be given up before its time. */
  async function notBeforeNow(latest: Instant): Promise<Instant> {
    const asked = performance.now();
    const [read] = await rowsOf<{ readonly at: Instant }>(readClock);
    if (read) replica.noteTime(read.at, asked, performance.now());
    return Math.max(latest, replica.time());
  }

  return {
    outboxDue: async (until, limit, otherThan = []) => {
      const types = otherThan.map(({ type }) => type);
      const priorities = otherThan.map(({ priority }) => priority);
      const rows = await rowsOf<OutboxColumns>(
        outboxDue,
        until,
        limit,
        replica.id(),
        replica.isAlone(),
        types,
        priorities,
      );
      return rows.map(toOutboxRow);
    },
    nextDue: async (after = -1) => {
      const grace = replica.isAlone() ? 0 : graceOfEffects;
      return (await rowsOf<At>(nextDue, replica.id(), grace, after))[0]?.at ?? undefined;
    },
    inFlightHere: async () => (await rowsOf<OutboxColumns>(inFlightHere, replica.id())).map(toOutboxRow),
    bringForward: async (ids, to) => {
      if ((await change(bringForward, ids, to)) > 0) replica.announce();
    },
    hastenOutbox: async (by, latest) => {
      await change(hastenOutbox, by, await notBeforeNow(latest), replica.time());
      replica.announce();
    },
    hastenDecidedAfter: async (latest, to) => {
      if ((await change(hastenDecidedAfter, await notBeforeNow(latest), to)) > 0) replica.announce();
    },
    outboxOf: async (id) => (await rowsOf<OutboxColumns>(outboxOf, id)).map(toOutboxRow),
  };
}
