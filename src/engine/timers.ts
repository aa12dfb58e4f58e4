import { lastgood } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import type { Envelope } from '../core/envelope.ts';
import type { ClockTick } from '../core/incident/intent.ts';
import type { Outage } from '../core/outage.ts';
import type { StreamId, StreamName } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { StaleStream, StoreUnavailable, type Store } from '../store/store.ts';
import { isSetBack, newsworthy, type Latest } from './in-one-time.ts';
import type { Log } from './log.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { createSetBacks } from './set-back.ts';
import type { Written } from './written.ts';

export interface Timers {
  /** Wake-ups may have changed: look at the earliest one. */
  readonly rearm: () => void;
  readonly start: () => Promise<void>;
  readonly working: () => Promise<void> | undefined;
  /**
   * After the clock was set back: resolves when it was tried to put right what is stored, so that what is then decided
   * finds all of one time. Undefined when nothing has to be.
   */
  readonly puttingRight: () => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly written: Written;
  readonly latest: Latest;
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

const aliveMark = 'alive-at';
const aliveEvery: Milliseconds = 10_000;
const atOnce = 100;
/** A stream that wants to be woken and then does nothing is asked again no sooner than this. */
const patience: Milliseconds = 1_000;

/**
 * One armed timer for all streams, at the earliest `wake_at`. The times are in the store; after a restart everything
 * that came due meanwhile is caught up at once, and the streams are told how long we were away.
 */
export function createTimers(parts: Parts): Timers {
  const { store, clock, written, latest, submit, jumped, caughtUp, log } = parts;
  let down: Outage | undefined;
  /** Of `down`, until it has been told. */
  let untold: Outage | undefined;
  let telling: Promise<void> | undefined;
  let alive: Instant | undefined;
  let disarm = (): void => undefined;
  let disarmAlive = (): void => undefined;
  let stopped = false;
  /** What was decided by the clock of before may have come since it was looked for. */
  let mayHaveCome = false;
  /** Up to then, when the clock was ahead between two signs of life. */
  let wasAheadUntil: Instant = 0;
  let isOurs = store.lease();
  const turn = oneAtATime(work);
  const setBacks = createSetBacks({
    store,
    clock,
    written,
    log,
    tell: (stream, setBack) => tick(stream, { setBack }),
    signOfLife: (at) => store.writeMark(aliveMark, String(at)),
  });

  async function work(): Promise<void> {
    disarm();
    setBacks.look(clock.now());
    isOurs = store.lease();
    // Whoever was suspended, or cut off, goes by a clock that it has not read for long: others may have set it back since.
    if (!isOurs()) {
      disarm = clock.wakeAt(clock.now() + patience, turn.ask);
      return;
    }
    try {
      await wakeDue();
      await seeToLate(clock.now());
      // Whoever is to be called next does not wait for the telling.
      if (untold) telling ??= tell(untold).finally(() => (telling = undefined));
      const next = await store.nextWake();
      const soon = clock.now() + patience;
      if (setBacks.isPending()) disarm = clock.wakeAt(soon, turn.ask);
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
      await showLife();
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
    if (!setBacks.isPending()) {
      if (before === undefined || !hasJumped(now)) return;
      log.warn({ from: new Date(before), to: new Date(now) }, 'the clock has jumped');
      if (now > before) {
        // It was no outage if another process was awake meanwhile.
        const from = Math.max(before, Number(await store.readMark(aliveMark)));
        if (now - from > newsworthy) down = untold = { from, to: now, asleep: true };
        alive = now;
        await signOfLife(now);
        jumped();
        return;
      }
      down = untold = undefined;
      setBacks.notice(before, now);
      latest.at = now;
    }
    try {
      const right = await setBacks.putRight(now);
      if (right === undefined) return;
      alive = right;
      jumped();
    } catch (error) {
      // What comes due meanwhile was set by the clock as it is now, and does not wait for this.
      log.error({ error }, 'what is stored could not be put right');
    }
  }

  /**
   * A clock that was ahead between two signs of life has jumped for nobody: what was set before and after is right, and
   * what was decided meanwhile is not.
   */
  async function noticeAhead(now: Instant): Promise<void> {
    const ahead = latest.at;
    if (!isSetBack(ahead, now)) return;
    log.warn({ from: new Date(ahead), to: new Date(now) }, 'the clock was ahead for a moment');
    await store.hastenOutbox(ahead - now, now + newsworthy);
    wasAheadUntil = Math.max(wasAheadUntil, ahead);
    latest.at = now;
    mayHaveCome = true;
    jumped();
  }

  async function seeToLate(now: Instant): Promise<void> {
    if (setBacks.isPending()) return;
    try {
      await noticeAhead(now);
      if (!mayHaveCome) return;
      mayHaveCome = false;
      await setBacks.putRightLate(wasAheadUntil);
    } catch (error) {
      log.error({ error }, 'what came late could not be put right');
    }
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

  /** @returns false when it may go better the next time */
  async function tick(
    to: { readonly id: StreamId; readonly kind: StreamName },
    what: Partial<Omit<ClockTick, 'type'>>,
  ): Promise<boolean> {
    // Suspended since: this may be long decided, and the clock another one.
    if (!isOurs()) return false;
    try {
      const intent = { type: 'clock.tick', down: undefined, ...what } as const;
      await submit([{ to, at: clock.now(), by: lastgood, intent }]);
      return true;
    } catch (error) {
      // One stream that cannot be woken must not keep the others asleep.
      log.error({ error, stream: to.id }, 'a stream could not be woken');
      return !(error instanceof StoreUnavailable || error instanceof StaleStream);
    }
  }

  async function stayAlive(): Promise<void> {
    if (!stopped) disarmAlive = clock.wakeAt(clock.now() + aliveEvery, () => void stayAlive());
    // Should we die before all have been told, whoever starts next has to notice the jump, too.
    if (untold) turn.ask();
    await showLife();
  }

  async function showLife(): Promise<void> {
    const now = clock.now();
    setBacks.look(now);
    if (hasJumped(now) || setBacks.isPending()) {
      turn.ask();
      return;
    }
    alive = now;
    if (!store.lease()()) return;
    const [mayCome] = await Promise.all([setBacks.allIsWell(), signOfLife(now)]);
    mayHaveCome = mayCome || isSetBack(wasAheadUntil, now);
    if (mayHaveCome || isSetBack(latest.at, now)) turn.ask();
  }

  async function signOfLife(at: Instant): Promise<void> {
    if (untold) return;
    await store
      .writeMark(aliveMark, String(at))
      .catch((error: unknown) => log.error({ error }, 'the sign of life could not be written'));
  }

  return {
    rearm: turn.ask,
    working: () => turn.running() ?? telling,
    puttingRight: () => {
      const isNews = alive !== undefined && isSetBack(alive, clock.now());
      if (!isNews && !setBacks.isPending()) return undefined;
      turn.ask();
      return turn.running();
    },
    start: async () => {
      const aliveAt = Number(await store.readMark(aliveMark));
      const now = clock.now();
      if (aliveAt > 0 && now - aliveAt > newsworthy) down = untold = { from: aliveAt, to: now };
      if (now < aliveAt) alive = aliveAt;
      await setBacks.start();
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
