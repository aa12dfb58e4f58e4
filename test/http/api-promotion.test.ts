import { afterAll, beforeAll, expect, it } from 'vitest';
import { channelWithHistory } from '../../src/http/api/channel-shapes.ts';
import { operationShape } from '../../src/http/api/operation-shapes.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf, type ApiClient } from './api-world.ts';

let world: StillWorld;
let reader: ApiClient;
const channel = async (name: string) =>
  channelWithHistory.strict().parse((await reader.get(`/api/v1/channels/${name}`)).json);
const operation = async (id: string) =>
  operationShape.strict().parse((await reader.get(`/api/v1/operations/${id}`)).json);

/** A promotion for which a lead had a failed report lifted is under way when somebody asks for a rollback. */
beforeAll(async () => {
  world = await stillWorld();
  reader = apiOf(world, 'reader');
  const [ben, dana, bot] = [apiOf(world, 'ben'), apiOf(world, 'dana'), apiOf(world, 'release-bot')];
  await bot.post('/api/v1/canary', {
    channel: 'canary',
    version: '1.6.0-rc.1',
    window: { start: '2026-11-22T02:00:00Z', end: '2026-11-22T03:00:00Z' },
    sessions: 42_100,
    error_rate: 0.2,
    crash_free_sessions: 0.999,
  });
  await dana.command('promote', { line: 'canary stable override it repairs the checkout' });
  world.github.fail({});
  const { plan_hash: hash } = await operation('OP-1');
  await ben.command('operation-approve', { operation: 'OP-1', 'plan-hash': hash });
  await world.settle();
  await bot.post('/api/v1/deployments', {
    channel: 'stable',
    version: '1.7.0',
    url: 'https://deploy.example/1',
  });
  await dana.command('rollback', { line: 'stable 1.4.2 checkout answers 500' });
  await world.settle();
});
afterAll(() => world.close());

it('A promotion says what was lifted, and for which rollback it stops', async () => {
  expect(await operation('OP-1')).toMatchObject({
    kind: 'promote',
    source: 'shop/canary',
    override: {
      by: 'Dana Levi (api)',
      lifts: [expect.stringContaining('the last health report of 1.6.0-rc.1 on shop/canary failed')],
    },
    waits_for: null,
    yields_to: 'OP-2',
  });
});

it('A rollback says which promotion it waits for', async () => {
  expect(await operation('OP-2')).toMatchObject({
    kind: 'rollback',
    source: null,
    override: null,
    waits_for: 'OP-1',
    yields_to: null,
  });
});

it('A channel says who holds it, who waits, and what runs there behind its back', async () => {
  expect(await channel('shop/stable')).toMatchObject({
    live: { version: '1.5.0' },
    held_by: { operation: 'OP-1' },
    waiting: { operation: 'OP-2', by: 'Dana Levi', reason: 'roll back to 1.4.2' },
    health: [],
    drift: [
      {
        side: 'reality',
        cause: 'held',
        found: '1.7.0',
        ours: '1.5.0',
        by: 'release-bot (api)',
        since: '2026-11-22T03:00:00.000Z',
        url: 'https://deploy.example/1',
      },
    ],
  });
});

it('A channel says how each version does', async () => {
  expect(await channel('shop/canary')).toMatchObject({
    held_by: null,
    waiting: null,
    health: [
      {
        version: '1.6.0-rc.1',
        verdict: 'fail',
        reasons: ['Error rate 20 % in 1h, at most 2 %'],
        last_failure: ['Error rate 20 % in 1h, at most 2 %'],
        window_end: '2026-11-22T03:00:00.000Z',
        sessions: 42_100,
        by: 'release-bot (api)',
      },
    ],
    drift: [],
  });
});
