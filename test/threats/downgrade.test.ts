import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkVersionStatus, type Expected } from '../../src/client/version-status.ts';
import { people } from '../../src/sandbox/cast.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { newSigningKey, signerOf } from '../../src/trust/signing-key.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const list = '/.well-known/lastgood/status.json';
const one = '/api/v1/status/shop/1.5.0';
const hour = 3_600_000;

let world: StillWorld;
/** What anybody could keep before 1.5.0 was rolled back, and the truth after that. */
let before: Readonly<Record<string, string>>;
let after: Readonly<Record<string, string>>;
let key: string;

beforeAll(async () => {
  world = await stillWorld();
  key = publicPem(reveal(world.settings.signingKey!));
  before = await bodies();
  await world.type(people.ana.id, '/rollback stable 1.4.2 customers of Acme Inc. cannot pay');
  const { hash } = await world.operation('OP-1');
  await world.type(people.ben.id, `/operation approve OP-1 ${hash}`);
  await world.pass(5 * 60_000);
  after = await bodies();
});
afterAll(() => world.close());

async function bodies(): Promise<Readonly<Record<string, string>>> {
  const get = async (path: string) => (await fetch(`${world.bot().url}${path}`)).text();
  return { [list]: await get(list), [one]: await get(one) };
}

function publicPem(privatePem: string): string {
  return createPublicKey(createPrivateKey(privatePem)).export({ type: 'spki', format: 'pem' }).toString();
}

/** What a client of shop 1.5.0 goes by that has seen nothing yet. */
const client = (more: Partial<Expected> = {}): Expected => {
  return { keys: [key], app: 'shop', version: '1.5.0', now: world.clock.now(), highest: 0, ...more };
};

describe.each([list, one])('A client that asks %s', (path) => {
  const check = (which: Readonly<Record<string, string>>, more: Partial<Expected> = {}) =>
    checkVersionStatus(which[path] ?? '', client(more));

  test('hears that its version was rolled back', async () => {
    expect(await check(before)).toMatchObject({ ok: true, status: 'active' });
    expect(await check(after)).toMatchObject({
      ok: true,
      status: 'revoked',
      reason: 'rolled back from stable to 1.4.2',
    });
  });

  test('refuses an older answer once it has seen a newer one', async () => {
    const newest = await check(after);
    const highest = newest.ok ? newest.number : 0;
    expect(highest).toBeGreaterThan(0);
    expect(await check(before, { highest })).toEqual({ ok: false, why: 'older-than-known' });
    expect(await check(after, { highest })).toMatchObject({ ok: true, status: 'revoked', number: highest });
  });

  test('refuses one that has expired, though it has seen nothing newer', async () => {
    const expiresAt = (await check(before)) as { readonly expiresAt: string };
    const expiry = Date.parse(expiresAt.expiresAt);
    expect(await check(before, { now: expiry - 1 })).toMatchObject({ ok: true });
    expect(await check(before, { now: expiry })).toEqual({ ok: false, why: 'expired' });
  });

  test('refuses what was altered, whatever it is', async () => {
    const { signed, signature, key: id } = JSON.parse(after[path] ?? '') as Record<string, string>;
    const write = (more: object) => JSON.stringify({ signed, signature, key: id, ...more });
    const forgeries = [
      write({ signed: signed?.replace('revoked', 'active') }),
      write({ signed: signed?.replace('2026', '2036') }),
      write({ signed: signed?.replace(/"number":\d+/, '"number":9007199254740991') }),
      write({ signed: `${signed} ` }),
      write({ signature: (JSON.parse(before[path] ?? '') as Record<string, string>)['signature'] }),
      write({ signature: '' }),
      write({ signature: 'no base64!' }),
      write({ signature: signature?.slice(0, -8) }),
    ];
    for (const forged of forgeries) {
      expect([forged, await checkVersionStatus(forged, client())]).toEqual([
        forged,
        { ok: false, why: 'bad-signature' },
      ]);
    }
    for (const odd of ['', '{', 'null', '[]', '{}', '<h1>Forbidden</h1>', write({ signed: 1 })])
      expect(await checkVersionStatus(odd, client())).toEqual({ ok: false, why: 'not-an-answer' });
  });

  test('refuses what somebody else has signed, also under the name of our key', async () => {
    const theirs = signerOf(secret(newSigningKey().privatePem));
    const { signed = '', key: ours } = JSON.parse(before[path] ?? '') as Record<string, string>;
    const signature = theirs.sign(signed);
    const named = (id: string | undefined) => JSON.stringify({ signed, signature, key: id });
    expect(await checkVersionStatus(named(theirs.keyId), client())).toEqual({
      ok: false,
      why: 'unknown-key',
    });
    expect(await checkVersionStatus(named(ours), client())).toEqual({ ok: false, why: 'bad-signature' });
  });

  test('refuses what is said of another app, and of another store when it knows its own', async () => {
    expect(await check(after, { app: 'till' })).toEqual({ ok: false, why: 'another-app' });
    expect(await check(after, { store: 'zzzzzz' })).toEqual({ ok: false, why: 'another-store' });
    expect(await check(after, { store: 'k3x9w2' })).toMatchObject({ ok: true });
  });

  test('trusts two keys while one replaces the other', async () => {
    const next = newSigningKey().publicPem;
    expect(await check(after, { keys: [next, key] })).toMatchObject({ ok: true });
    expect(await check(after, { keys: [next] })).toEqual({ ok: false, why: 'unknown-key' });
  });
});

