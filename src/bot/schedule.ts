import { schedule, type TaskOptions } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../engine/log.ts';
import { forgetRuns } from '../executors/forget-runs.ts';
import type { Store } from '../store/store.ts';

/** Slack delivers again within minutes; after this long nobody asks whether something was a repetition. */
const inboxKeptFor = 10 * 86_400_000;

/** The output of a command may be wanted for a while after its rollback. */
const runsKeptFor = 30 * 86_400_000;

const usual: TaskOptions = { timezone: 'Etc/UTC', noOverlap: true };

/** Of all replicas one runs a task at each of its times: whoever is the first to advance the task's mark to it. */
export function oneOfAll(store: Pick<Store, 'advanceMark'>): TaskOptions {
  return {
    distributed: true,
    runCoordinator: {
      // `<name of the task>:<ISO 8601>`
      shouldRun: (key) => store.advanceMark(`fired ${key.slice(0, key.indexOf(':'))}`, key),
    },
  };
}

/** What follows the wall clock, in UTC. Never escalations: those are woken by the store. Returns how to stop it. */
export function startSchedule(
  store: Store,
  dataDir: string,
  clock: Clock,
  log: Log,
  checkRegistry: () => Promise<void>,
): () => Promise<void> {
  const daily = (at: string, what: string, forget: () => Promise<number>, coordinated: TaskOptions) =>
    schedule(
      at,
      async () => {
        try {
          log.info({ forgotten: await forget() }, `old ${what} were forgotten`);
        } catch (error) {
          log.error({ error }, `old ${what} could not be forgotten`);
        }
      },
      { ...usual, ...coordinated, name: what },
    );
  const sweeps = [
    daily('17 4 * * *', 'inbox items', () => store.forgetInbox(clock.now() - inboxKeptFor), oneOfAll(store)),
    // Each machine has its own.
    daily('27 4 * * *', 'runs of commands', () => forgetRuns(dataDir, clock.now() - runsKeptFor), {}),
  ];
  // Each machine has its own file, too.
  const compare = schedule('* * * * *', checkRegistry, { ...usual, name: 'registry check' });
  return async () => {
    for (const task of [compare, ...sweeps]) await task.destroy();
  };
}
