import { afterEach, expect, test } from 'vitest';
import { startCaptured } from '../../src/sandbox/neighbours/captured-emulator.ts';
import type { CapturedEmulator } from '../../src/sandbox/neighbours/captured-emulator.ts';

// The neighbours reach into emulate 0.12.2, whose version is pinned. When these fail after an upgrade, its internals
// have moved: look at captured-emulator.ts first.

const NOW = new Date('2026-03-01T10:00:00Z');
const started: CapturedEmulator[] = [];

afterEach(async () => {
  for (const emulator of started.splice(0)) await emulator.close();
});

async function start(service: 'slack' | 'github', changed = (): void => {}): Promise<CapturedEmulator> {
  const emulator = await startCaptured(service, {
    now: () => NOW,
    seed: {},
    changed,
    intercept: (request, proceed) =>
      request.url.endsWith('/ours') ? Promise.resolve(new Response('ours')) : proceed(request),
  });
  started.push(emulator);
  return emulator;
}

test.each([
  [
    'slack',
    ['teams', 'users', 'channels', 'messages', 'ephemeral_messages', 'bots', 'tokens', 'incoming_webhooks'],
  ],
  ['github', ['repos', 'branches', 'releases', 'workflows', 'workflow_runs', 'jobs']],
] as const)('%s has the tables and the door that we use', async (service, tables) => {
  const emulator = await start(service);
  for (const name of tables) expect(emulator.table(`${service}.${name}`).all()).toBeInstanceOf(Array);
  expect(await (await fetch(`${emulator.url}/ours`)).text()).toBe('ours');
  expect((await fetch(`${emulator.url}/theirs`)).status).toBe(404);
});

test('several at once keep to themselves', async () => {
  const [one, two] = await Promise.all([start('slack'), start('slack')]);
  one?.table<object>('slack.messages').insert({ text: 'one' });
  expect(one?.table('slack.messages').all()).toHaveLength(1);
  expect(two?.table('slack.messages').all()).toHaveLength(0);
});

test('rows carry our clock, and every change is told', async () => {
  let changes = 0;
  const table = (await start('slack', () => (changes += 1))).table<{ text: string }>('slack.messages');
  changes = 0;
  const row = table.insert({ text: 'one' });
  expect(row).toMatchObject({ created_at: NOW.toISOString(), updated_at: NOW.toISOString() });
  expect(table.update(row.id, { text: 'two' })).toMatchObject({ text: 'two', updated_at: NOW.toISOString() });
  expect(table.delete(row.id)).toBe(true);
  expect(changes).toBe(3);
});
