import { z } from 'zod';
import { sayDuration, type Instant, type Milliseconds } from '../core/time.ts';
import { slackItem, type Receive } from './item.ts';
import {
  openSocket,
  type SocketAccess,
  type SocketConnection,
  type SocketEnvelope,
} from './socket-connection.ts';
import type { SocketEnding } from './socket-ending.ts';

export interface SlackSocket {
  /** Connects, and stays connected until it is stopped; nothing waits for it. */
  readonly start: () => void;
  /** Takes nothing new, acknowledges what it has taken, hangs up. */
  readonly stop: () => Promise<void>;
  /** Since when nothing from Slack reaches us; undefined while it does. */
  readonly downSince: () => Instant | undefined;
}

/** A connection that lives for so long was a good one: the next failure is a first one again. */
const steady: Milliseconds = 30_000;
const longestWait: Milliseconds = 30_000;
/** What somebody has to put right is tried seldom. */
const afterRefusal: Milliseconds = 5 * 60_000;
/** From then on it is an error, and not the weather. */
const long: Milliseconds = 60_000;

/**
 * Slack's Socket Mode: what comes over the socket goes into the same inbox as what comes over HTTP, under the same
 * ids, and is acknowledged once it is durable. What is not acknowledged, Slack delivers again where it can.
 * @param options.random in [0, 1): spreads the attempts to connect
 */
export function slackOverSocket(
  options: SocketAccess & { readonly random: () => number; readonly receive: Receive },
): SlackSocket {
  const { clock, log, random, receive } = options;
  const open = new Set<SocketConnection>();
  const taking = new Set<Promise<void>>();
  /** What has been said since we were last connected: once is enough. */
  const said = new Set<string>();
  let stopping = false;
  let downSince: Instant | undefined;
  let endPause = (): void => undefined;
  let running: Promise<void> | undefined;

  function onEnvelope(envelope: SocketEnvelope): void {
    if (stopping) return;
    const taken = take(envelope);
    taking.add(taken);
    void taken.finally(() => taking.delete(taken));
  }

  async function take({ id, payload, acknowledge }: SocketEnvelope): Promise<void> {
    const body = z.record(z.string(), z.unknown()).safeParse(payload).data;
    if (!body) return log.warn({ envelope: id }, 'something from Slack that cannot be read was left aside');
    const wire = { contentType: 'application/json', raw: JSON.stringify(body) };
    try {
      await receive(slackItem(wire, body, `envelope/${id}`, clock.now()));
    } catch (error) {
      return log.error({ error }, 'something from Slack could not be stored and was not acknowledged');
    }
    try {
      await acknowledge();
    } catch (error) {
      log.info({ error }, 'an acknowledgement did not reach Slack; what it was for may come again');
    }
  }

  async function stayConnected(): Promise<void> {
    for (let failures = 0; !stopping;) {
      const began = clock.now();
      const ending = await live();
      if (stopping) return;
      failures = clock.now() - began >= steady ? 1 : failures + 1;
      complain(ending);
      await pause(waitAfter(ending, failures));
    }
  }

  /** One connection, from its beginning to its end. */
  async function live(): Promise<SocketEnding> {
    const connection = openSocket(options, {
      envelope: onEnvelope,
      open: () => {
        connected();
        // The one before had stayed to acknowledge what was under way.
        for (const former of open) if (former !== connection) void letGo(former);
      },
    });
    open.add(connection);
    const ending = await connection.ended;
    if (ending.kind !== 'renewed') void letGo(connection);
    return ending;
  }

  async function letGo(connection: SocketConnection): Promise<void> {
    await connection.close();
    open.delete(connection);
  }

  function connected(): void {
    if (downSince !== undefined) {
      const after = sayDuration(clock.now() - downSince);
      log.info({}, said.size > 0 ? `Slack is connected again, after ${after}` : 'Slack is connected');
    }
    said.clear();
    downSince = undefined;
  }

  function complain(ending: SocketEnding): void {
    if (ending.kind === 'renewed') return;
    downSince ??= clock.now();
    const { why } = ending;
    if (ending.kind === 'refused') return once(why, () => log.error({}, why));
    once('lost', () =>
      log.warn({ why }, 'Slack is not connected: commands and clicks do not arrive; it is tried again'),
    );
    if (clock.now() - downSince >= long)
      once('long', () => log.error({ why }, 'Slack has not been connected for more than a minute'));
  }

  function once(what: string, say: () => void): void {
    if (said.has(what)) return;
    said.add(what);
    say();
  }

  /** The first renewal follows at once; whatever fails again and again is tried ever more seldom. */
  function waitAfter(ending: SocketEnding, failures: number): Milliseconds {
    const whole = Math.min(longestWait, 500 * 2 ** Math.min(failures, 10));
    const backoff = Math.round(whole / 2 + (whole / 2) * random());
    switch (ending.kind) {
      case 'renewed':
        return failures === 1 ? 0 : backoff;
      case 'lost':
        return Math.max(ending.after ?? 0, backoff);
      case 'refused':
        return afterRefusal;
      default:
        return ending satisfies never;
    }
  }

  async function pause(length: Milliseconds): Promise<void> {
    if (length === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.wakeAt(clock.now() + length, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    start: () => {
      downSince = clock.now();
      running = stayConnected();
    },
    stop: async () => {
      stopping = true;
      await Promise.all(taking);
      endPause();
      await Promise.all([...open].map(letGo));
      await running;
    },
    downSince: () => downSince,
  };
}
