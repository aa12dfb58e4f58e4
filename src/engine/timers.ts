import { lastgood } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import type { Envelope } from '../core/envelope.ts';
import type { ClockTick } from '../core/incident/intent.ts';
import type { Outage } from '../core/outage.ts';
import type { StreamId, StreamName } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { StaleStream, StoreUnavailable, type Store } from '../store/store.ts';
import type { Log } from './log.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { newsworthy } from './set-back.ts';

export interface Timers {
  /** Wake-ups may have changed: look at the earliest one. */
  readonly rearm: () => void;
  readonly start: () => Promise<void>;
  readonly working: () => Promise<void> | undefined;
  /**
   * Resolves when it was tried to see to it that the clock was set back: what is then decided finds all of one time.
   * Undefined when it was not, or nobody has noticed yet.
   */
  readonly seeingToSetBack: () => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly submit: (envelopes: readonly Envelope[]) => Promise<unknown>;
  /** The clock has jumped: whatever sleeps until a time of day looks again. */
  readonly jumped: () => void;
  /**
   * What came due in an outage of ours has been decided, and people may be told of it. Until that is done no sign of life
   * is given: should we die before, whoever starts next finds the same outage, and tells it.
   */
  readonly caughtUp: (outage: Outage) => Promise<void>;
  readonly log: Log;
}

interface SetBack {
  readonly by: Milliseconds;
  /** The last sign of life by the clock of before. */
  readonly since: Instant;
  /** What was set since then, and is not to come, was set by the clock as it is now. */
  readonly from: Instant;
  /** When it was noticed. */
  readonly at: Instant;
}

const aliveMark = 'alive-at';
const aliveEvery: Milliseconds = 10_000;
/**
 * Replicas read the clock that they share every three seconds. Whoever still went by the old one would take what is set
 * back for something long overdue, and call everybody.
 */
const allHaveNoticed: Milliseconds = 5_000;
const atOnce = 100;
/** A stream that wants to be woken and then does nothing is asked again no sooner than this. */
const patience: Milliseconds = 1_000;

/**
 * One armed timer for all streams, at the earliest `wake_at`. The times are in the store; after a restart everything
 * that came due meanwhile is caught up at once, and the streams are told how long we were away.
 */
