import type { Clock } from '../core/clock.ts';
import type { Milliseconds } from '../core/time.ts';
import type { Log } from '../engine/log.ts';
import { ask, NoAnswer } from '../executors/ask.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { reveal, type Secret } from '../trust/secrets.ts';

export interface Heartbeat {
  /** A line when the switch hears nothing, and why; nothing when all is well. */
  readonly notes: () => readonly string[];
  readonly stop: () => void;
}

const everyMinute: Milliseconds = 60_000;
const patience: Milliseconds = 10_000;

/**
 * Gives a sign of life to a dead man's switch outside, which calls somebody once it hears none: at the start, and then
 * every minute, as long as all is well.
 * @param url it usually holds a token, and is shown nowhere
 */
export function startHeartbeat(parts: {
  readonly url: Secret;
  /** Why none may be given; undefined when all is well. */
  readonly unfit: () => Promise<string | undefined>;
  readonly metrics: Pick<Metrics, 'heartbeatAt' | 'heartbeatFit'>;
  /** This machine's own: a minute of it stays one when somebody puts the time of day back. */
  readonly clock: Clock;
  readonly log: Log;
  readonly every?: Milliseconds;
}): Heartbeat {
  const { url, unfit, metrics, clock, log, every = everyMinute } = parts;
  const stopping = new AbortController();
  let trouble: string | undefined;
  let isBeating = false;

  async function beat(): Promise<void> {
    // A switch that hangs holds up the next sign, and nothing else.
    if (isBeating) return;
    isBeating = true;
    try {
      const why = await tryToBeat();
      // What is cut short because we stop is nobody's trouble.
      if (!stopping.signal.aborted) say(why);
    } finally {
      isBeating = false;
    }
  }

  /** @returns why the switch has not heard of us */
  async function tryToBeat(): Promise<string | undefined> {
    const why = await unfit();
    metrics.heartbeatFit.set(why === undefined ? 1 : 0);
    if (why !== undefined) return `withheld from the switch outside: ${why}`;
    try {
      const options = { signal: stopping.signal, timeout: patience, takesBeginning: true };
      const { status } = await ask(reveal(url), options);
      if (status < 200 || status > 299) return `not taken by the switch outside: it answered ${status}`;
      metrics.heartbeatAt.setToCurrentTime();
      return undefined;
    } catch (error) {
      if (error instanceof NoAnswer) return `not taken by the switch outside: ${error.message}`;
      throw error;
    }
  }

  function say(now: string | undefined): void {
    if (now !== undefined && trouble === undefined) log.warn({ why: now }, 'the heartbeat stops');
    if (now === undefined && trouble !== undefined) log.info({}, 'the heartbeat goes on');
    trouble = now;
  }

  let disarm = (): void => undefined;
  function beatAndGoOn(): void {
    disarm = clock.wakeAt(clock.now() + every, beatAndGoOn);
    beat().catch((error: unknown) => {
      if (!stopping.signal.aborted) log.error({ error }, 'the heartbeat failed');
    });
  }
  beatAndGoOn();
  return {
    notes: () => (trouble === undefined ? [] : [`The heartbeat is ${trouble}`]),
    stop: () => {
      disarm();
      stopping.abort();
    },
  };
}
