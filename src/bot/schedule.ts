import { schedule, type TaskOptions } from 'node-cron';
import type { Clock } from '../core/clock.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import { forgetRuns } from '../executors/forget-runs.ts';
import type { Store } from '../store/store.ts';

const day: Milliseconds = 86_400_000;

/** Slack delivers again within minutes; after this long nobody asks whether something was a repetition. */
const inboxKeptFor = 10 * day;

/** The output of a command may be wanted for a while after its rollback. */
const runsKeptFor = 30 * day;

const usual: TaskOptions = { timezone: 'Etc/UTC', noOverlap: true };

/** Of all replicas one runs a task, every day or so often, at each of its times. */
export function oneOfAll(store: Pick<Store, 'advanceMark'>, every = day): TaskOptions {
  return {
    distributed: true,
    runCoordinator: {
      // `<name of the task>:<ISO 8601>`
      shouldRun: (key) => {
        const colon = key.indexOf(':');
        return isFirst(store, key.slice(0, colon), Date.parse(key.slice(colon + 1)), every);
      },
    },
  };
}

/**
 * Whether nobody has run a task at that time: whoever is the first to advance the task's mark to it. A mark that is more
 * than a period ahead was left by a clock that was wrong; nobody waits until that time comes.
 */
export function isFirst(
  store: Pick<Store, 'advanceMark'>,
  task: string,
  at: Instant,
  every = day,
): Promise<boolean> {
  const mark = (time: Instant) => `${task}:${new Date(time).toISOString()}`;
  return store.advanceMark(`fired ${task}`, mark(at), mark(at + every));
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
