import { schedule } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../engine/log.ts';
import { forgetRuns } from '../executors/forget-runs.ts';
import type { Store } from '../store/store.ts';

/** Slack delivers again within minutes; after this long nobody asks whether something was a repetition. */
const inboxKeptFor = 10 * 86_400_000;

/** The output of a command may be wanted for a while after its rollback. */
const runsKeptFor = 30 * 86_400_000;

/** What follows the wall clock, in UTC. Never escalations: those are woken by the store. Returns how to stop it. */
export function startSchedule(
  store: Store,
  dataDir: string,
  clock: Clock,
  log: Log,
  checkRegistry: () => Promise<void>,
): () => Promise<void> {
  const daily = (at: string, what: string, forget: () => Promise<number>) =>
    schedule(
      at,
      async () => {
        try {
          log.info({ forgotten: await forget() }, `old ${what} were forgotten`);
        } catch (error) {
          log.error({ error }, `old ${what} could not be forgotten`);
        }
      },
      { timezone: 'Etc/UTC', noOverlap: true, name: what },
    );
  const sweeps = [
    daily('17 4 * * *', 'inbox items', () => store.forgetInbox(clock.now() - inboxKeptFor)),
    daily('27 4 * * *', 'runs of commands', () => forgetRuns(dataDir, clock.now() - runsKeptFor)),
  ];
  const compare = schedule('*/5 * * * *', checkRegistry, {
    timezone: 'Etc/UTC',
    noOverlap: true,
    name: 'registry check',
  });
  return async () => {
    for (const task of [compare, ...sweeps]) await task.destroy();
  };
}
