import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came in, as the other side sees it. */
export interface Call {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How it treats calls, until it is told otherwise. */
export interface Mood {
  readonly status?: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Takes the call, and does not answer. */
  readonly hang?: boolean;
  /** Takes the call, and drops the connection; once. */
  readonly lose?: boolean;
}

export interface DeployTool {
  readonly host: string;
  readonly calls: readonly Call[];
  /** Deployments that were begun; a repeated Idempotency-Key begins none. */
  readonly deployments: () => number;
  /** What a deployment is in the end; `never`, until it is cancelled. */
  end: 'succeeded' | 'failed' | 'never';
  mood: Mood;
  readonly close: () => Promise<void>;
}

/** An id as some tools give it, with what has to be encoded in an address. */
export function runId(place: number): string {
  return `runs/${place + 1}?é`;
}

/**
 * A deploy tool on a port of this machine: `POST /deploy` begins one, `GET /deployments/<key>` says how far it is,
 * `POST /deployments/<key>/cancel` stops it. It also gives each an id of its own, which the answer tells:
 * `GET /runs?key=<key>` finds it, `GET /runs/<id>` says how far it is, `POST /runs/<id>/cancel` stops it.
 */
export async function startDeployTool(): Promise<DeployTool> {
  const states = new Map<string, string>();
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      calls.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
      const { mood } = tool;
      const answer =
        mood.status === undefined ? take(method, url, String(headers['idempotency-key'])) : undefined;
      if (mood.hang) return;
      if (mood.lose) {
        tool.mood = {};
        response.destroy();
        return;
      }
      const { status, text } = answer ?? { status: mood.status ?? 200, text: mood.text ?? '' };
      response.writeHead(status, { 'content-type': 'application/json', ...mood.headers }).end(text);
    });
  });

  function take(
    method: string,
    url: string,
    key: string,
  ): { readonly status: number; readonly text: string } {
    const keys = [...states.keys()];
    const wanted = /^\/runs\?key=(.+)$/.exec(url)?.[1];
    if (wanted !== undefined) {
      const runs = keys.flatMap((each, place) => (each === wanted ? [{ id: runId(place) }] : []));
      return { status: 200, text: JSON.stringify({ runs }) };
    }
    const [, kind, name, verb] = /^\/(deployments|runs)\/([^/?]+)(\/cancel)?$/.exec(url) ?? [];
    if (name === undefined) {
      if (!states.has(key)) states.set(key, 'deploying');
      const place = [...states.keys()].indexOf(key);
      return { status: 202, text: JSON.stringify({ accepted: true, run: { id: runId(place) } }) };
    }
    const id =
      kind === 'runs' ? (keys.find((_, place) => runId(place) === decodeURIComponent(name)) ?? '') : name;
    const state = states.get(id);
    if (state === undefined) return { status: 404, text: '{}' };
    if (method === 'POST' && verb !== undefined) {
      if (state !== 'deploying') return { status: 409, text: JSON.stringify({ state }) };
      states.set(id, 'cancelled');
      return { status: 202, text: '{}' };
    }
    // It is seen once on its way, and then as it ended.
    if (state === 'deploying' && tool.end !== 'never') states.set(id, tool.end);
    return { status: 200, text: JSON.stringify({ status: { state } }) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tool: DeployTool = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    deployments: () => states.size,
    end: 'succeeded',
    mood: {},
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return tool;
}
