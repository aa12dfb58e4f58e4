import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf } from './api-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

const deployed = { channel: 'canary', version: '1.7.0' };
const requested = { channel: 'stable', version: '1.4.2', reason: 'checkout answers 500' };

describe('A command', () => {
  it('is carried out: planned by Ana, approved by Ben with the hash that he saw, and run', async () => {
    const [ana, ben] = [apiOf(world, 'ana'), apiOf(world, 'ben')];

    const asked = await ana.command('rollback', requested);
    expect(asked).toMatchObject({ status: 200, json: { tone: 'done', stream: 'OP-1' } });
    const operation = await world.operation('OP-1');
    expect(operation.requestedBy).toMatchObject({ kind: 'person', person: 'ana', via: 'api' });

    const shown = await ben.command('operation-show', {});
    expect(shown.json).toMatchObject({
      title: 'OP-1: rollback of shop/stable 1.5.0 → 1.4.2, awaiting approval',
      lines: expect.arrayContaining([
        expect.stringContaining('May approve: Ben Okafor, Dana Levi.'),
        `Plan ${operation.hash}. If it is what you want: /operation approve OP-1 ${operation.hash}`,
      ]),
    });

    const own = await ana.command('operation-approve', { operation: 'OP-1', 'plan-hash': operation.hash });
    expect(own).toMatchObject({ status: 409, json: { tone: 'refused', title: 'Cannot approve OP-1' } });
    const other = await ben.command('operation-approve', { line: `OP-1 ${'0'.repeat(16)}` });
    expect(other).toMatchObject({ status: 409, json: { lines: [expect.stringContaining('another plan')] } });

    expect((await ben.command('operation-approve', { line: `op-1 ${operation.hash}` })).status).toBe(200);
    await world.settle();
    await world.pass(60_000);
    expect((await world.operation('OP-1')).status).toBe('done');
    // Slack's card tells of it as ever; nobody was told anything there in private.
    expect(JSON.stringify(world.cards()[0]?.blocks)).toContain('Done.');
    expect(world.slack.ephemerals(people.ana.id)).toEqual([]);
  });

  it.each([
    ['terminal', { 'x-lastgood-via': 'terminal' }],
    ['api', {}],
    ['api', { 'x-lastgood-via': 'slack' }],
  ])('is told in the timeline as said by %s', async (via, headers) => {
    const reply = await apiOf(world, 'ana').command('channels-set', { ...deployed, reason: via }, headers);
    expect(reply.json).toMatchObject({ stream: 'channel:shop/canary' });
    const events = await world.bot().store.readEvents('channel:shop/canary');
    expect(events.at(-1)?.by).toMatchObject({ person: 'ana', account: 'token ana', via });
  });
});

