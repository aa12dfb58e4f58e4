import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { bodyReader } from './body.ts';
import { findRoute, type Found } from './routing.ts';
import type { Route, WireResponse } from './wire.ts';

export interface HttpServer {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  /** Answers what is under way, takes nothing new. */
  readonly close: () => Promise<void>;
}

/**
 * A request that outgrows these is refused before anybody works on it. A notification that tells of ten thousand alerts
 * comes from somebody who is known before its body is read; nobody else needs as much memory.
 */
const bodyLimit = 1_048_576;
const largeBodyLimit = 8 * bodyLimit;
const headersWithin = 10_000;
/** What is under way when we are told to stop gets this long. */
const closeWithin = 3_000;
const requestWithin = 15_000;
/** How often Node looks for those; by itself every 30 s. */
const lookEvery = 1_000;
/**
 * A proxy sends the next request over a connection that was idle (AWS up to 60 s, Caddy 2 min). What meets it closing is
 * answered 502 there, and most senders never send it again: whoever keeps one longest closes it, and that is not us.
 */
const idleFor = 130_000;

/**
 * The one HTTP server: every route of ours, with limits on size and time.
 * @throws EADDRINUSE and the like, from `listen`
 */
export async function startHttpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly failed: (error: unknown, path: string) => void;
  /** Told of every request for which there is a route, once it is certain how it is answered. */
  readonly answered?: (route: Pick<Route, 'method' | 'path'>, status: number) => void;
}): Promise<HttpServer> {
  const { host, port, routes, failed, answered: tell } = options;
  const state = { closing: false };
  const readBody = bodyReader();
  const server = createServer(
    {
      headersTimeout: headersWithin,
      requestTimeout: requestWithin,
      connectionsCheckingInterval: lookEvery,
      keepAliveTimeout: idleFor,
    },
    (request, response) => {
      const { path, query } = parted(request.url ?? '/');
      const found = findRoute(routes, request.method ?? '', path);
      answer(readBody, request, path, query, found)
        .catch((error: unknown): WireResponse => {
          // Whoever hangs up before all of it is here hears no answer; that is no failure of ours.
          if (request.complete) failed(error, path);
          return { status: 500, json: { error: 'Lastgood failed on this request; its log says how.' } };
        })
        // The rest of a refused body is on its way still: the connection is of no further use. And whoever has more to
        // send over an open one would keep us from closing for ever.
        .then((answered) => {
          if ('route' in found) tell?.(found.route, answered.status);
          const last = state.closing || !request.complete;
          return answered.file
            ? sendFile(response, answered, answered.file, last)
            : send(response, answered, last);
        })
        .catch((error: unknown) => failed(error, path));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      server.on('error', (error) => failed(error, 'the listener'));
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () => {
      state.closing = true;
      return closeServer(server);
    },
  };
}

async function answer(
  readBody: ReturnType<typeof bodyReader>,
  request: IncomingMessage,
  path: string,
  query: string,
  found: Found,
): Promise<WireResponse> {
  if ('refused' in found) return found.refused;
  // A compressed body could grow beyond every limit; nobody who calls us needs one.
  if (request.headers['content-encoding'] !== undefined) {
    return { status: 415, json: { error: 'Send the body as it is, without Content-Encoding.' } };
  }
  const { takesLarge, tooLarge, turnsAway } = found.route;
  const headers = singles(request);
  const known = takesLarge?.({ headers }) === true;
  const refusal = known ? undefined : await turnsAway?.({ headers });
  const limit = known ? largeBodyLimit : bodyLimit;
  const body = await readBody(request, {
    limit,
    from: known ? 'somebody known' : refusal ? 'nobody' : 'anybody',
  });
  if (body === 'too large') {
    const instead = await tooLarge?.({ headers });
    return instead ?? { status: 413, json: { error: `The body is larger than ${limit} bytes.` } };
  }
  if (refusal) return refusal;
  if (body === 'no room') {
    const error = 'Too much is being sent at this moment. Send it again soon.';
    return { status: 503, json: { error }, headers: { 'retry-after': '5' } };
  }
  return found.route.handle({
    method: request.method ?? '',
    path,
    params: found.params,
    // Hardly any route wants it.
    get query() {
      return new URLSearchParams(query);
    },
    headers,
    body,
  });
}

function parted(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}

/** Node joins or drops doubled headers by name; a doubled signature must stay visible as one. */
function singles(request: IncomingMessage): IncomingMessage['headers'] {
  const { headers, rawHeaders } = request;
  // Names and values. As many names as were sent: none was doubled.
  if (Object.keys(headers).length * 2 === rawHeaders.length) return headers;
  const doubled = Object.entries(request.headersDistinct).filter(([, values]) => (values?.length ?? 0) > 1);
  return { ...headers, ...Object.fromEntries(doubled) };
}

async function sendFile(
  response: ServerResponse,
  { status, headers }: WireResponse,
  { path, sent }: NonNullable<WireResponse['file']>,
  last: boolean,
): Promise<void> {
  try {
    const { size } = await stat(path);
    // Who reads slowly (`fetch` of Node 24) does not bear that the connection ends behind it.
    const end = last ? { connection: 'close' } : {};
    const usual = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    response.writeHead(status, { ...usual, ...headers, ...end, 'content-length': size });
    await pipeline(createReadStream(path), response);
  } finally {
    await sent();
  }
}

function send(response: ServerResponse, { status, json, text, headers }: WireResponse, last: boolean): void {
  const body = json === undefined ? (text ?? '') : JSON.stringify(json);
  const type = json === undefined ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const end = last ? { connection: 'close' } : {};
  const length = Buffer.byteLength(body);
  const usual = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  // Of what has not changed (304) it would be the length of what is left out.
  const size = status === 304 ? {} : { 'content-length': length };
  response.writeHead(status, { ...usual, ...headers, ...size, ...end });
  response.end(body);
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // A closing server enforces no time limits any more: whoever is still not done then will not be.
  const late = setTimeout(() => server.closeAllConnections(), closeWithin);
  await closed;
  clearTimeout(late);
}
