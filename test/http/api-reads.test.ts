import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { channelWithHistory } from '../../src/http/api/channel-shapes.ts';
import { incidentShape, timelineShape } from '../../src/http/api/incident-shapes.ts';
import { operationShape } from '../../src/http/api/operation-shapes.ts';
import { channelList, incidentList, onCallList, operationList } from '../../src/http/api/reads.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf, type ApiClient, type ApiResponse } from './api-world.ts';

let world: StillWorld;
let reader: ApiClient;

/** Three incidents, of which the last is open; one rollback that waits, and one that was withdrawn. */
beforeAll(async () => {
  world = await stillWorld();
  reader = apiOf(world, 'reader');
  const dana = apiOf(world, 'dana');
  for (const title of ['first', 'second']) {
    await dana.command('incident-declare', { severity: 'P3', service: 'checkout', title });
    await dana.command('incident-resolve', { reason: 'a test' });
  }
  await world.deliver('generic', {
    key: '5xx',
    title: 'Checkout [answers](https://evil.example) <b>500</b> *now* `$(id)`',
    summary: '# no heading',
    service: 'checkout',
    labels: { severity: 'critical' },
  });
  await world.settle();
  const asked = { channel: 'stable', version: '1.4.2', reason: 'checkout answers 500' };
  await apiOf(world, 'ana').command('rollback', asked);
  await apiOf(world, 'ana').command('operation-abort', { operation: 'OP-1' });
  await apiOf(world, 'ana').command('rollback', asked);
  await world.settle();
});
afterAll(() => world.close());

/** What it says, and that it says nothing but what is described. */
function read<Shape extends z.ZodType>({ status, json }: ApiResponse, shape: Shape): z.infer<Shape> {
  expect(status).toBe(200);
  const told = shape.parse(json);
  expect(json).toEqual(told);
  return told;
}

describe('Incidents', () => {
  it('are listed, the newest first', async () => {
    const { incidents, next } = read(await reader.get('/api/v1/incidents'), incidentList);
    expect(incidents.map(({ id, status }) => [id, status])).toEqual([
      ['INC-3', 'triggered'],
      ['INC-2', 'resolved'],
      ['INC-1', 'resolved'],
    ]);
    expect(next).toBeUndefined();
  });

  it('page by page', async () => {
    const first = read(await reader.get('/api/v1/incidents?limit=2'), incidentList);
    expect(first).toMatchObject({ incidents: [{ id: 'INC-3' }, { id: 'INC-2' }], next: 'INC-2' });
    const second = read(await reader.get(`/api/v1/incidents?limit=2&before=${first.next}`), incidentList);
    expect(second.incidents.map(({ id }) => id)).toEqual(['INC-1']);
    expect(second.next).toBeUndefined();
  });

  it('only open ones', async () => {
    const { incidents } = read(await reader.get('/api/v1/incidents?open=true'), incidentList);
    expect(incidents.map(({ id }) => id)).toEqual(['INC-3']);
  });

  it.each(['open=false', 'open=1', 'limit=0', 'limit=201', 'limit=x', 'limit=-1', 'before=OP-1', 'page=2'])(
    'what is asked wrongly is not guessed: %s',
    async (query) => {
      const { status, json } = await reader.get(`/api/v1/incidents?${query}`);
      expect(status).toBe(400);
      expect(json).toEqual({ error: expect.any(String) });
    },
  );

  it('one, with what is known of it', async () => {
    const incident = read(await reader.get('/api/v1/incidents/inc-3'), incidentShape);
    expect(incident).toMatchObject({
      id: 'INC-3',
      severity: 'P0',
      service: 'checkout',
      channel: 'shop/stable',
      opened_at: '2026-11-22T03:00:00.000Z',
      acknowledged: null,
      alerts: { firing: [{ summary: '# no heading' }], resolved: 0 },
      suspect: { live: '1.5.0', last_good: '1.4.2' },
      operations: [
        { id: 'OP-1', progress: 'closed' },
        { id: 'OP-2', progress: 'open' },
      ],
    });
  });

  it('the timeline tells who did what', async () => {
    const { entries } = read(await reader.get('/api/v1/incidents/INC-3/timeline'), timelineShape);
    expect(entries[0]).toMatchObject({ seq: 1, type: 'incident.opened', by: 'generic' });
    expect(entries.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^OP-1: Withdrawn by Ana Ruiz \(api\)/),
    );
  });

  it('the post-mortem is Markdown, in which nothing from outside is markup', async () => {
    const { status, headers, text } = await reader.get('/api/v1/incidents/INC-3/postmortem');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(text).toMatch(
      /^# Post-mortem of INC-3: Checkout \\\[answers\\\]\(https:\/\/evil\.example\) \\<b\\>500/,
    );
    expect(text).toContain('## Timeline (UTC)');
    expect(text).not.toMatch(/(?<!\\)<b/);
    expect(text).not.toMatch(/^# no heading/m);
  });
});