test('An answer about one version says nothing of another, nor stands in for the list', async () => {
  expect(await checkVersionStatus(after[one] ?? '', client({ version: '1.4.2' }))).toEqual({
    ok: false,
    why: 'another-app',
  });
  for (const version of ['9.9.9', '__proto__', 'constructor'])
    expect(await checkVersionStatus(after[list] ?? '', client({ version }))).toMatchObject({
      ok: true,
      status: 'unknown',
    });
});

test('Something else that the key has signed is no answer', async () => {
  const { keyId, sign } = signerOf(world.settings.signingKey!);
  const signed = JSON.stringify({ ...expectation(), type: 'audit-head', status: 'active' });
  const body = JSON.stringify({ signed, signature: sign(signed), key: keyId });
  expect(await checkVersionStatus(body, client())).toEqual({ ok: false, why: 'not-an-answer' });
});

function expectation(): object {
  const expires_at = new Date(world.clock.now() + hour).toISOString();
  return { number: 9_999_999_999, expires_at, app: 'shop', version: '1.5.0' };
}

test('What people wrote about an incident is in no public answer', () => {
  for (const body of Object.values(after)) expect(body).not.toContain('Acme');
});

test('It is there for everybody, and is not sent again to whoever has it', async () => {
  const first = await fetch(`${world.bot().url}${list}`);
  expect(first.headers.get('cache-control')).toBe('public, max-age=60');
  expect(first.headers.get('access-control-allow-origin')).toBe('*');
  const etag = first.headers.get('etag') ?? '';
  const text = await first.text();
  expect(text).toBe(after[list]);

  // Also over a restart: the number and the list are in the store.
  await world.stopBot();
  await world.startBot();
  const url = `${world.bot().url}${list}`;
  const again = await fetch(url, { headers: { 'if-none-match': `"x", W/${etag}` } });
  expect([again.status, again.headers.get('content-length'), await again.text()]).toEqual([304, null, '']);
  const changed = await fetch(url, { headers: { 'if-none-match': '"1-of-before"' } });
  expect([changed.status, await changed.text()]).toEqual([200, text]);
});

test.each([
  ['/api/v1/status/shop/9.9.9', 404, 'shop 9.9.9 is not known here'],
  ['/api/v1/status/__proto__/1.5.0', 404, 'is not known here'],
  ['/api/v1/status/shop/latest', 400, 'is no version such as 1.4.2'],
])('%s: %s, and why', async (path, status, words) => {
  const answer = await fetch(`${world.bot().url}${path}`);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toContain(words);
});

describe('Without SIGNING_KEY', () => {
  test('nothing is answered that nobody could check, and it is said why', async () => {
    const bare = await stillWorld({}, [], { between: () => Promise.resolve({ SIGNING_KEY: '' }) });
    try {
      for (const path of [list, one]) {
        const answer = await fetch(`${bare.bot().url}${path}`);
        expect(answer.status).toBe(404);
        expect(await answer.text()).toContain('SIGNING_KEY is not set');
      }
    } finally {
      await bare.close();
    }
  });
});
