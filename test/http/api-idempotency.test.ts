import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { apiOf } from './api-world.ts';

let world: StillWorld;
let last = 0;
/** A key that was never used. */
let key: { readonly 'idempotency-key': string };

beforeAll(async () => {
  world = await stillWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  last += 1;
  key = { 'idempotency-key': `key/${last}` };
});

const declared = { severity: 'P3', service: 'checkout', title: 'payments are slow' };

async function incidents(): Promise<readonly string[]> {
  return (await world.bot().store.listStreams('incident')).map(({ id }) => id);
}

/** Ends what a test has begun, so that the next one can begin the same. */
async function resolveAll(): Promise<void> {
  for (const { id } of await world.bot().store.listStreams('incident', { openOnly: true })) {
    await apiOf(world, 'ana').command('incident-resolve', { incident: id });
  }
}

describe('The same request under the same key', () => {
  it('is answered the same, and done once', async () => {
    const before = await incidents();
    const first = await apiOf(world, 'ana').command('incident-declare', declared, key);
    expect(first).toMatchObject({ status: 200, json: { tone: 'done' } });
    await world.pass(60_000);

    const again = await apiOf(world, 'ana').command('incident-declare', declared, key);

    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(await incidents()).toHaveLength(before.length + 1);
    // Without the key it is another request, and refused: one is open.
    expect((await apiOf(world, 'ana').command('incident-declare', declared)).status).toBe(409);
    await resolveAll();
  });

  it('many at once: one effect, one answer', async () => {
    const before = await incidents();

    const answers = await Promise.all(
      Array.from({ length: 30 }, () => apiOf(world, 'ana').command('incident-declare', declared, key)),
    );

    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await incidents()).toHaveLength(before.length + 1);
    await resolveAll();
  });

  it('also after a restart', async () => {
    const first = await apiOf(world, 'ana').command('incident-declare', declared, key);
    const after = await incidents();
    await world.stopBot();
    await world.startBot();

    const again = await apiOf(world, 'ana').command('incident-declare', declared, key);

    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(await incidents()).toEqual(after);
    await resolveAll();
  });

  it('is answered the same when it was refused, whatever has happened since', async () => {
    const first = await apiOf(world, 'ana').command('incident-ack', {}, key);
    expect(first.status).toBe(409);
    await apiOf(world, 'ana').command('incident-declare', declared);

    const again = await apiOf(world, 'ana').command('incident-ack', {}, key);

    expect([again.status, again.text]).toEqual([first.status, first.text]);
    await resolveAll();
  });

  it('is answered the same also where it would be a mistake by now', async () => {
    await apiOf(world, 'ana').command('incident-declare', declared);
    const first = await apiOf(world, 'ana').command('incident-resolve', {}, key);
    expect(first.json).toMatchObject({ tone: 'done' });

    const again = await apiOf(world, 'ana').command('incident-resolve', {}, key);

    expect([again.status, again.text]).toEqual([first.status, first.text]);
  });

  it('sees how things are now when it only looks, and leaves nothing in the store', async () => {
    const look = () => apiOf(world, 'ana').command('incident-list', {}, key);
    expect((await look()).json).toMatchObject({ title: 'No incident is open' });
    await apiOf(world, 'ana').command('incident-declare', declared);

    expect((await look()).json).toMatchObject({ title: '1 incident is open' });

    await resolveAll();
    await world.stopBot();
    expect(world.inbox()).not.toContain(`api/ana/${key['idempotency-key']}`);
    await world.startBot();
  });

  it('is judged anew when it was mistyped', async () => {
    const mistyped = await apiOf(world, 'ana').command(
      'incident-declare',
      { ...declared, service: '?' },
      key,
    );
    expect(mistyped.status).toBe(400);

    expect((await apiOf(world, 'ana').command('incident-declare', declared, key)).status).toBe(200);
    await resolveAll();
  });
});

describe('Another request under a key that was used', () => {
  it.each([
    ['with another body', 'incident-declare', { ...declared, severity: 'P2' }],
    ['with the same body to another command', 'oncall', declared],
  ])('%s: 422, and nothing is done', async (_, name, body) => {
    await apiOf(world, 'ana').command('incident-declare', declared, key);
    await resolveAll();
    const before = await incidents();

    const other = await apiOf(world, 'ana').command(name, body, key);

    expect(other).toMatchObject({ status: 422, json: { error: expect.stringContaining('another request') } });
    expect(await incidents()).toEqual(before);
  });

  it('by another token: it has keys of its own', async () => {
    await apiOf(world, 'ana').command('incident-declare', declared, key);

    const bens = await apiOf(world, 'ben').command('incident-declare', declared, key);

    expect(bens.json).toMatchObject({ tone: 'refused', lines: [expect.stringContaining('is open on')] });
    await resolveAll();
  });
});

it.each(['', ' ', 'two words', 'x'.repeat(201), 'schlüssel'])('“%s” is no key', async (bad) => {
  const answered = await apiOf(world, 'ana').command('incident-list', {}, { 'idempotency-key': bad });
  expect(answered.status).toBe(400);
  expect(answered.json).toEqual({ error: expect.stringContaining('200 visible characters') });
});
