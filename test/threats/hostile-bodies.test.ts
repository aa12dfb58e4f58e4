import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Incident } from '../../src/core/incident/state.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { conversations } from '../../src/sandbox/cast.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { sayRaw } from './support/raw.ts';
import { send } from './support/send.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';
import { signed, signingSources } from './support/webhooks.ts';

let world: StillWorld;
beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());

const sources = webhookDoors({ tokens: {}, secrets: { grafana: [], pagerduty: [], sentry: [], github: [] } });
const reports = ['/api/v1/canary', '/api/v1/deployments', '/api/v1/commands/rollback'];
/** Whatever takes a body; and one that is nowhere. */
const paths = ['/slack/events', ...sources.map(({ source }) => `/webhooks/${source}`), ...reports];

const healthz = async () => (await fetch(`${world.bot().url}/healthz`)).status;
const errors = () => world.log().match(/"level":"error"[^\n]*/g) ?? [];

describe.each(paths)('%s', (path) => {
  test('does not read a body that announces too much', async () => {
    const { answer } = sayRaw(
      world.bot().url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n{`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
  });

  test('hangs up on a body that never ends', async () => {
    const { socket, answer } = sayRaw(
      world.bot().url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const talk = (): void => {
      if (!socket.destroyed) socket.write(chunk, () => setImmediate(talk));
    };
    talk();
    // It may have been cut off before it could read the answer; that it was, is what counts.
    expect(await answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
    expect(await healthz()).toBe(200);
  });

  test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip'])('takes nothing in %s', async (encoding) => {
    const { status } = await send(`${world.bot().url}${path}`, { 'content-encoding': encoding }, 'x');
    expect(status).toBe(415);
  });
});

test('Headers that are too long, or too many, get 431', async () => {
  const long = `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(100_000)}\r\n\r\n`;
  const many = `GET /healthz HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n`;
  // Here, too, it may have been cut off before it could read the answer.
  for (const words of [long, many])
    expect(await sayRaw(world.bot().url, words).answer).toMatch(/^(HTTP\/1\.1 431 |$)/);
  expect(await healthz()).toBe(200);
});

test('What is no HTTP at all gets 400', async () => {
  for (const words of [
    '\u0000\u0001\u0002\r\n\r\n',
    'GET /healthz HTTP/9.9\r\n\r\n',
    // Two lengths: whoever stands before us may have believed the other one.
    'POST /webhooks/generic HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'POST /webhooks/generic HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /webhooks/generic HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /webhooks/generic HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
  ])
    expect(await sayRaw(world.bot().url, words).answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(await healthz()).toBe(200);
});

test('Bodies that drip get 408, on every route at once, and hold up nobody', async () => {
  const dripping = paths.map((path) =>
    sayRaw(world.bot().url, `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`),
  );
  const drips = setInterval(() => {
    for (const { socket } of dripping) if (socket.writable) socket.write(' ');
  }, 1_000);
  expect(await healthz()).toBe(200);
  expect(await world.deliver('generic', { key: 'meanwhile', title: 'Meanwhile' })).toBe(202);
  const answers = await Promise.all(dripping.map(({ answer }) => answer));
  clearInterval(drips);
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
}, 40_000);

describe('An authentic body of odd JSON', () => {
  const deep = (open: string, inner: string, close: string, depth = 100_000) =>
    `${open.repeat(depth)}${inner}${close.repeat(depth)}`;
  const long = 'x'.repeat(900_000);
  const odd: Readonly<Record<string, string>> = {
    '100,000 brackets': deep('[', '', ']'),
    '100,000 brackets, never closed': '['.repeat(100_000),
    '100,000 objects in each other': deep('{"a":', '1', '}'),
    '100,000 brackets under a key that is read': `{"key":"k","title":"t","labels":${deep('{"a":', '1', '}')}}`,
    '50,000 objects where anything may stand': JSON.stringify({
      deployment_status: { id: 1, state: 'success', environment: 'canary' },
      deployment: { ref: 'v1.7.0', environment: 'canary', payload: 'DEEP' },
      repository: { full_name: 'shop/storefront' },
    }).replace('"DEEP"', deep('{"version":', '1', '}', 50_000)),
    'numbers beyond all numbers': '{"key":1e400,"sessions":-1e400,"version":1e400,"line":1e400}',
    'a number of 100,000 digits': `{"sessions":${'9'.repeat(100_000)}}`,
    '60,000 keys': JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`k${n}`, n]))),
    'one key of 900,000 letters': JSON.stringify({ [long]: 1 }),
    'values of 400,000 letters': JSON.stringify({
      channel: long.slice(0, 400_000),
      version: long.slice(0, 400_000),
      reason: 'x',
    }),
    'a line of 900,000 letters': JSON.stringify({ line: long }),
    'a line of 900,000 blanks': JSON.stringify({ line: `stable${' '.repeat(900_000)}x` }),
    'halves of characters': '{"key":"\\ud800","title":"\\udfff","line":"\\ud800"}',
    'a byte order mark': '\ufeff{"line":7}',
    'nothing but null': 'null',
    'a number': '0',
    'a text': '"x"',
    'a list': '[]',
  };

  async function sendTo(
    path: string,
    body: string,
  ): Promise<{ readonly status: number; readonly answer: string }> {
    const source = path.split('/')[2] ?? '';
    const signing = signingSources.find((each) => each === source);
    const bearer = path.startsWith('/api/') ? apiTokens.ana : world.webhookToken;
    const headers = signing ? signed(world, signing, body) : { authorization: `Bearer ${bearer}` };
    return send(`${world.bot().url}${path}`, { 'content-type': 'application/json', ...headers }, body);
  }

  test.each(Object.keys(odd))('%s: every route has an answer to it, and a short one', async (name) => {
    const body = odd[name] ?? '';
    for (const path of paths.filter((each) => each !== '/slack/events')) {
      const { status, answer } = await sendTo(path, body);
      const expected = path.startsWith('/api/') ? [400, 409] : [202];
      expect([path, expected]).toEqual([path, expect.arrayContaining([status])]);
      expect(answer.length).toBeLessThan(10_000);
    }
    const form = new URLSearchParams({ payload: body }).toString();
    for (const raw of [{ contentType: 'application/json', body } as const, { body: form }]) {
      const signingSecret = reveal(world.settings.slack.signingSecret!);
      const url = `${world.bot().url}/slack/events`;
      const request = signSlackRequest({ ...raw, url, signingSecret, at: new Date(world.clock.now()) });
      // As a form some of them are too large.
      expect([200, 400, 413]).toContain((await send(url, request.headers, request.body)).status);
    }
    await world.settle();
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });

  test('is kept, and nobody but the people who look after alerts hears of it', async () => {
    const others = errors().filter((line) => !line.includes('it is in quarantine'));
    expect(others).toEqual([]);
    const incidents = await world.bot().store.listStreams('incident');
    const titles = incidents.flatMap(({ state }) =>
      Object.values((state as Incident).firing).map(({ title }) => title),
    );
    expect(titles).toEqual(expect.arrayContaining([expect.stringMatching(/cannot be understood/)]));
    expect(await world.bot().store.listStreams('operation')).toEqual([]);
    expect(world.slack.messages(conversations.releases.id)).toEqual([]);
  });
});

// The last one: it stops the bot.
test('A sender who goes away in the middle is no error of ours', async () => {
  const before = errors();
  for (const path of paths) {
    const post = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{`;
    // When the first request is answered, the second one has been begun.
    const { socket } = sayRaw(world.bot().url, `GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n${post}`);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.resetAndDestroy();
  }
  expect(await healthz()).toBe(200);
  await world.stopBot();
  expect(errors()).toEqual(before);
});
