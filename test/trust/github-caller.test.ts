import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { base64url, exportSPKI, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { githubCaller, type GithubCaller } from '../../src/trust/github-caller.ts';
import { githubIssuer, githubJobs } from '../../src/trust/github-oidc.ts';
import { issuerKey, jobClaims, signed, startIssuer, type GithubIssuer } from '../support/github-issuer.ts';
import { start } from '../support/given.ts';

const audience = 'https://lastgood.shop.example';
const jobs = githubJobs.parse({
  canary: {
    repository: 'shop/storefront',
    repository_id: 4711,
    repository_owner_id: '42',
    workflow: '.github/workflows/canary.yml',
  },
});
const [first, second, foreign] = (await Promise.all(['first', 'second', 'foreign'].map(issuerKey))) as [
  Awaited<ReturnType<typeof issuerKey>>,
  Awaited<ReturnType<typeof issuerKey>>,
  Awaited<ReturnType<typeof issuerKey>>,
];

let issuer: GithubIssuer;
const logged: Readonly<Record<string, unknown>>[] = [];
const log = { warn: (fields: Readonly<Record<string, unknown>>) => void logged.push(fields) };
let caller: GithubCaller;
beforeAll(async () => {
  issuer = await startIssuer(first);
  caller = githubCaller({ issuer: issuer.url, audience, jobs }, () => start, log);
});
afterAll(() => issuer.close());

const knock = (token: string, door = caller) => door(`Bearer ${token}`, 'api');
const job = (claims: Readonly<Record<string, unknown>> = {}, key = first) =>
  signed(key, start, { iss: issuer.url, ...claims });

/** A key that the issuer signs with in a world of its own, where nothing was fetched before. */
async function anew(...keys: readonly Awaited<ReturnType<typeof issuerKey>>[]) {
  const fresh = await startIssuer(...keys);
  const door = githubCaller({ issuer: fresh.url, audience, jobs }, () => start, log);
  return { fresh, door, token: (key = first) => signed(key, start, { iss: fresh.url }) };
}

describe('A token of GitHub Actions', () => {
  it('of a job that is named lets it in, as a program with the roles that it was given', async () => {
    expect(await knock(await job())).toEqual({
      caller: {
        token: 'github:canary',
        roles: ['release-bot'],
        actor: { kind: 'token', name: 'github:canary', roles: ['release-bot'], via: 'api' },
      },
    });
  });

  it('may be used again while it lives: a job has several things to say', async () => {
    const token = await job();
    expect(await knock(token)).toEqual(await knock(token));
  });

  it.each([
    ['another audience', { aud: 'https://github.com/shop' }, /audience \(aud\)/],
    ['another issuer', { iss: 'https://token.actions.githubusercontent.com.example' }, /issuer \(iss\)/],
    ['no issuer', { iss: undefined }, /issuer \(iss\)/],
    ['no audience', { aud: undefined }, /audience \(aud\)/],
    ['what has expired', { exp: start / 1_000 - 31 }, /\(exp\) is over/],
    ['what is not good yet', { nbf: start / 1_000 + 31 }, /\(nbf\) has not come/],
    ['what never expires', { exp: undefined }, /no exp/],
    ['times that are no numbers', { exp: 'never' }, /no exp/],
    ['another repository', { repository: 'shop/other' }, /its repository is another/],
    [
      'a fork',
      { repository: 'mallory/storefront', repository_id: '9', repository_owner_id: '6' },
      /its repository is/,
    ],
    ['a name that somebody else has taken', { repository_id: '4712' }, /its repository_id is another/],
    [
      'an owner’s name that somebody else has taken',
      { repository_owner_id: '43' },
      /its repository_owner_id is/,
    ],
    ['no repository_id', { repository_id: undefined }, /its repository_id is another/],
    [
      'another workflow',
      { workflow_ref: jobClaims.workflow_ref.replace('canary', 'ci') },
      /its workflow_ref is/,
    ],
    [
      'the workflow of another repository',
      { workflow_ref: jobClaims.workflow_ref.replace('shop/', 'mallory/') },
      /its workflow_ref is/,
    ],
    [
      'the workflow as it is on another branch',
      { workflow_ref: jobClaims.workflow_ref.replace('main', 'mine') },
      /its workflow_ref is/,
    ],
    ['another branch', { ref: 'refs/heads/mine' }, /its ref is another/],
    ['a branch whose name only begins like it', { ref: 'refs/heads/main2' }, /its ref is another/],
    [
      'a reusable workflow that is not named',
      { job_workflow_ref: 'mallory/x/.github/workflows/y.yml@refs/heads/main' },
      /its job_workflow_ref is/,
    ],
    ['a pull request', { event_name: 'pull_request', ref: 'refs/pull/7/merge' }, /its event_name is another/],
    [
      'a pull request that runs as if on main',
      { event_name: 'pull_request_target' },
      /its event_name is another/,
    ],
    ['a claim that is a list', { repository: ['shop/storefront'] }, /its repository is another/],
  ])('for %s is refused, and says which claim it was', async (_, claims, why) => {
    const answer = await knock(await job(claims));
    expect(answer).toEqual({ status: 401, error: expect.stringMatching(why) });
    // What would have been right is for the log, and not for whoever knocks.
    for (const ours of ['shop/storefront', 'refs/heads/main', '4711', audience, issuer.url])
      expect(JSON.stringify(answer)).not.toContain(ours);
  });

  it('may say nothing of a reusable workflow where none is named', async () => {
    expect(await knock(await job({ job_workflow_ref: undefined }))).toHaveProperty('caller');
  });

  it('leaves two clocks half a minute', async () => {
    const times = { exp: start / 1_000 - 29, nbf: start / 1_000 + 29 };
    expect(await knock(await job(times))).toHaveProperty('caller');
  });

  it('that is refused stands in the log with what was said and expected, and without itself', async () => {
    const { fresh, door } = await anew(first);
    const token = await signed(first, start, { iss: fresh.url, ref: 'refs/heads/mine' });
    logged.length = 0;
    await knock(token, door);
    await fresh.close();
    expect(logged).toMatchObject([
      {
        said: { ref: 'refs/heads/mine' },
        expected: { canary: { claim: 'ref', expected: 'refs/heads/main' } },
      },
    ]);
    expect(JSON.stringify(logged)).not.toContain(token.split('.')[2]);
  });

  it('does not fill the log, whoever sends many: each kind of trouble stands there once a minute', async () => {
    let now = start;
    const warned: string[] = [];
    const door = githubCaller({ issuer: issuer.url, audience, jobs }, () => now, {
      warn: (_, text) => void warned.push(text),
    });
    for (let n = 0; n < 20; n += 1) {
      expect(await knock('a.b.c', door)).toMatchObject({ status: 401 });
      expect(await knock(await job({ ref: 'refs/heads/mine' }), door)).toMatchObject({ status: 401 });
    }
    const once = [
      'a token of GitHub Actions was refused',
      'a token of GitHub Actions is for none of the jobs in GITHUB_OIDC',
    ];
    expect(warned).toEqual(once);
    now += 60_000;
    await knock('a.b.c', door);
    expect(warned).toEqual([...once, once[0]]);
  });

  it('is none when it is no JWT at all', async () => {
    for (const authorization of [undefined, 'Bearer abc', 'Basic a.b.c', ['Bearer a.b.c', 'Bearer a.b.c']])
      expect(await caller(authorization, 'api')).toBeUndefined();
  });
});

describe('A forged token', () => {
  const claims = () => ({ ...jobClaims, iss: issuer.url, nbf: start / 1_000, exp: start / 1_000 + 300 });
  const unsigned = (header: object): string =>
    [header, claims()].map((part) => base64url.encode(JSON.stringify(part))).join('.');

  it.each(['none', 'None', 'NONE'])('with the algorithm %s is refused', async (alg) => {
    expect(await knock(`${unsigned({ alg, kid: 'first' })}.`)).toMatchObject({ status: 401 });
  });

  it('with the public key as the secret of an HMAC is refused', async () => {
    const publicKey = await importJWK(first.jwk, 'RS256', { extractable: true });
    if (publicKey instanceof Uint8Array) throw new Error('no public key');
    const body = unsigned({ alg: 'HS256', kid: 'first' });
    for (const secret of [await exportSPKI(publicKey), JSON.stringify(first.jwk)]) {
      const signature = createHmac('sha256', secret).update(body).digest('base64url');
      expect(await knock(`${body}.${signature}`)).toEqual({
        status: 401,
        error: 'This token is not let in: it is not signed with RS256.',
      });
    }
  });

  it('signed with a key of somebody else’s under the name of ours is refused', async () => {
    const token = await signed({ ...foreign, kid: 'first' }, start, { iss: issuer.url });
    expect(await knock(token)).toEqual({
      status: 401,
      error: 'This token is not let in: its signature is wrong.',
    });
  });

  it('that brings its own key, or says where to fetch it, is refused, and nobody is asked', async () => {
    const trap = await startIssuer(foreign);
    const { jwk } = foreign;
    for (const header of [{ jwk }, { jku: `${trap.url}/.well-known/jwks` }, { x5u: trap.url }]) {
      const token = await signed({ ...foreign, kid: 'first' }, start, { iss: issuer.url }, header);
      expect(await knock(token)).toMatchObject({ status: 401 });
    }
    expect(await knock(await signed(foreign, start, { iss: trap.url }))).toMatchObject({ status: 401 });
    expect(trap.asked()).toBe(0);
    await trap.close();
  });

  it('of whose key nobody knows is refused; keys are looked for again, but not for each of many', async () => {
    const before = issuer.asked();
    for (let n = 0; n < 20; n += 1)
      expect(await knock(await job({}, { ...foreign, kid: `key-${n}` }))).toEqual({
        status: 401,
        error: 'This token is not let in: its key (kid) is none of the issuer’s.',
      });
    expect(issuer.asked() - before).toBeLessThanOrEqual(1);
  });

  it('whose claims were changed after it was signed is refused', async () => {
    const [header, , signature] = (await job()).split('.');
    const changed = base64url.encode(JSON.stringify({ ...claims(), repository_id: '1' }));
    expect(await knock([header, changed, signature].join('.'))).toMatchObject({ status: 401 });
  });

  it('of any kind is refused, and never a mistake of ours', async () => {
    const json = fc.oneof(fc.object(), fc.jsonValue());
    const header = fc.oneof(
      json,
      fc.record({
        alg: fc.constantFrom('RS256', 'PS256'),
        kid: fc.oneof(json, fc.constant('first')),
        crit: json,
      }),
    );
    const part = (value: unknown): string => base64url.encode(JSON.stringify(value) ?? '');
    await fc.assert(
      fc.asyncProperty(header, json, fc.base64String(), async (head, payload, signature) => {
        const token = [part(head), part(payload), base64url.encode(signature)].join('.');
        const answer = await knock(token);
        expect(answer === undefined || ('status' in answer && answer.status === 401)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('with a critical extension that nobody knows is refused', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'RS256', kid: 'first', crit: ['b64'], b64: true })
      .sign(first.privateKey);
    const [, body = '', signature = ''] = token.split('.');
    const header = base64url.encode(
      JSON.stringify({ alg: 'RS256', kid: 'first', crit: ['lastgood'], lastgood: 1 }),
    );
    expect(await knock([header, body, signature].join('.'))).toMatchObject({ status: 401 });
  });
});

describe('The keys of the issuer', () => {
  it('are fetched once for many tokens', async () => {
    const { fresh, door, token } = await anew(first);
    await Promise.all(Array.from({ length: 10 }, async () => knock(await token(), door)));
    expect(fresh.asked()).toBe(1);
    await fresh.close();
  });

  it('may be two while one is replaced', async () => {
    const { fresh, door, token } = await anew(first, second);
    expect(await knock(await token(first), door)).toHaveProperty('caller');
    expect(await knock(await token(second), door)).toHaveProperty('caller');
    await fresh.close();
  });

  it('are looked for again when they have been replaced, and forgotten when they are gone', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    onTestFinished(() => void vi.useRealTimers());
    const { fresh, door, token } = await anew(first);
    expect(await knock(await token(first), door)).toHaveProperty('caller');
    fresh.publish(second);
    vi.setSystemTime(start + 31_000);
    expect(await knock(await token(second), door)).toHaveProperty('caller');
    expect(await knock(await token(first), door)).toMatchObject({ status: 401 });
    await fresh.close();
  });

  it('that are taken back are believed for ten minutes at most', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
    onTestFinished(() => void vi.useRealTimers());
    const { fresh, door, token } = await anew(first, second);
    await knock(await token(first), door);
    fresh.publish(second);
    vi.setSystemTime(start + 10 * 60_000 + 1);
    expect(await knock(await token(first), door)).toMatchObject({ status: 401 });
    await fresh.close();
  });

  it('that cannot be fetched say nothing about whoever knocks: 503, and well again when they can', async () => {
    const { fresh, door, token } = await anew(first);
    fresh.fail(500);
    expect(await knock(await token(), door)).toMatchObject({
      status: 503,
      error: expect.stringMatching(/again in a moment/),
    });
    fresh.heal();
    expect(await knock(await token(), door)).toHaveProperty('caller');
    await fresh.close();
  });

  it('are not waited for without end', async () => {
    const { fresh, token } = await anew(first);
    const door = githubCaller({ issuer: fresh.url, audience, jobs }, () => start, log, 50);
    fresh.fail('hang');
    expect(await knock(await token(), door)).toMatchObject({ status: 503 });
    await fresh.close();
  });

  it('of nobody, where nobody listens: 503', async () => {
    const { fresh, door, token } = await anew(first);
    const knocking = await token();
    await fresh.close();
    expect(await knock(knocking, door)).toMatchObject({ status: 503 });
  });
});

describe('GITHUB_OIDC', () => {
  const least = { repository: 'shop/storefront', workflow: '.github/workflows/canary.yml' };

  it('believes a workflow on main, not started by a pull request, as a release bot, unless it says otherwise', () => {
    expect(githubJobs.parse({ canary: least })['canary']).toEqual({
      ...least,
      ref: 'refs/heads/main',
      events: ['push', 'release', 'schedule', 'workflow_dispatch'],
      roles: ['release-bot'],
    });
  });

  it.each([
    ['a repository without an owner', { repository: 'storefront' }],
    ['a workflow without its folder', { workflow: 'canary.yml' }],
    ['a workflow that climbs', { workflow: '.github/workflows/../x.yml' }],
    ['a bare branch', { ref: 'main' }],
    ['a pattern of its own', { ref: 'refs/*/main' }],
    ['every ref', { ref: '*' }],
    ['a person', { person: 'ana' }],
    ['a role that there is not', { roles: ['admin'] }],
    ['no event', { events: [] }],
  ])('refuses %s', (_, more) => {
    expect(githubJobs.safeParse({ canary: { ...least, ...more } }).success).toBe(false);
  });

  it('may let tags in, a reusable workflow, an environment, and a pull request, each by name', async () => {
    const door = githubCaller(
      {
        issuer: issuer.url,
        audience,
        jobs: githubJobs.parse({
          release: {
            ...least,
            ref: 'refs/tags/v*',
            job_workflow: 'shop/shared/.github/workflows/report.yml@refs/tags/v2',
            environment: 'production',
            events: ['pull_request_target'],
            roles: ['responder'],
          },
        }),
      },
      () => start,
      log,
    );
    const ref = 'refs/tags/v1.6.0';
    const claims = {
      ref,
      workflow_ref: `shop/storefront/.github/workflows/canary.yml@${ref}`,
      job_workflow_ref: 'shop/shared/.github/workflows/report.yml@refs/tags/v2',
      environment: 'production',
      event_name: 'pull_request_target',
    };
    expect(await knock(await job(claims), door)).toMatchObject({
      caller: { token: 'github:release', roles: ['responder'] },
    });
    for (const change of [
      { ref: 'refs/tags/beta' },
      { environment: 'staging' },
      { environment: undefined },
      { job_workflow_ref: claims.workflow_ref },
      { job_workflow_ref: undefined },
    ])
      expect(await knock(await job({ ...claims, ...change }), door)).toMatchObject({ status: 401 });
  });

  it('takes its keys over https, or from this machine', () => {
    expect(githubIssuer.parse(undefined)).toBe('https://token.actions.githubusercontent.com');
    for (const url of [
      'http://github.shop.example/_services/token',
      'http://localhost.example',
      'ftp://x',
      'x',
    ])
      expect(githubIssuer.safeParse(url).success).toBe(false);
  });
});
