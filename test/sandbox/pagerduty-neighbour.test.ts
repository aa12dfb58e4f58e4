import { createServer, type Server } from 'node:http';
import { Agent } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { event } from '@pagerduty/pdjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPagerduty } from '../../src/sandbox/neighbours/pagerduty.ts';
import type { Pagerduty } from '../../src/sandbox/neighbours/pagerduty.ts';
import { signPagerdutyWebhook } from '../../src/sandbox/neighbours/pagerduty-webhooks.ts';
import { readPagerdutyEvent } from '../../src/sources/pagerduty.ts';
import { official } from './official.ts';

const TRIGGER = {
  routing_key: 'key-1',
  event_action: 'trigger' as const,
  dedup_key: 'inc-1',
  payload: {
    summary: 'checkout 5xx',
    source: 'shop/stable',
    severity: 'critical' as const,
    custom_details: { rung: 0 },
  },
};
const complaintsOf = official('pd-events-v2.json');

let clock: Date;
let pagerduty: Pagerduty;

beforeEach(async () => {
  clock = new Date('2026-03-01T10:00:00Z');
  pagerduty = await startPagerduty({ now: () => clock, routingKeys: ['key-1', 'key-2'] });
});

afterEach(() => pagerduty.close());

/** The real client speaks https to the real host only; its connection is led to the neighbour. */
async function send(data: object): Promise<{ status: number; data: Record<string, unknown> }> {
  const agent = new Agent();
  const { port } = new URL(pagerduty.url);
  Object.assign(agent, { createConnection: () => connect(Number(port), '127.0.0.1') });
  const response = await event({ data: data as typeof TRIGGER, agent } as Parameters<typeof event>[0]);
  return { status: response.status, data: response.data as Record<string, unknown> };
}

