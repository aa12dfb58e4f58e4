import type { OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { send as sendTo } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

const send = (path: string, headers: OutgoingHttpHeaders, body: Buffer | string) =>
  sendTo(`${world.bot().url}${path}`, headers, body);

describe('A forged request from Slack gets 401, and nothing comes of it', () => {
  const typed = () =>
    world.slack.payloadForCommand(
      people.ana.id,
      conversations.releases.id,
      '/rollback',
      'stable 1.4.2 forged',
    );
  const at = (offsetSeconds: number) => new Date(world.clock.now() + offsetSeconds * 1_000);
  const signed = (offsetSeconds: number) =>
    signSlackRequest({
      ...typed(),
      signingSecret: reveal(world.settings.slack.signingSecret!),
      at: at(offsetSeconds),
    });

  const forgeries: Readonly<
    Record<string, () => { readonly headers: OutgoingHttpHeaders; readonly body: string }>
  > = {
    'one byte of the body altered': () => ({
      headers: typed().headers,
      body: typed().body.replace('1.4.2', '1.4.1'),
    }),
    'one byte more': () => ({ headers: typed().headers, body: `${typed().body} ` }),
    'one digit of the signature altered': () => {
      const { headers, body } = typed();
      const signature = headers['X-Slack-Signature'] ?? '';
      const last = signature.endsWith('0') ? '1' : '0';
      return { headers: { ...headers, 'X-Slack-Signature': signature.slice(0, -1) + last }, body };
    },
    'no signature': () => ({ headers: without(typed().headers, 'X-Slack-Signature'), body: typed().body }),
    'no timestamp': () => ({
      headers: without(typed().headers, 'X-Slack-Request-Timestamp'),
      body: typed().body,
    }),
    'another version of signing': () => {
      const { headers, body } = typed();
      return {
        headers: { ...headers, 'X-Slack-Signature': headers['X-Slack-Signature']?.replace('v0=', 'v1=') },
        body,
      };
    },
    'a signature of the wrong length': () => {
      const { headers, body } = typed();
      return {
        headers: { ...headers, 'X-Slack-Signature': headers['X-Slack-Signature']?.slice(0, 20) },
        body,
      };
    },
    'a doubled signature': () => {
      const { headers, body } = typed();
      const signature = headers['X-Slack-Signature'] ?? '';
      return { headers: { ...headers, 'X-Slack-Signature': [signature, signature] }, body };
    },
    'a doubled timestamp': () => {
      const { headers, body } = typed();
      const timestamp = headers['X-Slack-Request-Timestamp'] ?? '';
      return { headers: { ...headers, 'X-Slack-Request-Timestamp': [timestamp, timestamp] }, body };
    },
    'another secret': () => signSlackRequest({ ...typed(), signingSecret: 'guessed', at: at(0) }),
    'an old timestamp': () => signed(-301),
    'a timestamp ahead': () => signed(301),
  };

  test.each(Object.keys(forgeries))('%s', async (forgery) => {
    const { headers, body } = forgeries[forgery]!();
    expect((await send('/slack/events', headers, body)).status).toBe(401);
    await world.settle();
    expect(world.slack.ephemerals(people.ana.id)).toEqual([]);
    expect(await world.bot().store.listStreams('operation')).toEqual([]);
  });

  test('nothing of them is in the store, and a genuine one passes', async () => {
    await world.stopBot();
    expect(world.inbox()).toEqual([]);
    await world.startBot();

    const { headers, body } = typed();
    expect((await send('/slack/events', headers, body)).status).toBe(200);
    await world.settle();
    expect(await world.bot().store.listStreams('operation')).toHaveLength(1);
  });
});

describe('A webhook', () => {
  const alert = JSON.stringify({ key: 'k', status: 'firing', title: 'Forged', service: 'checkout' });

  const unauthentic: Readonly<Record<string, () => OutgoingHttpHeaders>> = {
    'no token': () => ({}),
    'a wrong token': () => ({ authorization: 'Bearer guessed' }),
    'a token of the wrong length': () => ({ authorization: 'Bearer x' }),
    'the hash instead of the token': () => ({
      authorization: `Bearer ${world.settings.webhookTokens['generic']?.[0]}`,
    }),
    'another scheme': () => ({ authorization: 'Basic dXNlcjpwYXNz' }),
    'a doubled token': () => ({ Authorization: ['Bearer one', 'Bearer two'] }),
  };
  test.each(Object.keys(unauthentic))('with %s gets 401', async (name) => {
    const { status, answer } = await send('/webhooks/generic', unauthentic[name]!(), alert);
    expect(status).toBe(401);
    expect(answer).toContain('WEBHOOK_TOKENS');
    await world.settle();
    expect(await world.bot().store.listStreams('incident')).toEqual([]);
  });

  test('that is authentic and cannot be understood gets 202, and people are told', async () => {
    expect(await world.deliver('generic', { neither: 'this', nor: 'that' })).toBe(202);
    await world.settle();

    // It may have been the worst alert of the year: somebody is paged for it.
    const incidents = await world.bot().store.listStreams('incident');
    expect(incidents.map(({ state }) => state)).toMatchObject([
      { title: 'An alert from generic cannot be understood', severity: 'P1', service: 'platform' },
    ]);
    expect(world.pagerduty.alerts()).toHaveLength(1);
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });
});

describe('A body', () => {
  const large = Buffer.alloc(8_000_000, 'a');

  test('of several megabytes gets 413, whether its length was announced or not', async () => {
    expect((await send('/webhooks/generic', { 'content-length': large.length }, large)).status).toBe(413);
    expect((await send('/webhooks/generic', { 'transfer-encoding': 'chunked' }, large)).status).toBe(413);
    expect((await fetch(`${world.bot().url}/healthz`)).status).toBe(200);
  });

  test('that is compressed gets 415', async () => {
    expect((await send('/slack/events', { 'content-encoding': 'gzip' }, 'x')).status).toBe(415);
  });

  test('whose headers never end gets 408, and holds up nobody', async () => {
    const { hostname, port } = new URL(world.bot().url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /webhooks/generic HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    expect((await fetch(`${world.bot().url}/healthz`)).status).toBe(200);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  }, 40_000);
});

function without(headers: Readonly<Record<string, string>>, name: string): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
}
