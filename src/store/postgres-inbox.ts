import { inboxColumns, statement } from './postgres-rows.ts';
import type { Queries } from './postgres-queries.ts';
import type { Replica } from './postgres-replica.ts';
import { mostInboxBytes, type InboxItem, type Store } from './store.ts';

/** Whoever has it reads what has to be read in order. */
const inboxDuty = 'inbox';
const forgottenAtOnce = 1_000;

const unsettledInbox = statement(`SELECT ${inboxColumns} FROM inbox WHERE result IS NULL ORDER BY pos`);
const takeDuty = statement(
  `INSERT INTO duty SELECT $1, $2
   WHERE NOT EXISTS (SELECT FROM duty JOIN replica ON replica.id = duty.owner WHERE duty.name = $1)
   ON CONFLICT (name) DO UPDATE SET owner = excluded.owner WHERE duty.owner NOT IN (SELECT id FROM replica)`,
);
/** Of these, in their order, as many as may be handed out at once. */
const inboxPart = (items: string): string =>
  `SELECT ${inboxColumns} FROM
     (SELECT items.*, sum(octet_length(body)) OVER (ORDER BY pos) - octet_length(body) AS before
      FROM (${items}) items) items
   WHERE before < ${mostInboxBytes} ORDER BY pos`;
const isAfter = 'pos > coalesce((SELECT pos FROM inbox WHERE id = $3), 0)';
const inboxInOrder = statement(
  inboxPart(
    `SELECT pos, ${inboxColumns} FROM inbox WHERE result IS NULL AND source <> ALL($1::text[]) AND ${isAfter}
       AND EXISTS (SELECT FROM duty WHERE name = $4 AND owner = $5) ORDER BY pos LIMIT $2`,
  ),
);
const adoptInbox = statement(
  `WITH adopted AS (
     UPDATE inbox SET owner = $2 WHERE pos IN (
       SELECT pos FROM inbox WHERE result IS NULL AND source = ANY($1::text[])
         AND owner NOT IN (SELECT id FROM replica) FOR UPDATE SKIP LOCKED)
     RETURNING pos, ${inboxColumns}),
   ours AS (
     SELECT pos, ${inboxColumns} FROM adopted UNION ALL
     SELECT pos, ${inboxColumns} FROM inbox WHERE result IS NULL AND source = ANY($1::text[]) AND owner = $2)
   ${inboxPart(`SELECT * FROM ours WHERE ${isAfter}`)}`,
);
const forgetInbox = statement(
  `DELETE FROM inbox WHERE pos IN
     (SELECT pos FROM inbox WHERE result IS NOT NULL AND at < $1 LIMIT ${forgottenAtOnce})`,
);

/** What was received, and waits to be read. */
export function inboxIn(
  { rowsOf, change }: Queries,
  replica: Pick<Replica, 'id'>,
): Pick<Store, 'unsettledInbox' | 'inboxInOrder' | 'adoptInbox' | 'forgetInbox'> {
  return {
    unsettledInbox: () => rowsOf<InboxItem>(unsettledInbox),
    inboxInOrder: async (otherThan, limit, after) => {
      const items = () => rowsOf<InboxItem>(inboxInOrder, otherThan, limit, after, inboxDuty, replica.id());
      const found = await items();
      if (found.length > 0) return found;
      return (await change(takeDuty, inboxDuty, replica.id())) > 0 ? items() : found;
    },
    adoptInbox: (sources, after) => rowsOf<InboxItem>(adoptInbox, sources, replica.id(), after),
    forgetInbox: async (before) => {
      let forgotten = 0;
      let some: number;
      do {
        some = await change(forgetInbox, before);
        forgotten += some;
      } while (some === forgottenAtOnce);
      return forgotten;
    },
  };
}
