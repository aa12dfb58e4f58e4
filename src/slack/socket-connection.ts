import { SocketModeClient } from '@slack/socket-mode';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import type { Milliseconds } from '../core/time.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import { clientOptions, type SlackAccess } from './clients.ts';
import { slackLogger } from './log.ts';
import { endingFor, endingOf, type SocketEnding } from './socket-ending.ts';

/** Something that Slack wants us to know, and to acknowledge. */
export interface SocketEnvelope {
  readonly id: string;
  /** What a request over HTTP would carry, as an object. */
  readonly payload: unknown;
  /** Rejects when it can no longer be sent; Slack then delivers again, over another connection. */
  readonly acknowledge: () => Promise<void>;
}

/** One WebSocket, from asking Slack for its address to its end. */
export interface SocketConnection {
  /** How it ended. One that is `renewed` still delivers until it is closed, here or by Slack. */
  readonly ended: Promise<SocketEnding>;
  /** It may be called at any time and more than once; resolves when the connection is gone. */
  readonly close: () => Promise<void>;
}

export type SocketAccess = Omit<SlackAccess, 'token'> & { readonly appToken: Secret; readonly clock: Clock };

/** From asking for the address to the hello. */
const helloWithin: Milliseconds = 20_000;
/** Without a pong for so long, it is dead, whatever TCP says. */
const pongWithin: Milliseconds = 10_000;
/** Slack leaves the TCP connection open after the closing handshake, for which the library would wait half a minute. */
const closeWithin: Milliseconds = 1_000;

const goodbye = z.object({ type: z.literal('disconnect'), reason: z.string().default('unnamed') });

/**
 * Opens a connection with Slack's own client, which reconnects by itself in ways that have ended processes
 * (node-slack-sdk#2656): here it serves for one connection and is thrown away.
 * @param on.open Slack has said hello
 */
export function openSocket(
  access: SocketAccess,
  on: { readonly open: () => void; readonly envelope: (envelope: SocketEnvelope) => void },
): SocketConnection {
  const abandoned = new AbortController();
  let end: (ending: SocketEnding) => void = () => undefined;
  const ended = new Promise<SocketEnding>((resolve) => {
    end = resolve;
  });

  /** What the client throws at a message that it did not expect would be nobody's rejection, and end the process. */
  class Client extends SocketModeClient {
    protected override async onWebSocketMessage(
      data: string | ArrayBuffer,
      isBinary: boolean,
    ): Promise<void> {
      // The client would hang up at once; this way what is under way can still be acknowledged.
      const bye = goodbye.safeParse(parse(data)).data;
      if (bye) return end(endingFor(bye.reason));
      try {
        await super.onWebSocketMessage(data, isBinary);
      } catch (error) {
        access.log.warn({ error }, 'a message from Slack that could not be read was left aside');
      }
    }
  }
  const { logger: _said, ...options } = clientOptions(access);
  const client = new Client({
    appToken: reveal(access.appToken),
    autoReconnectEnabled: false,
    clientPingTimeout: pongWithin,
    // What becomes of a connection is said once, by whoever opens the next one.
    logger: slackLogger({ info: () => undefined, warn: () => undefined, error: () => undefined }),
    clientOptions: {
      ...options,
      fetch: (url, init) =>
        fetch(url, { ...init, signal: AbortSignal.any([abandoned.signal, ...given(init?.signal)]) }),
    },
  });
  client.on('slack_event', ({ envelope_id, body, ack }: ClientEnvelope) =>
    on.envelope({ id: envelope_id, payload: body, acknowledge: ack }),
  );
  client.on('disconnected', () => end(endingFor('lost')));

  const hangUp = (): Promise<unknown> =>
    Promise.race([
      client.disconnect().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, closeWithin)),
    ]);
  const close = async (): Promise<void> => {
    abandoned.abort();
    end(endingFor('closed'));
    await hangUp();
    // Said twice, it lets go of a connection whose other side does not answer.
    await hangUp();
  };

  const giveUp = access.clock.wakeAt(access.clock.now() + helloWithin, () =>
    end({ kind: 'lost', why: 'Slack did not say hello' }),
  );
  void ended.then(giveUp);
  client.start().then(
    () => {
      giveUp();
      // The client connects even after it was told not to.
      if (abandoned.signal.aborted) void hangUp();
      else on.open();
    },
    // It rejects with nothing when the connection fails.
    (error: unknown) => end(error === undefined ? endingFor('lost') : endingOf(error)),
  );
  return { ended, close };
}

interface ClientEnvelope {
  readonly envelope_id: string;
  readonly body: unknown;
  readonly ack: () => Promise<void>;
}

function parse(data: string | ArrayBuffer): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : '');
  } catch {
    // The client says so, too.
    return undefined;
  }
}

function given(signal: AbortSignal | null | undefined): readonly AbortSignal[] {
  return signal ? [signal] : [];
}
