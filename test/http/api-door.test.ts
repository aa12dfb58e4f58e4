import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf } from './api-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

/** Sends headers as they are, doubled ones too. */
function raw(headers: Readonly<Record<string, string | readonly string[]>>, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = `${world.bot().url}/api/v1/commands/incident-declare`;
    const sent = request(url, { method: 'POST' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    for (const [name, value] of Object.entries(headers)) sent.setHeader(name, value);
    sent.on('error', reject).end(body);
  });
}

describe('Nobody comes in', () => {
  const bearer = `Bearer ${apiTokens.ana}`;
  it.each([
    ['without a token', {}],
    ['with one that is not ours', { authorization: 'Bearer xoxb-sandbox-0001' }],
    ['with two', { authorization: [bearer, bearer] }],
    ['with one of another kind', { authorization: `Basic ${btoa(`ana:${apiTokens.ana}`)}` }],
  ])('%s: 401, before anything else is looked at', async (_, headers) => {
    expect(await raw({ 'content-type': 'text/plain', ...headers }, '{ no JSON')).toBe(401);
  });

  it('with a webhook’s token', async () => {
    const { status } = await apiOf(world, 'ana').get('/api/v1/incidents', {
      authorization: `Bearer ${world.webhookToken}`,
    });
    expect(status).toBe(401);
  });
});

describe('A token that stands for nobody', () => {
  it('may ask for a rollback, and never approves one, its own or another’s', async () => {
    const [ci, ana] = [apiOf(world, 'ci'), apiOf(world, 'ana')];
    const asked = { channel: 'stable', version: '1.4.2', reason: 'smoke test failed' };
    expect((await ci.command('rollback', asked)).status).toBe(200);
    const own = await world.operation('OP-1');
    expect(own.requestedBy).toEqual({
      kind: 'token',
      name: 'ci',
      roles: ['responder', 'approver', 'lead'],
      via: 'api',
    });

    const approved = await ci.command('operation-approve', { operation: 'OP-1', 'plan-hash': own.hash });
    expect(approved).toMatchObject({ status: 409, json: { title: 'Cannot approve OP-1' } });
    // It may take back what it asked for.
    expect((await ci.command('operation-abort', { operation: 'OP-1' })).status).toBe(200);

    await ana.command('rollback', asked);
    const { hash } = await world.operation('OP-2');
    const others = await ci.command('operation-approve', { operation: 'OP-2', 'plan-hash': hash });
    expect(others).toMatchObject({
      status: 409,
      json: {
        lines: [expect.stringContaining('This takes a person’s word, and the token ci stands for nobody.')],
      },
    });
    const events = await world.bot().store.readEvents('OP-2');
    expect(events.at(-1)?.data).toMatchObject({ type: 'request.refused', code: 'person-needed' });
    expect((await world.operation('OP-2')).status).toBe('awaiting-approval');
  });

  it('has no incident: people have to hear that a person has it', async () => {
    const ci = apiOf(world, 'ci');
    const declared = { severity: 'P3', service: 'checkout', title: 'smoke test failed' };
    expect((await ci.command('incident-declare', declared)).status).toBe(200);
    const { status, json } = await ci.command('incident-ack', {});
    expect(status).toBe(409);
    expect(json).toMatchObject({ title: 'Cannot acknowledge INC-1' });
    expect((await apiOf(world, 'ana').command('incident-ack', {})).status).toBe(200);
  });

  it.each(['reader', 'release-bot'] as const)('and is a %s changes nothing, and may look', async (who) => {
    const api = apiOf(world, who);
    const refused = await api.command('channels-set', { channel: 'canary', version: '9.9.9', reason: 'x' });
    expect(refused.status).toBe(409);
    expect(refused.json).toMatchObject({
      tone: 'refused',
      lines: [expect.stringMatching(new RegExp(`${who} has ${who}. Roles of tokens are in API_TOKENS.`))],
    });
    expect((await api.command('oncall', {})).status).toBe(200);
    expect((await api.get('/api/v1/operations')).status).toBe(200);
  });
});

it('What cannot be stored is not answered as done: 503', async () => {
  const other = await stillWorld();
  try {
    await other.bot().store.close();
    const ana = apiOf(other, 'ana');
    for (const key of [{}, { 'idempotency-key': 'again' }]) {
      const { status, headers, json } = await ana.command('incident-list', {}, key);
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('5');
      expect(json).toEqual({
        error: 'Nothing can be stored, so nothing was done. Send it again in a moment.',
      });
    }
  } finally {
    await other.close().catch(() => undefined);
  }
});
