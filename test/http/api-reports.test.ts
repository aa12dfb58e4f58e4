import { afterAll, beforeAll, expect, it } from 'vitest';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf } from './api-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

const deployment = { app: 'shop', channel: 'canary', version: '1.7.0' };
const report = {
  app: 'shop',
  channel: 'canary',
  version: '1.6.0-rc.1',
  window: { start: '2026-11-22T02:00:00Z', end: '2026-11-22T03:00:00Z' },
  sessions: 42_100,
  crash_free_sessions: 0.9999,
  crash_free_users: 0.9999,
  error_rate: 0.0001,
  success_rate: 0.9999,
  degraded_rate: 0.0001,
  p95_ms: 110,
  p99_ms: 180,
  severity: 'ok',
};

it('a release bot reports, is told the verdict, and is told the same when it sends it again', async () => {
  const key = { 'idempotency-key': 'report-1' };
  const first = await apiOf(world, 'release-bot').post('/api/v1/canary', report, key);
  expect(first).toMatchObject({ status: 200, json: { verdict: 'pass', stream: 'channel:shop/canary' } });
  const events = (await world.bot().store.readEvents('channel:shop/canary')).length;

  const again = await apiOf(world, 'release-bot').post('/api/v1/canary', report, key);

  expect([again.status, again.text]).toEqual([first.status, first.text]);
  expect(await world.bot().store.readEvents('channel:shop/canary')).toHaveLength(events);
  const other = await apiOf(world, 'release-bot').post('/api/v1/canary', { ...report, sessions: 1 }, key);
  expect(other.status).toBe(422);
});

it('a report that was wrong is judged anew when it is sent again, also under the same key', async () => {
  const key = { 'idempotency-key': 'report-2' };
  const start = new Date(world.clock.now()).toISOString();
  const early = {
    ...report,
    version: '1.6.0-rc.2',
    window: { start, end: new Date(world.clock.now() + 10 * 60_000).toISOString() },
  };
  const first = await apiOf(world, 'release-bot').post('/api/v1/canary', early, key);
  expect(first).toMatchObject({ status: 400, json: { lines: [expect.stringContaining('has ended')] } });
  await world.pass(15 * 60_000);

  const again = await apiOf(world, 'release-bot').post('/api/v1/canary', early, key);

  expect(again).toMatchObject({ status: 200, json: { tone: 'done', stream: 'channel:shop/canary' } });
});

it('a deploy tool says what is live now', async () => {
  const { status, json } = await apiOf(world, 'release-bot').post('/api/v1/deployments', deployment);
  expect(status).toBe(200);
  expect(json).toMatchObject({ tone: 'done' });
  const { json: channel } = await apiOf(world, 'reader').get('/api/v1/channels/shop/canary');
  expect(channel).toMatchObject({
    live: { version: '1.7.0' },
    history: [{ by: expect.stringContaining('release-bot') }, {}],
  });
});

it.each(['/api/v1/canary', '/api/v1/deployments'])('%s is not for whoever only reads: 403', async (path) => {
  const { status, json } = await apiOf(world, 'reader').post(
    path,
    path.endsWith('canary') ? report : deployment,
  );
  expect(status).toBe(403);
  expect(json).toMatchObject({ tone: 'refused', lines: [expect.stringContaining('release-bot')] });
});

it.each(['/api/v1/canary', '/api/v1/deployments'])(
  '%s: every mistake in the body is named: 400',
  async (path) => {
    const { status, json } = await apiOf(world, 'release-bot').post(path, { version: 'new', __proto: 1 });
    expect(status).toBe(400);
    expect(json).toMatchObject({ tone: 'wrong', lines: expect.any(Array) });
    expect((json as { lines: string[] }).lines.length).toBeGreaterThan(2);
  },
);

it.each(['{"__proto__":{"version":"9.9.9"},"app":"shop","channel":"canary"}', '{"constructor":1}'])(
  'a prototype is no body: %s',
  async (body) => {
    const { status } = await apiOf(world, 'release-bot').post('/api/v1/deployments', body);
    expect(status).toBe(400);
  },
);
