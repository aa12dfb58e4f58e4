import { schedule } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../store/store.ts';

/** Slack delivers again within minutes; after this long nobody asks whether something was a repetition. */
const inboxKeptFor = 10 * 86_400_000;

/** What follows the wall clock, in UTC. Never escalations: those are woken by the store. Returns how to stop it. */
export function startSchedule(store: Store, clock: Clock, log: Log): () => Promise<void> {
  const sweep = schedule(
    '17 4 * * *',
    async () => {
      try {
        const forgotten = await store.forgetInbox(clock.now() - inboxKeptFor);
        log.info({ forgotten }, 'old inbox items were forgotten');
      } catch (error) {
        log.error({ error }, 'old inbox items could not be forgotten');
      }
    },
    { timezone: 'Etc/UTC', noOverlap: true, name: 'inbox-sweep' },
  );
  return async () => {
    await sweep.destroy();
  };
}
