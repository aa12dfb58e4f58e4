import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../src/env-file.ts';
import { readJsonBody } from '../../src/http/api/json-body.ts';
import { findRoute } from '../../src/http/routing.ts';
import type { Route } from '../../src/http/wire.ts';
import { signSlackRequest } from '../../src/sandbox/neighbours/slack.ts';
import { slackOverHttp } from '../../src/slack/http-intake.ts';
import { decode, slackItem } from '../../src/slack/item.ts';
import { requestTally } from '../../src/slack/request-tally.ts';
import { isResponseUrl } from '../../src/slack/response-url.ts';
import { callerOf, type ApiTokens } from '../../src/trust/api-token.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { identify } from '../../src/trust/slack-identity.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { policies, start } from '../support/given.ts';
import { nearly, nearlyText, partsOf, wordOf } from './support/near.ts';
import { genuine, hmac, signing, signingSources } from './support/webhooks.ts';

/** Headers as Node hands them on: one value, or several of the same name. */
const headersLike = (genuineOnes: Readonly<Record<string, string>>) =>
  nearly(genuineOnes).map((headers) =>
    Object.fromEntries(
      partsOf(headers).map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value.map(wordOf) : wordOf(value),
      ]),
    ),
  );

test('A request to Slack’s route is kept only if Slack signed these very bytes; nothing is thrown', async () => {
  const key = 'a-signing-secret';
  const body = new URLSearchParams({ command: '/incident', text: 'list', trigger_id: '1.2' }).toString();
  const signed = signSlackRequest({ url: '', signingSecret: key, body, at: new Date(start) });
  const lower = Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  let received = 0;
  const handle = slackOverHttp({
    signingSecret: secret(key),
    now: () => start,
    tally: requestTally(),
    receive: () => {
      received += 1;
      return Promise.resolve({ new: true });
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  let genuineOnes = 0;
  const bodies = fc.oneof(fc.constant(body), nearlyText(body, '%00', '&payload=', '=', '&'));
  await fc.assert(
    fc.asyncProperty(headersLike(lower), bodies, async (headers, raw) => {
      received = 0;
      const { status } = await handle({ headers, rawBody: Buffer.from(raw) });
      const seconds = String(headers['x-slack-request-timestamp']);
      const right = createHmac('sha256', key)
        .update(`v0:${Number(seconds)}:${raw}`)
        .digest('hex');
      const isRight = headers['x-slack-signature'] === `v0=${right}`;
      genuineOnes += received;
      expect([200, 400, 401]).toContain(status);
      expect(received).toBeLessThanOrEqual(isRight ? 1 : 0);
    }),
    { numRuns: 600 },
  );
  expect(genuineOnes).toBeGreaterThan(10);
});

test('A webhook’s door opens only for a signature over these very bytes; nothing is thrown', () => {
  const secrets = {
    grafana: [secret('g')],
    pagerduty: [secret('p')],
    sentry: [secret('s')],
    github: [secret('h')],
  };
  const doors = webhookDoors({ tokens: { generic: [sha256Hex('token')] }, secrets });
  const source = fc.constantFrom(...signingSources);
  const requests = source.chain((each) => {
    const value = `${signing[each].prefix}${hmac(reveal(secrets[each][0]!), genuine[each])}`;
    const bodies = fc.oneof(fc.constant(genuine[each]), nearlyText(genuine[each]));
    const headers = headersLike({ [signing[each].header]: value, authorization: 'Bearer x' });
    return fc.tuple(fc.constant(each), fc.constant(value), headers, bodies);
  });
  let opened = 0;
  fc.assert(
    fc.property(requests, ([each, value, headers, body]) => {
      const door = doors.find((one) => one.source === each);
      const request = { headers, body: Buffer.from(body) };
      const isOpen = door?.isAuthentic(request, start) ?? false;
      opened += isOpen ? 1 : 0;
      const header = String(headers[signing[each].header.toLowerCase()]);
      const isRight = body === genuine[each] && header.includes(value.slice(-64));
      expect(isOpen && !isRight).toBe(false);
      expect((door?.deliveryId(request) ?? '').length).toBeLessThanOrEqual(100);
    }),
    { numRuns: 600 },
  );
  expect(opened).toBeGreaterThan(10);
});

test('No header but the one with the token lets anybody into the API', () => {
  const tokens: ApiTokens = { ana: { sha256: [sha256Hex('right')], roles: ['lead'], person: 'ana' } };
  const headers = fc.oneof(
    fc.constant('Bearer right'),
    nearlyText('Bearer right', 'bearer ', ' ', ','),
    fc.array(fc.string()),
  );
  fc.assert(
    fc.property(headers, (authorization) => {
      const letIn = callerOf(tokens, authorization, policies.roster, 'api');
      const isRight = typeof authorization === 'string' && /^bearer right$/i.test(authorization);
      expect('caller' in letIn).toBe(isRight && authorization.endsWith('right'));
    }),
    { numRuns: 500 },
  );
});

test('Whatever Slack says of somebody: they are let in only as a person of our own workspace', async () => {
  const user = {
    id: 'U0ANA',
    team_id: 'T0OURS',
    name: 'ana',
    real_name: 'Ana Ruiz',
    deleted: false,
    is_bot: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_stranger: false,
    enterprise_user: { enterprise_id: 'E0', teams: ['T0OURS'] },
  };
  let letIn = 0;
  await fc.assert(
    fc.asyncProperty(nearly(user), async (said) => {
      const lookUp = () => Promise.resolve(said);
      const who = await identify({
        userId: 'U0ANA',
        team: 'T0OURS',
        lookUp,
        roster: policies.roster,
        via: 'slack',
      });
      letIn += 'actor' in who ? 1 : 0;
      const flags = said as Partial<typeof user> | null;
      const fit =
        flags?.id === 'U0ANA' &&
        [
          flags.deleted,
          flags.is_bot,
          flags.is_restricted,
          flags.is_ultra_restricted,
          flags.is_stranger,
        ].every((flag) => flag === false || flag === undefined);
      expect('actor' in who && !fit).toBe(false);
    }),
    { numRuns: 600 },
  );
  expect(letIn).toBeGreaterThan(20);
});

test('A body of Slack’s is an object or nothing, whatever it says it is', () => {
  const raw = fc.oneof(
    nearly({ type: 'block_actions', actions: [{ action_id: 'a', value: '{}' }] }).map((value) => {
      const text = JSON.stringify(value) ?? '';
      return new URLSearchParams({ payload: text }).toString();
    }),
    nearly({ type: 'event_callback' }).map((value) => JSON.stringify(value) ?? ''),
    fc.string({ unit: 'binary' }),
  );
  const contentType = fc.constantFrom('application/json', 'application/x-www-form-urlencoded', '');
  fc.assert(
    fc.property(contentType, raw, (type, text) => {
      const body = decode({ contentType: type, raw: text });
      expect(body === undefined || (typeof body === 'object' && !Array.isArray(body))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('Whatever ids Slack gives: an item has one that a store keeps as it is', () => {
  const wire = { contentType: 'application/json', raw: '{}' };
  fc.assert(
    fc.property(nearly({ event_id: 'Ev1', trigger_id: '1.2.x' }), (body) => {
      const { id } = slackItem(wire, Object.fromEntries(partsOf(body)), 'request/0', start);
      expect(id).toMatch(/^slack\/[\x21-\x7e]{1,210}$/);
    }),
    { numRuns: 500 },
  );
});

test('An address for an answer is one of Slack’s own, however it is written', () => {
  const addresses = nearlyText(
    'https://hooks.slack.com/commands/T0/1/x',
    '@',
    '\\',
    '#',
    '//',
    '.evil.example',
    ':8443',
    'slack.com',
    '%2e',
    '\t',
    '。',
  );
  let taken = 0;
  fc.assert(
    fc.property(addresses, (address) => {
      const isOurs = isResponseUrl(address, 'https://slack.com/api/');
      taken += isOurs ? 1 : 0;
      const goesTo = isOurs ? new Request(address).url : 'https://slack.com/';
      expect(goesTo).toMatch(/^https:\/\/(?:hooks\.)?slack\.com\//);
    }),
    { numRuns: 1_000 },
  );
  expect(taken).toBeGreaterThan(10);
});

test('A body of the API is an object, or refused with 400 or 415', () => {
  const type = fc.oneof(
    fc.constant('application/json'),
    nearlyText('application/json; charset=utf-8'),
    fc.constant(undefined),
  );
  const bodies = fc.oneof(
    nearly({ channel: 'stable', version: '1.4.2' }).map((value) => Buffer.from(JSON.stringify(value) ?? '')),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  );
  const given = { method: 'POST', path: '/x', params: {}, query: new URLSearchParams() };
  fc.assert(
    fc.property(type, bodies, (contentType, body) => {
      const headers = contentType === undefined ? {} : { 'content-type': contentType };
      const read = readJsonBody({ ...given, headers, body });
      expect('body' in read ? Object.prototype.toString.call(read.body) : read.refused.status).toBeOneOf([
        '[object Object]',
        400,
        415,
      ]);
    }),
    { numRuns: 500 },
  );
});

test('Any path finds a route, or is answered 404 or 405 in a few words', () => {
  const handle = () => Promise.resolve({ status: 200 });
  const routes: readonly Route[] = [
    { method: 'GET', path: '/api/v1/channels/{app}/{channel}', handle },
    { method: 'POST', path: '/api/v1/commands/{name}', handle },
    { method: 'GET', path: '/below/*', handle },
  ];
  const paths = nearlyText('/api/v1/channels/shop/stable', '%2f', '%00', '%', '/', '..', '?', '__proto__');
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'PROPFIND'), paths, (method, path) => {
      const found = findRoute(routes, method, path);
      const params = 'route' in found ? Object.values(found.params) : [];
      expect(params.filter((value) => value === '')).toEqual([]);
      expect('refused' in found ? found.refused.status : 200).toBeOneOf([200, 404, 405]);
      expect(JSON.stringify('refused' in found ? found.refused.json : '').length).toBeLessThan(1_500);
    }),
    { numRuns: 500 },
  );
});

test('Any .env is read, or its mistakes are told by line and never by value', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-env-'));
  const path = join(folder, '.env');
  const env = `# ours\nSLACK_BOT_TOKEN="xoxb-hunter2"\nexport PORT=3000 # here\nSMTP_URL='smtp://u:hunter2@mail'\nGITHUB_APP_PRIVATE_KEY="-----BEGIN\nhunter2\n-----END"\n`;
  try {
    fc.assert(
      fc.property(nearlyText(env, '"', "'", '`', '#', '=', '\n', '\r', '\\', '$', 'export '), (text) => {
        writeFileSync(path, text);
        const read = readEnvironment({ PORT: '4000' }, path);
        const told = read.ok ? [] : read.problems;
        expect(told.filter((problem) => !/ line \d+: /.test(problem) || problem.includes('hunter2'))).toEqual(
          [],
        );
        expect(read.ok ? read.env['PORT'] : '4000').toBe('4000');
      }),
      { numRuns: 500 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