async function post(path: string, body: unknown): Promise<Response> {
  const raw = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${pagerduty.url}${path}`, { method: 'POST', body: raw });
}

describe('an alert', () => {
  test('is triggered, acknowledged and resolved by its key', async () => {
    expect(await send(TRIGGER)).toEqual({
      status: 202,
      data: { status: 'success', message: 'Event processed', dedup_key: 'inc-1' },
    });
    clock = new Date('2026-03-01T10:01:00Z');
    await send({ routing_key: 'key-1', event_action: 'acknowledge', dedup_key: 'inc-1' });
    expect(pagerduty.alerts()).toMatchObject([
      { dedupKey: 'inc-1', state: 'acknowledged', summary: 'checkout 5xx' },
    ]);
    await send({ routing_key: 'key-1', event_action: 'resolve', dedup_key: 'inc-1' });
    expect(pagerduty.alerts()).toEqual([
      {
        dedupKey: 'inc-1',
        routingKey: 'key-1',
        state: 'resolved',
        summary: 'checkout 5xx',
        source: 'shop/stable',
        severity: 'critical',
        details: { rung: 0 },
        history: [
          { at: '2026-03-01T10:00:00.000Z', action: 'trigger' },
          { at: '2026-03-01T10:01:00.000Z', action: 'acknowledge' },
          { at: '2026-03-01T10:01:00.000Z', action: 'resolve' },
        ],
      },
    ]);
  });

  test('stays one while it is open, and is a new one after a resolve', async () => {
    await send(TRIGGER);
    await send(TRIGGER);
    expect(pagerduty.alerts().map(({ history }) => history.length)).toEqual([2]);
    await send({ ...TRIGGER, event_action: 'resolve' });
    await send(TRIGGER);
    expect(pagerduty.alerts().map(({ state }) => state)).toEqual(['resolved', 'triggered']);
  });

  test('is untouched by another integration', async () => {
    await send(TRIGGER);
    expect((await send({ ...TRIGGER, routing_key: 'key-2', event_action: 'resolve' })).status).toBe(202);
    expect(pagerduty.alerts().map(({ state }) => state)).toEqual(['triggered']);
  });
});

test.each([
  [{ ...TRIGGER, routing_key: undefined }, "'routing_key' is missing or blank"],
  [{ ...TRIGGER, routing_key: 'unknown' }, 'Invalid routing key'],
  [{ ...TRIGGER, event_action: 'page' }, "'event_action' is invalid"],
  [{ ...TRIGGER, dedup_key: 'k'.repeat(256) }, "'dedup_key' is longer than 255 characters"],
  [{ routing_key: 'key-1', event_action: 'resolve' }, "'dedup_key' is missing or blank"],
  [{ ...TRIGGER, payload: { ...TRIGGER.payload, summary: '' } }, "'payload.summary' is missing or blank"],
  [{ ...TRIGGER, payload: { ...TRIGGER.payload, severity: 'P0' } }, "'payload.severity' is invalid"],
  ['not json', 'JSON parse error'],
])('refuses an invalid event (%#)', async (body, error) => {
  const response = await post('/v2/enqueue', body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    status: 'invalid event',
    errors: [expect.stringContaining(error) as string],
  });
  expect(pagerduty.alerts()).toEqual([]);
  expect(pagerduty.log()).toMatchObject([{ status: 400 }]);
});

test('a change is logged and pages nobody', async () => {
  const change = { routing_key: 'key-1', payload: { summary: 'rolled back to 1.4.2' } };
  expect((await post('/v2/change/enqueue', change)).status).toBe(202);
  expect(pagerduty.alerts()).toEqual([]);
  expect(pagerduty.log()).toMatchObject([{ path: '/v2/change/enqueue', status: 202, body: change }]);
});

test('throttles without ingesting, breaks, and is well again', async () => {
  pagerduty.fail({ status: 429, retryAfter: 60, times: 1 });
  const throttled = await post('/v2/enqueue', TRIGGER);
  expect([throttled.status, throttled.headers.get('Retry-After')]).toEqual([429, '60']);
  expect(pagerduty.alerts()).toEqual([]);
  pagerduty.fail({ status: 500 });
  expect((await post('/v2/enqueue', TRIGGER)).status).toBe(500);
  pagerduty.heal();
  expect((await send(TRIGGER)).status).toBe(202);
});

test('closes while a request hangs', async () => {
  pagerduty.fail({ hang: true });
  const hanging = post('/v2/enqueue', TRIGGER).then(
    () => 'answered',
    () => 'dropped',
  );
  await expect.poll(() => pagerduty.failure()).toBeDefined();
  await pagerduty.close();
  expect(['answered', 'dropped']).toContain(await hanging);
});

test.skipIf(complaintsOf === undefined)(
  'answers as the official description says (../shared/specs/pd-events-v2.json)',
  async () => {
    const accepted = await send(TRIGGER);
    const change = await post('/v2/change/enqueue', {
      routing_key: 'key-1',
      payload: { summary: 'deployed' },
    });
    expect(complaintsOf?.('/enqueue', 'post', '202', accepted.data)).toEqual([]);
    expect(complaintsOf?.('/change/enqueue', 'post', '202', await change.json())).toEqual([]);
    const refused = await post('/v2/enqueue', {});
    expect(complaintsOf?.('/enqueue', 'post', '5XX', await refused.json())).toEqual([]);
  },
);

describe('somebody who answers a page there', () => {
  const ben = { id: 'PBEN', name: 'Ben Okafor' };
  interface Told {
    readonly event: {
      readonly id: string;
      readonly event_type: string;
      readonly agent: object;
      readonly data: object;
    };
    readonly isSigned: boolean;
  }
  const told: Told[] = [];
  let listener: Server;
  let watched: Pagerduty;

  beforeEach(async () => {
    told.length = 0;
    listener = createServer((request, response) => {
      void text(request).then((body) => {
        const { event: said } = JSON.parse(body) as Pick<Told, 'event'>;
        const signature = request.headers['x-pagerduty-signature'];
        told.push({ event: said, isSigned: signature === signPagerdutyWebhook(body, 'shared') });
        response.writeHead(202).end();
      });
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    const { port } = listener.address() as AddressInfo;
    watched = await startPagerduty({
      now: () => clock,
      webhooks: { url: () => `http://127.0.0.1:${port}/webhooks/pagerduty`, secret: 'shared' },
    });
    await fetch(`${watched.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(TRIGGER) });
  });

  afterEach(async () => {
    await watched.close();
    listener.close();
  });

  test('is told to whoever subscribed, signed, with the key and the account', async () => {
    await watched.press(ben, 'acknowledge', 'inc-1');
    expect(watched.alerts()).toMatchObject([{ state: 'acknowledged' }]);
    expect(told).toMatchObject([
      {
        isSigned: true,
        event: {
          event_type: 'incident.acknowledged',
          agent: { id: 'PBEN', type: 'user_reference', summary: 'Ben Okafor' },
          data: { incident_key: 'inc-1', title: 'checkout 5xx', status: 'acknowledged' },
        },
      },
    ]);
  });

  test('is not confused with what came over the Events API, and nothing is told twice', async () => {
    for (const event_action of ['acknowledge', 'acknowledge', 'resolve']) {
      const again = { routing_key: 'key-1', event_action, dedup_key: 'inc-1' };
      await fetch(`${watched.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(again) });
    }
    await watched.delivered();
    const type = 'events_api_v2_inbound_integration_reference';
    expect(told).toMatchObject([
      { event: { event_type: 'incident.acknowledged', agent: { type } } },
      { event: { event_type: 'incident.resolved', agent: { type } } },
    ]);
    expect(new Set(told.map(({ event: { id } }) => id)).size).toBe(2);
    await expect(watched.press(ben, 'resolve', 'inc-1')).rejects.toThrow('no open incident inc-1');
  });

  test('sends what our own reader reads', async () => {
    const key = 'lastgood/INC-3/rung-1.1';
    const ours = { ...TRIGGER, dedup_key: key };
    await fetch(`${watched.url}/v2/enqueue`, { method: 'POST', body: JSON.stringify(ours) });
    await watched.press(ben, 'resolve', key);
    const body = Buffer.from(JSON.stringify({ event: told[0]?.event }));
    expect(readPagerdutyEvent(body)).toMatchObject({
      incident: 'INC-3',
      report: { did: 'resolved', key, user: ben },
    });
  });
});
