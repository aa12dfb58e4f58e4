import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that came in, and when: milliseconds since the epoch, by a clock that does not jump. */
export interface Arrival {
  /** A page of ours, a notification of Alertmanager's, or a call of Slack's API. */
  readonly what: 'page' | 'notification' | 'slack';
  /** The service that it is about; of Slack the method. */
  readonly about: string;
  readonly at: number;
}

export interface Sink {
  readonly url: string;
  readonly arrivals: Arrival[];
}

export function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Takes what goes out: PagerDuty's Events API, Slack's Web API and Alertmanager's webhook receiver, on one server that
 * does as little as possible for each, so that none is measured with a slower neighbour than another.
 */
export async function startSink(): Promise<Sink> {
  const arrivals: Arrival[] = [];
  const server = createServer((incoming, response) => {
    const at = now();
    void bodyOf(incoming).then((body) => {
      const { arrival, answer } = read(incoming.url ?? '', body);
      if (arrival) arrivals.push({ ...arrival, at });
      const text = JSON.stringify(answer.json);
      response.writeHead(answer.status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    });
  });
  // Nobody is to meet a connection that was closed for being idle.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, arrivals };
}

interface Read {
  readonly arrival?: Omit<Arrival, 'at'>;
  readonly answer: { readonly status: number; readonly json: unknown };
}

function read(path: string, body: string): Read {
  if (path.startsWith('/api/')) return readSlack(path.slice('/api/'.length));
  if (path === '/v2/enqueue') {
    const { dedup_key, payload } = JSON.parse(body) as {
      readonly dedup_key: string;
      readonly payload?: { readonly source: string };
    };
    const json = { status: 'success', message: 'Event processed', dedup_key };
    return { arrival: { what: 'page', about: payload?.source ?? '' }, answer: { status: 202, json } };
  }
  if (path === '/notify') {
    const { groupLabels } = JSON.parse(body) as { readonly groupLabels: Readonly<Record<string, string>> };
    return {
      arrival: { what: 'notification', about: groupLabels['service'] ?? '' },
      answer: { status: 200, json: {} },
    };
  }
  return { answer: { status: 200, json: {} } };
}

function readSlack(method: string): Read {
  const base = { ok: true, channel: 'C0INCIDENTS', ts: (now() / 1_000).toFixed(6) };
  return {
    arrival: { what: 'slack', about: method },
    answer: { status: 200, json: { ...base, ...more(method) } },
  };
}

function more(method: string): object {
  switch (method) {
    case 'auth.test':
      return { team_id: 'T0BENCH', bot_id: 'B0BENCH', user_id: 'U0BENCH', url: 'https://bench.slack.com/' };
    case 'users.info':
      return { user: { id: 'U0ANA', team_id: 'T0BENCH', name: 'ana', real_name: 'Ana Ruiz' } };
    case 'conversations.open':
      return { channel: { id: 'D0ANA' } };
    default:
      return {};
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}
