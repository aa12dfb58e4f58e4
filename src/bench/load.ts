import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Connection } from './connection.ts';
import { percentile } from './measure.ts';
import { requestsOf, type Content } from './requests.ts';
import { now } from './sink.ts';

/** What to send, and how. */
export interface Order {
  readonly port: number;
  readonly content: Content;
  /** The number of the first request. */
  readonly first: number;
  /** Connections, each with one request at a time. */
  readonly connections: number;
  /** So many, or for so many seconds. */
  readonly until: { readonly requests: number } | { readonly seconds: number };
  /** Requests a second, each at its own time, whether or not those before were answered; left out: as fast as it goes. */
  readonly rate?: number;
  /** Milliseconds of nothing before each, for one that comes alone. */
  readonly pause?: number;
}

export interface Load {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds: until the answer was there, from when it was to be sent. */
  readonly p50: number;
  readonly p99: number;
  /** When it began, and when each was sent, by the sink's clock. */
  readonly began: number;
  readonly sent: readonly number[];
}

/**
 * Sends requests. With a rate, what waits for a free connection counts as waiting for its answer.
 * @throws when one is not answered with a 2xx
 */
export async function load(order: Order): Promise<Load> {
  const { port, content, first, until, rate, pause } = order;
  const request = requestsOf(content);
  const connections = await Promise.all(Array.from({ length: order.connections }, () => connect(port)));
  const waited: number[] = [];
  const sent: number[] = [];
  const began = now();
  const most = 'requests' in until ? until.requests : Infinity;
  const endsAt = 'seconds' in until ? began + until.seconds * 1_000 : Infinity;
  let next = 0;

  async function sendOne(connection: Connection, number: number, due: number): Promise<void> {
    const wire = request(first + number);
    const from = due || now();
    sent[number] = now();
    const status = await connection.ask(wire);
    waited.push(now() - from);
    if (status < 200 || status > 299) throw new Error(`a request was answered ${status}`);
  }

  async function asFastAsItGoes(connection: Connection): Promise<void> {
    while (next < most && now() < endsAt) {
      next += 1;
      const number = next - 1;
      if (pause !== undefined) await sleep(pause);
      await sendOne(connection, number, 0);
    }
  }

  async function each(atRate: number, connection: Connection): Promise<void> {
    while (next < most) {
      const number = next;
      const due = began + (number * 1_000) / atRate;
      if (due >= endsAt) return;
      next += 1;
      const wait = due - now();
      if (wait > 0) await sleep(wait);
      await sendOne(connection, number, due);
    }
  }

  try {
    await Promise.all(
      connections.map((connection) =>
        rate === undefined ? asFastAsItGoes(connection) : each(rate, connection),
      ),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  const seconds = (now() - began) / 1_000;
  return {
    requests: next,
    seconds,
    p50: percentile(waited, 0.5),
    p99: percentile(waited, 0.99),
    began,
    sent,
  };
}