describe('Operations', () => {
  it('are listed, the newest first, and only open ones on request', async () => {
    const all = read(await reader.get('/api/v1/operations'), operationList);
    expect(all.operations.map(({ id, status }) => [id, status])).toEqual([
      ['OP-2', 'awaiting-approval'],
      ['OP-1', 'withdrawn'],
    ]);
    const open = read(await reader.get('/api/v1/operations?open=true'), operationList);
    expect(open.operations.map(({ id }) => id)).toEqual(['OP-2']);
  });

  it('one, with its plan', async () => {
    const operation = read(await reader.get('/api/v1/operations/OP-2'), operationShape);
    expect(operation).toMatchObject({
      kind: 'rollback',
      channel: 'shop/stable',
      from: '1.5.0',
      to: '1.4.2',
      incident: 'INC-3',
      requested_by: 'Ana Ruiz (api)',
      approvals: { needed: 1, given: [] },
    });
    expect(operation.plan_hash).toBe((await world.operation('OP-2')).hash);
    expect(operation.steps[0]).toMatchObject({ phase: 'execute', status: 'waiting', started_at: null });
  });
});

describe('Channels', () => {
  it('are listed as in the policies', async () => {
    const { channels } = read(await reader.get('/api/v1/channels'), channelList);
    expect(channels.map(({ name }) => name)).toEqual(
      Object.entries(world.policies().channels.apps).flatMap(([app, policy]) =>
        Object.keys(policy.channels).map((channel) => `${app}/${channel}`),
      ),
    );
  });

  it('one, with its history', async () => {
    const channel = read(await reader.get('/api/v1/channels/shop/stable'), channelWithHistory);
    expect(channel).toMatchObject({
      live: { version: '1.5.0' },
      last_good: '1.4.2',
      held_by: { operation: 'OP-2', by: 'Ana Ruiz' },
      incidents: [{ id: 'INC-3', severity: 'P0' }],
    });
    expect(channel.history[0]).toMatchObject({ to: '1.5.0' });
  });
});

it('Who is on call, for all services and for one', async () => {
  const all = read(await reader.get('/api/v1/oncall'), onCallList);
  const checkout = all.services.find(({ service }) => service === 'checkout');
  expect(checkout?.levels[0]).toMatchObject({ level: 'primary', people: [{ name: 'Ana Ruiz' }] });
  expect((await reader.get('/api/v1/oncall/checkout')).json).toEqual(checkout);
});

it.each([
  ['/api/v1/incidents/INC-77', 'There is no INC-77.'],
  ['/api/v1/incidents/OP-1', 'There is no OP-1.'],
  ['/api/v1/incidents/channel:shop', 'There is no channel:shop.'],
  ['/api/v1/incidents/INC-77/postmortem', 'There is no INC-77.'],
  ['/api/v1/incidents/INC-77/timeline', 'There is no INC-77.'],
  ['/api/v1/operations/INC-1', 'There is no INC-1.'],
  ['/api/v1/operations/__proto__', 'There is no __proto__.'],
  ['/api/v1/channels/shop/nightly', 'There is no shop/nightly.'],
  ['/api/v1/channels/__proto__/constructor', 'There is no __proto__/constructor.'],
  ['/api/v1/oncall/constructor', 'There is no constructor.'],
])('%s: 404', async (path, words) => {
  const { status, json } = await reader.get(path);
  expect(status).toBe(404);
  expect(json).toEqual({ error: expect.stringContaining(words) });
});

it.each(['/api/v1/incidents/%E0%A4%A', '/api/v1/incidents/', '/api/v1/', '/api/v1/incidents/INC-1/x'])(
  'there is nothing at %s',
  async (path) => {
    expect((await reader.get(path)).status).toBe(404);
  },
);

it('An answer is kept by nobody on its way, and is what it says it is', async () => {
  for (const path of ['/api/v1/incidents', '/api/v1/incidents/INC-77', '/api/v1/nothing']) {
    const { headers } = await reader.get(path);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});
