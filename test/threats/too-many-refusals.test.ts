import { afterEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

const { ana, dana } = people;
let world: StillWorld;
afterEach(() => world.close());

test('Two hundred refusals are two hundred answers, and not two hundred lines in a thread', async () => {
  world = await stillWorld();
  await world.type(ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const [card] = world.cards();
  if (!card) throw new Error('there is no card');
  const told = world.slack.ephemerals(ana.id).length;

  for (let n = 0; n < 200; n += 1)
    await world.slack.as(ana.id).click(conversations.releases.id, card.ts, 'operation.approve');
  await world.settle();

  const answers = world.slack.ephemerals(ana.id).slice(told);
  expect(answers).toHaveLength(200);
  for (const { text } of answers) expect(text).toContain('Nobody approves what they asked for themselves');
  const lines = world.slack
    .messages(conversations.releases.id)
    .filter(({ thread_ts }) => thread_ts === card.ts);
  expect(lines.filter(({ text }) => text.includes('Refused: Ana Ruiz'))).toHaveLength(5);
  expect(lines.at(-1)?.text).toContain('further refusals are told to Ana Ruiz alone');

  // Whoever may approve is not held up by any of it.
  await world.slack.as(dana.id).click(conversations.releases.id, card.ts, 'operation.approve');
  await world.settle();
  expect((await world.operation('OP-1')).approvals).toMatchObject([{ person: 'dana' }]);
}, 60_000);
