import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSentry } from '../../src/sandbox/neighbours/sentry.ts';
import type { Sentry } from '../../src/sandbox/neighbours/sentry.ts';
import { official } from './official.ts';

const RELEASES = '/api/0/organizations/{organization_id_or_slug}/releases/';
const complaintsOf = official('sentry-derefed.json');

let clock: Date;
let sentry: Sentry;

beforeEach(async () => {
  clock = new Date('2026-03-01T10:00:00Z');
  sentry = await startSentry({
    now: () => clock,
    token: 'sntrys_sandbox',
    organization: 'shop-inc',
    projects: ['shop', 'admin'],
    releases: [{ version: 'shop@1.4.2' }, { version: 'shop@1.5.0' }],
  });
});

afterEach(() => sentry.close());

async function call(
  method: string,
  path: string,
  body?: object,
  token = 'sntrys_sandbox',
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${sentry.url}/api/0/organizations/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

test('archives a release, which can be read back', async () => {
  const archive = { version: 'shop@1.5.0', projects: ['shop'], status: 'archived' };
  expect(await call('POST', 'shop-inc/releases/', archive)).toMatchObject({
    status: 208,
    body: { status: 'archived' },
  });
  expect(await call('GET', 'shop-inc/releases/shop%401.5.0/')).toMatchObject({
    status: 200,
    body: { version: 'shop@1.5.0', status: 'archived' },
  });
  expect(sentry.releases().map(({ status }) => status)).toEqual(['open', 'archived']);
});

test('keeps the status where none is given, and opens it again where one is', async () => {
  await call('POST', 'shop-inc/releases/', { version: 'shop@1.5.0', projects: [], status: 'archived' });
  await call('PUT', 'shop-inc/releases/shop%401.5.0/', { ref: 'abc123', status: 'open' });
  expect(sentry.releases()[1]).toMatchObject({ status: 'archived', ref: 'abc123' });
  await call('POST', 'shop-inc/releases/', { version: 'shop@1.5.0', projects: [], status: 'open' });
  expect(sentry.releases()[1]?.status).toBe('open');
});

test('creates a release that it does not know', async () => {
  const made = await call('POST', 'shop-inc/releases/', { version: 'shop@1.6.0', projects: ['shop'] });
  expect(made).toMatchObject({
    status: 201,
    body: { status: 'open', dateCreated: '2026-03-01T10:00:00.000Z' },
  });
});

test('records deploys, the newest first', async () => {
  const path = 'shop-inc/releases/shop%401.4.2/deploys/';
  await call('POST', path, { environment: 'stable', name: 'first' });
  clock = new Date('2026-03-01T11:00:00Z');
  expect(await call('POST', path, { environment: 'stable', name: 'rollback OP-1' })).toMatchObject({
    status: 201,
    body: { environment: 'stable', name: 'rollback OP-1', dateFinished: '2026-03-01T11:00:00.000Z' },
  });
  expect((await call('GET', path)).body).toMatchObject([{ name: 'rollback OP-1' }, { name: 'first' }]);
  expect((await call('GET', 'shop-inc/releases/shop%401.4.2/')).body).toMatchObject({
    deployCount: 2,
    lastDeploy: { name: 'rollback OP-1' },
  });
});

test.each([
  ['GET', 'shop-inc/releases/nothing/', undefined, 404, { detail: 'The requested resource does not exist' }],
  [
    'GET',
    'elsewhere/releases/shop%401.4.2/',
    undefined,
    404,
    { detail: 'The requested resource does not exist' },
  ],
  ['POST', 'shop-inc/releases/nothing/deploys/', { environment: 'stable' }, 404, {}],
  ['POST', 'shop-inc/releases/shop%401.4.2/deploys/', {}, 400, { environment: ['This field is required.'] }],
  [
    'POST',
    'shop-inc/releases/',
    { version: 'a/b', projects: [] },
    400,
    { version: ['Invalid release version'] },
  ],
  [
    'POST',
    'shop-inc/releases/',
    { version: 'a', projects: ['x'] },
    400,
    { projects: ['Invalid project slugs'] },
  ],
  [
    'POST',
    'shop-inc/releases/',
    { version: 'a', projects: [], status: 'revoked' },
    400,
    { status: ['Invalid status'] },
  ],
])('refuses %s %s %j', async (method, path, body, status, answer) => {
  const before = sentry.releases();
  expect(await call(method, path, body)).toMatchObject({ status, body: answer });
  expect(sentry.releases()).toEqual(before);
});

test('only the right token is let in', async () => {
  expect(await call('GET', 'shop-inc/releases/shop%401.4.2/', undefined, 'other')).toEqual({
    status: 401,
    body: { detail: 'Invalid token' },
  });
});

test('breaks, is rate limited, and is well again', async () => {
  sentry.fail({ status: 503, times: 1 });
  expect((await call('GET', 'shop-inc/releases/shop%401.4.2/')).status).toBe(503);
  sentry.fail({ retryAfter: 5 });
  expect((await call('GET', 'shop-inc/releases/shop%401.4.2/')).status).toBe(429);
  sentry.heal();
  expect((await call('GET', 'shop-inc/releases/shop%401.4.2/')).status).toBe(200);
});

test('tells when something changed', async () => {
  let changes = 0;
  sentry.onChange(() => (changes += 1));
  await call('GET', 'shop-inc/releases/shop%401.4.2/');
  expect(changes).toBe(0);
  await call('POST', 'shop-inc/releases/shop%401.4.2/deploys/', { environment: 'stable' });
  expect(changes).toBe(1);
});

test.skipIf(complaintsOf === undefined)(
  'answers as the official description says (../shared/specs/sentry-derefed.json)',
  async () => {
    const complaints = (path: string, method: string, status: string, body: unknown): string[] =>
      complaintsOf?.(path, method, status, body) ?? [];
    const created = await call('POST', 'shop-inc/releases/', { version: 'shop@2.0.0', projects: ['shop'] });
    const deployed = await call('POST', 'shop-inc/releases/shop%402.0.0/deploys/', {
      environment: 'stable',
      name: 'OP-1',
    });
    const listed = await call('GET', 'shop-inc/releases/shop%402.0.0/deploys/');
    const updated = await call('PUT', 'shop-inc/releases/shop%402.0.0/', { url: 'https://example.com' });
    const read = await call('GET', 'shop-inc/releases/shop%402.0.0/');
    expect(complaints(RELEASES, 'post', '201', created.body)).toEqual([]);
    expect(complaints(`${RELEASES}{version}/deploys/`, 'post', '201', deployed.body)).toEqual([]);
    expect(complaints(`${RELEASES}{version}/deploys/`, 'get', '200', listed.body)).toEqual([]);
    expect(complaints(`${RELEASES}{version}/`, 'put', '200', updated.body)).toEqual([]);
    expect(complaints(`${RELEASES}{version}/`, 'get', '200', read.body)).toEqual([]);
  },
);
