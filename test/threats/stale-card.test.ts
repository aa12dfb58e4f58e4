import { afterEach, expect, test } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { storeId } from '../support/given.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const { ana, dana } = people;
let world: StillWorld;
afterEach(() => world.close());

test('a card whose posting was answered late shows what has happened meanwhile', async () => {
  world = await stillWorld();
  world.slack.fail({ path: 'chat.postMessage', applied: true, status: 502, times: 1 });
  await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const { hash } = await world.operation('OP-1');
  const [card] = world.cards();
  if (!card) throw new Error('there is no card');

  await world.slack.as(dana.id).clickStale({
    conversationId: 'C0RELEASES',
    messageTs: card.ts,
    actionId: 'operation.reject',
    value: JSON.stringify({ id: 'OP-1', hash, store: storeId }),
  });
  await world.settle();
  await world.pass(120_000);

  expect((await world.operation('OP-1')).status).toBe('rejected');
  expect(world.cards()).toHaveLength(1);
  expect(JSON.stringify(world.cards()[0]?.blocks)).toContain('Rejected');
});