export function createTimers({ store, clock, submit, jumped, caughtUp, log }: Parts): Timers {
  let down: Outage | undefined;
  /** Of `down`, until it has been told. */
  let untold: Outage | undefined;
  let telling: Promise<void> | undefined;
  let alive: Instant | undefined;
  /** Until it is seen to: however often that is tried, it was set back once. */
  let noticed: SetBack | undefined;
  let disarm = (): void => undefined;
  let disarmAlive = (): void => undefined;
  let stopped = false;
  const turn = oneAtATime(work);

  async function work(): Promise<void> {
    disarm();
    try {
      await wakeDue();
      // Whoever is to be called next does not wait for the telling.
      if (untold) telling ??= tell(untold).finally(() => (telling = undefined));
      const next = await store.nextWake();
      const soon = clock.now() + patience;
      if (noticed) disarm = clock.wakeAt(soon, turn.ask);
      else if (next !== undefined) disarm = clock.wakeAt(next > clock.now() ? next : soon, turn.ask);
    } catch (error) {
      log.error({ error }, 'timers could not be read');
      disarm = clock.wakeAt(clock.now() + patience, turn.ask);
    }
  }

  async function tell(outage: Outage): Promise<void> {
    try {
      await caughtUp(outage);
      if (untold === outage) untold = undefined;
      await showLife(clock.now());
    } catch (error) {
      log.error({ error }, 'an outage could not be told');
    }
  }

  function hasJumped(now: Instant): boolean {
    return alive !== undefined && (now > alive + aliveEvery + newsworthy || now < alive - newsworthy);
  }

  /**
   * The machine was suspended, or somebody set its clock. Forward: what came due meanwhile is called at once, late. Back:
   * whoever was to be called in five minutes is not to wait for an hour and five minutes.
   */
  async function noticeJump(now: Instant): Promise<void> {
    const before = alive;
    if (before === undefined || !hasJumped(now)) {
      noticed = undefined;
      return;
    }
    if (!noticed || now > before)
      log.warn({ from: new Date(before), to: new Date(now) }, 'the clock has jumped');
    if (now < before) {
      if (!(await seeToSetBack(before, now))) return;
    } else {
      // It was no outage if another process was awake meanwhile.
      const from = Math.max(before, Number(await store.readMark(aliveMark)));
      if (now - from > newsworthy) down = untold = { from, to: now, asleep: true };
    }
    noticed = undefined;
    await showLife(now);
    jumped();
  }

  /**
   * Each replica sees to it: to what is there, if no other has yet, and to what it has itself set by the old clock since.
   * @returns false as long as others may not have noticed, and none has seen to it
   */
  async function seeToSetBack(before: Instant, now: Instant): Promise<boolean> {
    down = untold = undefined;
    const shares = store.time() !== undefined;
    if (!noticed) {
      const since = Number((await store.readMark(aliveMark)) ?? 0);
      // Whoever has seen to it has given a sign of life since, by the clock as it is now.
      const from = shares && since <= now ? 0 : now - newsworthy;
      noticed = { by: before - now, since, from, at: now };
    }
    const { by, since, from, at } = noticed;
    if (shares && from > 0 && now < at + allHaveNoticed) return false;
    await store.hastenOutbox(by);
    for (const { id, kind } of await store.listStreams('incident', { openOnly: true })) {
      const right = { from, to: clock.now() + newsworthy };
      await tick({ id, kind }, { setBack: { by, since, right } });
    }
    return true;
  }

  async function wakeDue(): Promise<void> {
    await noticeJump(clock.now());
    const woken = new Set<StreamId>();
    for (;;) {
      const now = clock.now();
      const due = await store.wakesDue(now, atOnce);
      const fresh = due.filter(({ id }) => !woken.has(id));
      for (const { id } of fresh) woken.add(id);
      // Together: what is stored in one flush does not wait for one another.
      await Promise.all(
        fresh.map(({ id, kind, wakeAt }) =>
          tick({ kind, id }, { down: down && wakeAt <= down.to ? down : undefined }),
        ),
      );
      if (due.length < atOnce || fresh.length === 0) return;
    }
  }

  async function tick(
    to: { readonly id: StreamId; readonly kind: StreamName },
    what: Partial<Omit<ClockTick, 'type'>>,
  ): Promise<void> {
    try {
      const intent = { type: 'clock.tick', down: undefined, ...what } as const;
      await submit([{ to, at: clock.now(), by: lastgood, intent }]);
    } catch (error) {
      // Whoever is not told that the clock was set back would wait for the old time; all are told again, each once.
      const passes = error instanceof StoreUnavailable || error instanceof StaleStream;
      if (what.setBack && passes) throw error;
      // One stream that cannot be woken must not keep the others asleep.
      log.error({ error, stream: to.id }, 'a stream could not be woken');
    }
  }

  async function stayAlive(): Promise<void> {
    const now = clock.now();
    if (!stopped) disarmAlive = clock.wakeAt(now + aliveEvery, () => void stayAlive());
    // Should we die before all have been told, whoever starts next has to notice the jump, too.
    if (hasJumped(now) || untold) turn.ask();
    if (!hasJumped(now)) await showLife(now);
  }

  async function showLife(now: Instant): Promise<void> {
    alive = now;
    if (untold) return;
    try {
      await store.writeMark(aliveMark, String(now));
    } catch (error) {
      log.error({ error }, 'the sign of life could not be written');
    }
  }

  return {
    rearm: turn.ask,
    working: () => turn.running() ?? telling,
    seeingToSetBack: () => {
      if (alive === undefined || clock.now() >= alive - newsworthy) return undefined;
      turn.ask();
      return turn.running();
    },
    start: async () => {
      const aliveAt = Number(await store.readMark(aliveMark));
      const now = clock.now();
      if (aliveAt > 0 && now - aliveAt > newsworthy) down = untold = { from: aliveAt, to: now };
      if (now < aliveAt) alive = aliveAt;
      await stayAlive();
      turn.start();
    },
    stop: async () => {
      stopped = true;
      await turn.stop();
      await telling;
      disarm();
      disarmAlive();
    },
  };
}
