import { afterEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { storeId } from '../support/given.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const { ana, dana } = people;
let world: StillWorld;
afterEach(() => world.close());

/** Presses the Approve button of some card of an OP-1, as Slack still shows it. */
async function approve(value: object): Promise<void> {
  await world.slack.as(dana.id).clickStale({
    conversationId: conversations.releases.id,
    messageTs: world.cards()[0]!.ts,
    actionId: 'operation.approve',
    value: JSON.stringify(value),
  });
  await world.settle();
}

test('A button of a store that is lost does nothing to what has its number today, and says so', async () => {
  world = await stillWorld();
  await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const { hash } = await world.operation('OP-1');

  for (const value of [
    { id: 'OP-1', hash, store: 'b7d2q1' },
    { id: 'OP-1', hash, store: { toString: storeId } },
    // A store that was never there before buttons bore its name has drawn none without it.
    { id: 'OP-1', hash },
  ]) {
    await approve(value);
    expect(world.told(dana.id)).toContain('from before Lastgood’s records began anew');
    expect(world.told(dana.id)).toContain('/operation list');
    expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
  }
  expect(world.github.runs()).toEqual([]);

  await approve({ id: 'OP-1', hash, store: storeId });
  expect((await world.operation('OP-1')).approvals).toMatchObject([{ person: 'dana' }]);
});
