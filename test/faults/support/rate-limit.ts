import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that came to Slack, and whether it was let through. */
export interface Call {
  /** By the world's clock. */
  readonly at: number;
  /** `chat.postMessage C0INCIDENTS` */
  readonly what: string;
  readonly text: string;
  readonly limited: boolean;
  /** For one that was not let through: when it may come again. */
  readonly until: number;
}

export interface RateLimit {
  /** `SLACK_API_URL` of a bot that has to live with it. */
  readonly url: string;
  readonly calls: () => readonly Call[];
  /** From here on everything is let through. */
  readonly lift: () => void;
  readonly close: () => Promise<void>;
}

/**
 * Stands before Slack's Web API and lets one message and one change a conversation through, `every` so many seconds;
 * the others get 429 with a Retry-After, as Slack does it.
 */
export async function startRateLimit(slackUrl: string, now: () => number, every: number): Promise<RateLimit> {
  const calls: Call[] = [];
  const free = new Map<string, number>();
  let lifted = false;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const method = (request.url ?? '').slice('/api/'.length);
      const given = new URLSearchParams(body.toString());
      const what = `${method} ${given.get('channel') ?? ''}`.trim();
      const at = now();
      const until = lifted || !method.startsWith('chat.') ? at : (free.get(what) ?? at);
      const limited = until > at;
      calls.push({ at, what, text: given.get('text') ?? '', limited, until });
      if (limited) {
        const seconds = Math.ceil((until - at) / 1_000);
        response.writeHead(429, { 'Retry-After': String(seconds), 'Content-Type': 'application/json' });
        response.end('{"ok":false,"error":"ratelimited"}');
        return;
      }
      free.set(what, at + every * 1_000);
      const answer = await fetch(new URL(request.url ?? '', slackUrl), {
        method: 'POST',
        headers: {
          authorization: request.headers.authorization ?? '',
          'content-type': request.headers['content-type'] ?? '',
        },
        body,
      });
      const { status, headers } = answer;
      response.writeHead(status, { 'Content-Type': headers.get('content-type') ?? '' });
      response.end(await answer.text());
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    calls: () => [...calls],
    lift: () => {
      lifted = true;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
