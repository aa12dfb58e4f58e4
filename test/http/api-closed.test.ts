import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { guarded } from '../../src/http/api/guard.ts';
import { startHttpServer, type HttpServer } from '../../src/http/server.ts';

const state: { closed: string | undefined; trouble: Error | undefined; handled: number } = {
  closed: undefined,
  trouble: undefined,
  handled: 0,
};
const outage = new Error('the disk is full');
const failures: unknown[] = [];
let server: HttpServer;

beforeEach(async () => {
  Object.assign(state, { closed: undefined, trouble: undefined, handled: 0 });
  failures.length = 0;
  const actor = { kind: 'token', name: 'ci', roles: [], via: 'api' } as const;
  const keeper = {
    callerOf: (authorization: unknown) =>
      authorization === 'Bearer ci'
        ? { caller: { token: 'ci', roles: [], actor } }
        : { status: 401 as const, error: 'Who are you?' },
    closed: () => state.closed,
    isOutage: (error: unknown) => error === outage,
    failed: (error: unknown) => failures.push(error),
  };
  const handle = guarded(keeper, () => {
    state.handled += 1;
    return state.trouble ? Promise.reject(state.trouble) : Promise.resolve({ status: 200, json: {} });
  });
  server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [{ method: 'GET', path: '/api/v1/{what}', handle }],
    failed: (error) => failures.push(error),
  });
});
afterEach(() => server.close());

async function ask(token = 'ci') {
  const response = await fetch(`${server.url}/api/v1/anything`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, error: ((await response.json()) as { error?: string }).error };
}

it.each(['Lastgood is starting', 'Lastgood is stopping'])('%s: 503, and nothing is done', async (closed) => {
  state.closed = closed;
  expect(await ask()).toEqual({
    status: 503,
    error: `${closed}, so nothing was done. Send it again in a moment.`,
  });
  expect(await ask('else')).toMatchObject({ status: 401 });
  expect(state.handled).toBe(0);
});

it('the store takes nothing: 503; a mistake of ours: 500, and says nothing of what went wrong', async () => {
  state.trouble = outage;
  expect(await ask()).toMatchObject({ status: 503 });
  state.trouble = new Error('password=hunter2');
  expect(await ask()).toEqual({
    status: 500,
    error: 'Lastgood failed on this request; its log says how.',
  });
  expect(failures).toEqual([outage, state.trouble]);
});

it('somebody hangs up in the middle of a body: that is no failure of ours', async () => {
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write('GET /api/v1/anything HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
  // One that was sent later and whole is answered, so the beginning of the other has been read.
  await ask();
  socket.destroy();
  await once(socket, 'close');
  await server.close();
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  expect(failures).toEqual([]);
  expect(state.handled).toBe(1);
});
