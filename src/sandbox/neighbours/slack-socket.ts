import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { BOT } from './slack-workspace.ts';
import type { Delivery } from './slack-client.ts';
import type { SignedRequest } from './slack-request.ts';

/** Socket Mode as Slack offers it to one app. */
export interface SlackSockets {
  /** How many connections of the app are open. */
  connections(): number;
  /** Resolves when there is at least one. */
  connected(): Promise<void>;
  /** Tells every connection to go: `warning`, `refresh_requested`, `link_disabled` … It may stay all the same. */
  sayGoodbye(reason: string): void;
  /** Sends a text to every connection, whatever it says. */
  sendToAll(text: string): void;
  /** Breaks every connection without a word. */
  drop(): void;
  /** Whether new connections are greeted, as they are by default. */
  saysHello(says: boolean): void;
  /** What has been delivered and neither acknowledged nor given up. */
  outstanding(): number;
}

interface Sent {
  readonly over: WebSocket;
  readonly settle: (delivery: Delivery) => void;
}

const ACK_TIMEOUT_MS = 3000;

/** The WebSockets that `apps.connections.open` leads to, and what goes over them. */
export async function startSockets(appToken: string): Promise<
  SlackSockets & {
    /** Answers what is asked with the app's token; undefined for what is asked with another. */
    readonly answer: (request: Request) => Response | undefined;
    readonly deliver: (request: SignedRequest) => Promise<Delivery>;
    readonly close: () => Promise<void>;
  }
> {
  // Numbers of its own: a story tells the same messages with and without it.
  let counter = 0;
  const tickets = new Set<string>();
  const sent = new Map<string, Sent>();
  let saysHello = true;
  let waiting: (() => void)[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    // An address is good for one connection.
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => tickets.delete(req.url ?? ''),
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const open = (): readonly WebSocket[] =>
    [...server.clients].filter((each) => each.readyState === each.OPEN);

  const sendToAll = (text: string): void => {
    for (const socket of open()) socket.send(text);
  };

  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const { envelope_id, payload } = JSON.parse(data.toString('utf8')) as {
        envelope_id: string;
        payload?: object;
      };
      const answered = payload !== undefined && Object.keys(payload).length > 0 ? payload : '';
      sent.get(envelope_id)?.settle({ status: 200, body: answered });
    });
    socket.on('close', () => {
      for (const { over, settle } of sent.values())
        if (over === socket) settle({ status: 0, body: 'dispatch_failed' });
    });
    // A client that goes away in the middle is no error of ours.
    socket.on('error', () => socket.terminate());
    const hello = {
      type: 'hello',
      num_connections: open().length,
      connection_info: { app_id: BOT.appId },
      debug_info: { host: 'applink-sandbox', approximate_connection_time: 18_060 },
    };
    if (saysHello) socket.send(JSON.stringify(hello));
    for (const resolve of waiting) resolve();
    waiting = [];
  });

  return {
    connections: () => open().length,
    connected: () =>
      open().length > 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    sayGoodbye: (reason) =>
      sendToAll(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-sandbox' } })),
    sendToAll,
    drop() {
      for (const socket of server.clients) socket.terminate();
    },
    saysHello(says) {
      saysHello = says;
    },
    outstanding: () => sent.size,
    answer(request) {
      const { pathname } = new URL(request.url);
      const opens = pathname === '/api/apps.connections.open';
      if (request.headers.get('Authorization') !== `Bearer ${appToken}`)
        return opens ? Response.json({ ok: false, error: 'invalid_auth' }) : undefined;
      if (pathname === '/api/auth.test')
        return Response.json({ ok: true, app_name: 'Lastgood', app_id: BOT.appId });
      if (!opens) return Response.json({ ok: false, error: 'not_allowed_token_type' });
      counter += 1;
      const path = `/link/?ticket=${counter}&app_id=${BOT.appId}`;
      tickets.add(path);
      return Response.json({ ok: true, url: `ws://127.0.0.1:${port}${path}` });
    },
    deliver(request) {
      counter += 1;
      const id = `envelope-${counter}`;
      const connections = open();
      const over = connections[counter % connections.length];
      if (over === undefined) return Promise.resolve({ status: 0, body: 'dispatch_failed' });
      return new Promise((resolve) => {
        const late = setTimeout(() => settle({ status: 0, body: 'operation_timeout' }), ACK_TIMEOUT_MS);
        const settle = (delivery: Delivery): void => {
          clearTimeout(late);
          sent.delete(id);
          resolve(delivery);
        };
        sent.set(id, { over, settle });
        over.send(
          JSON.stringify({ envelope_id: id, ...envelopeOf(request), accepts_response_payload: true }),
        );
      });
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same body that a request over HTTP would have, unwrapped. */
function envelopeOf({ headers, body }: SignedRequest): object {
  if (headers['Content-Type'] === 'application/json')
    return { type: 'events_api', payload: JSON.parse(body) as unknown, retry_attempt: 0, retry_reason: '' };
  const form = new URLSearchParams(body);
  const payload = form.get('payload');
  return payload === null
    ? { type: 'slash_commands', payload: Object.fromEntries(form) }
    : { type: 'interactive', payload: JSON.parse(payload) as unknown };
}
