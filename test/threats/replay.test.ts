import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { stillWorld, type StillWorld } from './support/still-world.ts';

let world: StillWorld;
beforeEach(async () => {
  world = await stillWorld();
});
afterEach(() => world.close());

test('The same command twenty times at once, and again after a restart: one effect and one answer', async () => {
  const { slack } = world;
  const command = slack.payloadForCommand(
    people.ana.id,
    conversations.releases.id,
    '/channels',
    'set canary 2.0.0 by hand',
  );

  const deliveries = await Promise.all(Array.from({ length: 20 }, () => slack.deliver(command)));
  await world.settle();
  await world.stopBot();
  await world.startBot();
  const late = await slack.deliver({ ...command, url: `${world.bot().url}/slack/events` });
  await world.settle();

  // Slack hears that it was taken each time, or it would send it again.
  expect([...deliveries, late].map(({ status }) => status)).toEqual(Array.from({ length: 21 }, () => 200));
  expect(slack.ephemerals(people.ana.id)).toHaveLength(1);
  const moved = (await world.bot().store.readEvents('channel:shop/canary')).filter(
    ({ data }) => (data as { to?: string }).to === '2.0.0',
  );
  expect(moved).toHaveLength(1);
});

test('The same click ten times at once, and again after a restart: one approval, one run', async () => {
  const { slack } = world;
  await world.type(people.ana.id, '/rollback stable 1.4.2 checkout answers 500');
  const click = slack.payloadForClick(
    people.ben.id,
    conversations.releases.id,
    world.cards()[0]!.ts,
    'operation.approve',
  );

  await Promise.all(Array.from({ length: 10 }, () => slack.deliver(click)));
  await world.settle();
  await world.stopBot();
  await world.startBot();
  await slack.deliver({ ...click, url: `${world.bot().url}/slack/events` });
  await world.settle();

  expect((await world.operation('OP-1')).approvals).toHaveLength(1);
  expect(slack.ephemerals(people.ben.id)).toHaveLength(1);
  expect(world.github.runs()).toHaveLength(1);
});

test('The same alert in any number: one incident, and the people are paged once', async () => {
  const alert = {
    key: 'down',
    status: 'firing',
    title: 'Nobody can pay',
    service: 'checkout',
    severity: 'critical',
  };

  await Promise.all(Array.from({ length: 10 }, () => world.deliver('generic', alert)));
  await world.settle();

  expect(await world.bot().store.listStreams('incident')).toHaveLength(1);
  expect(world.pagerduty.log()).toHaveLength(1);
  expect(world.mail.mails()).toHaveLength(1);
});
