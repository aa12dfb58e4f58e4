import { lastgood } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import type { Envelope } from '../core/envelope.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';
import type { Log } from './log.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface Timers {
  /** Wake-ups may have changed: look at the earliest one. */
  readonly rearm: () => void;
  readonly start: () => Promise<void>;
  readonly working: () => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly submit: (envelopes: readonly Envelope[]) => Promise<unknown>;
  readonly log: Log;
}

type Due = Awaited<ReturnType<Store['wakesDue']>>[number];

const aliveMark = 'alive-at';
const aliveEvery: Milliseconds = 10_000;
/** Shorter absences than this are no news. */
const newsworthy: Milliseconds = 30_000;
const atOnce = 100;
/** A stream that wants to be woken and then does nothing is asked again no sooner than this. */
const patience: Milliseconds = 1_000;

/**
 * One armed timer for all streams, at the earliest `wake_at`. The times are in the store; after a restart everything
 * that came due meanwhile is caught up at once, and the streams are told how long we were away.
 */
export function createTimers({ store, clock, submit, log }: Parts): Timers {
  let down: { readonly from: Instant; readonly to: Instant } | undefined;
  let disarm = (): void => undefined;
  let disarmAlive = (): void => undefined;
  let stopped = false;
  const turn = oneAtATime(work);

  async function work(): Promise<void> {
    disarm();
    try {
      await wakeDue();
      const next = await store.nextWake();
      if (next !== undefined)
        disarm = clock.wakeAt(next > clock.now() ? next : clock.now() + patience, turn.ask);
    } catch (error) {
      log.error({ error }, 'timers could not be read');
      disarm = clock.wakeAt(clock.now() + patience, turn.ask);
    }
  }

  async function wakeDue(): Promise<void> {
    const woken = new Set<StreamId>();
    for (;;) {
      const now = clock.now();
      const due = await store.wakesDue(now, atOnce);
      const fresh = due.filter(({ id }) => !woken.has(id));
      for (const { id } of fresh) woken.add(id);
      // Together: what is stored in one flush does not wait for one another.
      await Promise.all(fresh.map((each) => wake(each, now)));
      if (due.length < atOnce || fresh.length === 0) return;
    }
  }

  async function wake({ id, kind, wakeAt }: Due, now: Instant): Promise<void> {
    const late = down && wakeAt <= down.to ? down : undefined;
    try {
      await submit([{ to: { kind, id }, at: now, by: lastgood, intent: { type: 'clock.tick', down: late } }]);
    } catch (error) {
      // One stream that cannot be woken must not keep the others asleep.
      log.error({ error, stream: id }, 'a stream could not be woken');
    }
  }

  async function stayAlive(): Promise<void> {
    try {
      await store.writeMark(aliveMark, String(clock.now()));
    } catch (error) {
      log.error({ error }, 'the sign of life could not be written');
    }
    if (!stopped) disarmAlive = clock.wakeAt(clock.now() + aliveEvery, () => void stayAlive());
  }

  return {
    rearm: turn.ask,
    working: turn.running,
    start: async () => {
      const aliveAt = Number(await store.readMark(aliveMark));
      const now = clock.now();
      if (aliveAt > 0 && now - aliveAt > newsworthy) down = { from: aliveAt, to: now };
      await stayAlive();
      turn.start();
    },
    stop: async () => {
      stopped = true;
      await turn.stop();
      disarm();
      disarmAlive();
    },
  };
}
