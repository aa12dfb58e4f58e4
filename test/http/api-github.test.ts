import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBot, type Bot } from '../../src/bot/bot.ts';
import { apiTokens } from '../../src/sandbox/api-tokens.ts';
import { githubJobs } from '../../src/trust/github-oidc.ts';
import { canaryBody } from '../support/story-reports.ts';
import { issuerKey, signed, startIssuer, type GithubIssuer } from '../support/github-issuer.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const audience = 'https://lastgood.shop.example';
const file = { repository: 'shop/storefront', workflow: '.github/workflows/canary.yml' };
const jobs = githubJobs.parse({
  canary: { ...file, repository_id: '4711' },
  watchdog: { ...file, workflow: '.github/workflows/watchdog.yml', roles: ['responder', 'approver', 'lead'] },
});
const key = await issuerKey('first');

let world: StillWorld;
let issuer: GithubIssuer;
let bot: Bot;
beforeAll(async () => {
  issuer = await startIssuer(key);
  world = await stillWorld();
  await world.stopBot();
  bot = await startBot({
    settings: { ...world.settings, githubOidc: { issuer: issuer.url, audience, jobs } },
    clock: world.clock,
    policies: world.policies,
    random: () => 0.5,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});
afterAll(async () => {
  await bot.stop();
  await issuer.close();
  await world.close();
});

/** What a job of that workflow is answered. */
async function post(
  path: string,
  body: unknown,
  claims: Readonly<Record<string, unknown>> = {},
  idempotency = '',
) {
  const token = await signed(key, world.clock.now(), { iss: issuer.url, aud: audience, ...claims });
  const response = await fetch(`${bot.url}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(idempotency === '' ? {} : { 'idempotency-key': idempotency }),
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, json: await response.json() };
}

const ref = 'refs/heads/main';
const watchdog = `shop/storefront/.github/workflows/watchdog.yml@${ref}`;
const asWatchdog = { workflow_ref: watchdog, job_workflow_ref: watchdog };

describe('A job of GitHub Actions', () => {
  it('reports how the canary does, and is on record under its name', async () => {
    const { status, json } = await post('canary', canaryBody(world.clock.now(), { version: '1.6.0-rc.1' }));
    expect({ status, json }).toMatchObject({ status: 200, json: { verdict: 'pass' } });
    const events = await bot.store.readEvents('channel:shop/canary');
    expect(events.at(-1)).toMatchObject({
      by: { kind: 'token', name: 'github:canary' },
      type: 'health.reported',
    });
  });

  it('says what is deployed', async () => {
    expect(await post('deployments', { channel: 'canary', version: '1.6.0-rc.1' })).toMatchObject({
      status: 200,
    });
  });

  it('says it once, however often it sends it: the key is its own, not the token’s', async () => {
    const body = { channel: 'canary', version: '1.6.0-rc.2' };
    const before = (await bot.store.readEvents('channel:shop/canary')).length;
    const first = await post('deployments', body, { jti: 'one' }, 'run-100');
    const second = await post('deployments', body, { jti: 'two' }, 'run-100');
    expect(second).toMatchObject({ status: 200, json: first.json });
    const after = await bot.store.readEvents('channel:shop/canary');
    expect(after.length - before).toBe(1);
  });

  it('may do no more than its roles: a release bot changes nothing, and asks for nothing', async () => {
    const asked = { channel: 'stable', version: 'last-good', reason: 'smoke test failed' };
    expect(await post('commands/rollback', asked)).toMatchObject({ status: 409 });
    expect(await post('commands/lastgood-freeze', { reason: 'it burns' })).toMatchObject({ status: 409 });
  });

  it('with the role of a responder freezes production, and with none lifts that: it is nobody', async () => {
    const frozen = await post('commands/lastgood-freeze', { reason: 'it burns' }, asWatchdog);
    expect(frozen).toMatchObject({ status: 200, json: { tone: 'done' } });
    const lifted = await post('commands/lastgood-unfreeze', { reason: 'it was nothing' }, asWatchdog);
    expect(lifted).toMatchObject({ status: 409, json: { title: 'Cannot unfreeze production' } });
    const ready = await (await fetch(`${bot.url}/readyz`)).text();
    expect(ready).toContain('Production is frozen since 2026-11-22 03:00 UTC: no step begins');
    expect(ready).not.toContain('it burns');
    const { json: doctor } = await post('commands/lastgood-doctor', {}, asWatchdog);
    const { lines } = doctor as { readonly lines: readonly string[] };
    expect(lines).toContainEqual(expect.stringContaining('? Machine: bot Production is frozen since'));
  });

  it.each([
    ['of a fork', { repository: 'mallory/storefront' }],
    ['for a pull request', { event_name: 'pull_request_target' }],
    ['of another workflow', { workflow_ref: `shop/storefront/.github/workflows/ci.yml@${ref}` }],
    ['made for somebody else', { aud: 'https://elsewhere.example' }],
  ])('%s is let in nowhere', async (_, claims) => {
    for (const path of ['canary', 'deployments', 'commands/incident-list'])
      expect(await post(path, {}, claims)).toMatchObject({ status: 401 });
  });
});

it('While the keys of GitHub cannot be fetched a job is told to come again, and other tokens work', async () => {
  const away = await startIssuer(key);
  away.fail(502);
  const settings = { ...world.settings, githubOidc: { issuer: away.url, audience, jobs } };
  await bot.stop();
  bot = await startBot({
    settings,
    clock: world.clock,
    policies: world.policies,
    random: () => 0.5,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });

  const told = await post('canary', {}, { iss: away.url });
  expect(told.status).toBe(503);
  expect(told.headers.get('retry-after')).toBe('5');
  const others = await fetch(`${bot.url}/api/v1/incidents`, {
    headers: { authorization: `Bearer ${apiTokens.ana}` },
  });
  expect(others.status).toBe(200);
  await away.close();
});
