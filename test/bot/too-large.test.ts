import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { callForTooLarge } from '../../src/bot/too-large.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { startHttpServer } from '../../src/http/server.ts';
import { webhookRoutes } from '../../src/http/webhooks.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { secret } from '../../src/trust/secrets.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { openWorkshop, type Workshop } from '../engine/workshop.ts';
import { policies } from '../support/given.ts';
import { send } from '../threats/support/send.ts';

const token = 'w'.repeat(40);
const bearer = { authorization: `Bearer ${token}` };
const megabyte = 1_048_576;
const body = (size: number): string => `{"version":"4","alerts":[${' '.repeat(size)}]}`;

/** The real doors in front of the real engine. */
async function openDoors({ clock, engine, log }: Pick<Workshop, 'clock' | 'log'> & { engine: Engine }) {
  const failures: unknown[] = [];
  const taken: number[] = [];
  const secrets = { grafana: [], pagerduty: [], sentry: [secret('s'.repeat(40))], github: [] };
  const http = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: webhookRoutes({
      doors: webhookDoors({ tokens: { alertmanager: [sha256Hex(token)] }, secrets }),
      now: clock.now,
      receive: async (_, request) => void taken.push(request.body.length),
      tooLarge: callForTooLarge({ engine, policies: () => policies, now: clock.now, log }),
      failed: (error) => failures.push(error),
    }),
    failed: (error) => failures.push(error),
  });
  onTestFinished(() => http.close());
  const post = (source: string, headers: Readonly<Record<string, string>>, size = 8 * megabyte) =>
    send(`${http.url}/webhooks/${source}`, headers, body(size));
  return { post, taken, failures, url: new URL(http.url) };
}

it('A notification that is too large is refused, and people are called: it would be too large again', async () => {
  const workshop = await openWorkshop();
  const { post } = await openDoors(workshop);
  for (let times = 0; times < 3; times += 1) expect((await post('alertmanager', bearer)).status).toBe(413);

  const open = await workshop.store.listStreams('incident', { openOnly: true });
  expect(open.map(({ state }) => state as Incident)).toMatchObject([
    { title: 'A notification from alertmanager was too large', service: 'platform', severity: 'P1' },
  ]);
  const events = (await workshop.store.readEvents('INC-1')).map(({ type }) => type);
  expect(events.filter((type) => type === 'alert.fired')).toHaveLength(1);
});

it('A notification of thousands of alerts is taken, from whoever says in a header who they are', async () => {
  const { post, taken } = await openDoors(await openWorkshop());
  expect((await post('alertmanager', bearer, 7 * megabyte)).status).toBe(202);
  expect(taken).toEqual([body(7 * megabyte).length]);
});

it('nobody is called for what is too large by whoever cannot say in a header who they are', async () => {
  const workshop = await openWorkshop();
  const { post, taken } = await openDoors(workshop);
  const stranger = { authorization: `Bearer ${'x'.repeat(40)}` };
  expect((await post('alertmanager', stranger, megabyte)).status).toBe(413);
  expect((await post('sentry', { 'sentry-hook-signature': 'a'.repeat(64) }, megabyte)).status).toBe(413);
  expect(taken).toEqual([]);
  expect(await workshop.store.listStreams('incident')).toEqual([]);
});

it('while nobody can be called for what is too large, its sender is asked to send it again', async () => {
  const workshop = await openWorkshop();
  const full = new StoreUnavailable('the disk is full');
  const submit = () => Promise.reject(full);
  const { url, failures } = await openDoors({ ...workshop, engine: { ...workshop.engine, submit } });
  const socket = createConnection(Number(url.port), url.hostname);
  let heard = '';
  socket.setEncoding('utf8').on('data', (data: string) => (heard += data));
  // Most of it is on its way still, and is not waited for.
  const head = `Host: x\r\nAuthorization: ${bearer.authorization}\r\nContent-Length: 9000000`;
  socket.write(`POST /webhooks/alertmanager HTTP/1.1\r\n${head}\r\n\r\n{`);
  await once(socket, 'end');
  expect(heard).toMatch(/^HTTP\/1.1 503 [^]*send it again/);
  expect(failures).toEqual([full]);
});
