import { expect, test } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { startWorld } from '../../src/sandbox/world.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

test('a command that waited while we were away is not carried out hours later', async () => {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-late-'));
  const clock = movableClock({ start: Date.parse('2026-11-22T03:00:00Z'), running: false });
  const world = await startWorld({
    root,
    policies: examplePolicies,
    clock,
    port: 0,
    random: () => 0.5,
    logLevel: 'error',
    writeLog: () => undefined,
  });
  try {
    // Accepted, and then nothing could be done with it: Slack does not say who is asking until nine hours later.
    await world.stopBot();
    world.slack.fail({ path: 'auth.test' });
    await world.startBot();
    await world.slack.as(people.ana.id).command('C0RELEASES', '/rollback', 'stable last-good it crashes');
    await world.bot().quiet();
    await clock.advance(9 * 3_600_000, async () => Promise.resolve());
    world.slack.heal();
    await clock.advance(60_000, () => world.bot().quiet());

    expect(await world.bot().store.readStream('OP-1')).toBeUndefined();
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  } finally {
    await world.close();
    await rm(root, { recursive: true });
  }
});