describe('Arguments by name', () => {
  it.each([
    ['nothing', 'rollback', {}, 'The channel is missing'],
    ['one that is missing', 'rollback', { channel: 'stable', version: '1.4.2' }, 'The reason is missing'],
    ['an empty one', 'rollback', { ...requested, reason: '' }, 'The reason is missing'],
    ['a number', 'rollback', { ...requested, version: 1.4 }, '“version” has to be a string, not a number'],
    ['null', 'rollback', { ...requested, reason: null }, '“reason” has to be a string, not null'],
    ['a list', 'rollback', { ...requested, reason: ['x'] }, '“reason” has to be a string, not an array'],
    ['one that is unknown', 'rollback', { ...requested, raeson: 'x' }, '/rollback takes no “raeson”'],
    ['a wrong word', 'rollback', { ...requested, channel: 'stabel' }, 'There is no release channel “stabel”'],
    [
      'several words for one',
      'rollback',
      { ...requested, version: '1.4.2 now' },
      '“1.4.2 now” is no version',
    ],
    [
      'a very long one',
      'rollback',
      { ...requested, version: '1'.repeat(8_001) },
      'The version has 8001 characters',
    ],
    ['an optional one that is wrong', 'incident-resolve', { incident: '12' }, '“12” is no incident'],
    ['a flag that is none', 'promote', { override: 'yes' }, 'The source is missing'],
    ['an inherited name', 'rollback', { ...requested, constructor: 'x' }, '/rollback takes no “constructor”'],
    ['no plan hash', 'operation-approve', { operation: 'OP-1', 'plan-hash': 'yes' }, '“yes” is no plan hash'],
  ])('%s: wrong, with the usage', async (_, name, body, title) => {
    const { status, json } = await apiOf(world, 'ana').command(name, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      tone: 'wrong',
      title: expect.stringContaining(title),
      lines: expect.arrayContaining([
        expect.stringMatching(/^Usage: \//),
        expect.stringMatching(/^For example: \//),
      ]),
    });
  });

  it('suggests the argument that was probably meant', async () => {
    const { json } = await apiOf(world, 'ana').command('rollback', { ...requested, raeson: 'x' });
    expect(json).toMatchObject({
      lines: expect.arrayContaining(['Did you mean reason? It takes channel, version, reason.']),
    });
  });

  it.each(['{"__proto__":{"reason":"x"}}', '{"channel":"stable","__proto__":"x"}'])(
    'a prototype is no argument: %s',
    async (body) => {
      const { status, json } = await apiOf(world, 'ana').command('rollback', body);
      expect(status).toBe(400);
      expect(json).toMatchObject({ tone: 'wrong', title: '/rollback takes no “__proto__”' });
      expect(({} as Record<string, unknown>)['reason']).toBeUndefined();
    },
  );
});

describe('A line', () => {
  it('goes to a slash command as in Slack, or to a verb', async () => {
    const ana = apiOf(world, 'ana');
    const typed = await ana.command('incident', { line: 'list' });
    expect(typed.json).toMatchObject({ tone: 'info' });
    expect((await ana.command('incident-list', { line: '' })).json).toEqual(typed.json);
  });

  it('that is mistyped is answered with what was probably meant', async () => {
    const { status, json } = await apiOf(world, 'ana').command('incident', { line: 'akc' });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      tone: 'wrong',
      lines: expect.arrayContaining(['Did you mean /incident ack?']),
    });
  });

  it.each([{ line: 7 }, { line: null }, { line: 'stable 1.4.2 x', reason: 'x' }])(
    '%j is none',
    async (body) => {
      const { status, json } = await apiOf(world, 'ana').command('rollback', body);
      expect(status).toBe(400);
      expect(json).toEqual({ error: '“line” has to be a string, and stands alone.' });
    },
  );
});

describe('What is no command', () => {
  it('a name that nothing has: 404, with the nearest and all there are', async () => {
    const { status, json } = await apiOf(world, 'ana').command('rolback', {});
    expect(status).toBe(404);
    expect(json).toMatchObject({
      error: expect.stringMatching(
        /^There is no command “rolback”. Did you mean rollback\? There are: .*incident-ack/,
      ),
    });
  });

  it.each(['__proto__', 'constructor', '%2e%2e', 'a%2Fb', '<script>'])('%s', async (name) => {
    expect((await apiOf(world, 'ana').command(name, {})).status).toBe(404);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['a string', '"x"', 400],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400],
  ])('%s: %i', async (_, body, status) => {
    const answered = await apiOf(world, 'ana').command('rollback', body);
    expect(answered.status).toBe(status);
    expect(answered.json).toEqual({ error: expect.any(String) });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'JSON that says it is %s: 415',
    async (type) => {
      const answered = await apiOf(world, 'ana').command('rollback', requested, { 'content-type': type });
      expect(answered.status).toBe(415);
    },
  );

  it('a GET: 405, and what it takes', async () => {
    const answered = await apiOf(world, 'ana').get('/api/v1/commands/rollback');
    expect(answered.status).toBe(405);
    expect(answered.headers.get('allow')).toBe('POST');
  });
});
