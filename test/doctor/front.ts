import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a front answers in the neighbour's place, where the path fits. */
export interface Misanswer {
  readonly path: RegExp;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Stands in front of a neighbour, and answers in its place what it is told to. */
export interface Front {
  readonly url: string;
  misanswers: readonly Misanswer[];
  readonly close: () => void;
}

export async function startFront(target: string): Promise<Front> {
  const { origin, pathname } = new URL(target);
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const { url = '/', method = 'GET', headers } = request;
    const instead = front.misanswers.find(({ path }) => path.test(decodeURIComponent(url)));
    if (instead?.body !== undefined) {
      const said = typeof instead.body === 'string' ? instead.body : JSON.stringify(instead.body);
      const type = { 'content-type': 'application/json', ...instead.headers };
      response.writeHead(instead.status ?? 200, type).end(said);
      return;
    }
    const answered = await fetch(`${origin}${url}`, {
      method,
      redirect: 'manual',
      headers: {
        'content-type': headers['content-type'] ?? 'text/plain',
        ...(headers.authorization && { authorization: headers.authorization }),
      },
      ...(method === 'POST' && { body }),
    });
    const passed = ['content-type', 'date', 'x-oauth-scopes'].flatMap((name) => {
      const value = answered.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(instead?.status ?? answered.status, {
      ...Object.fromEntries(passed),
      ...instead?.headers,
    });
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname.replace(/^\/$/, '')}`,
    misanswers: [],
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return front;
}
