import type { Instant } from '../core/time.ts';
import { statement, typeOfEffect } from './postgres-rows.ts';
import type { At, Queries } from './postgres-queries.ts';
import type { Outstanding } from './store.ts';

const effectsLeft = statement(
  `SELECT ${typeOfEffect} AS type, priority, status, count(*) AS count, min(created_at) AS oldest
   FROM outbox WHERE status IN ('waiting', 'in-flight') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
);
const inboxLeft = statement(
  `SELECT source, count(*) AS count, min(at) AS oldest FROM inbox
   WHERE result IS NULL GROUP BY source ORDER BY source`,
);
const wakesLeft = statement('SELECT count(*) AS count, min(wake_at) AS at FROM stream WHERE wake_at <= $1');
const openLeft = statement(
  `SELECT kind, rank, count(*) AS count FROM stream
   WHERE alias IS NOT NULL GROUP BY kind, rank ORDER BY kind, rank`,
);

/** How much has not ended, whoever's it is. */
export async function outstandingIn({ rowsOf }: Queries, until: Instant): Promise<Outstanding> {
  const effects = await rowsOf<Outstanding['effects'][number]>(effectsLeft);
  const inbox = await rowsOf<Outstanding['inbox'][number]>(inboxLeft);
  const [wakes] = await rowsOf<At & { readonly count: number }>(wakesLeft, until);
  return {
    effects,
    inbox,
    wakes: { count: wakes?.count ?? 0, earliest: wakes?.at ?? undefined },
    open: await rowsOf<Outstanding['open'][number]>(openLeft),
  };
}
