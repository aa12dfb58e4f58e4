import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood();
});
afterEach(() => town.close());

const senders = 8;

test('SIGTERM in the middle of a storm: it ends with 0, and what it had answered is done after the next start, once', async () => {
  const answered = { alerts: new Set<string>(), commands: new Set<string>() };
  const bot = await town.start();
  let stopping: ReturnType<typeof bot.terminate> | undefined;

  // Senders that never pause, over connections that stay open: they must not keep it from ending.
  const storm = Array.from({ length: senders }, async (_, sender) => {
    for (let n = 0; ; n += 1) {
      const name = `${sender}.${n}`;
      const isAlert = sender % 2 === 0;
      const status = isAlert ? await sendAlert(name) : await sendCommand(name);
      if (status === undefined) return;
      expect(status).toBe(isAlert ? 202 : 200);
      (isAlert ? answered.alerts : answered.commands).add(name);
      if (answered.alerts.size >= 20) stopping ??= bot.terminate();
    }
  });
  await Promise.all(storm);
  expect(await stopping).toMatchObject({ code: 0, stderr: '' });

  const again = await town.start();
  await until('all commands are answered', () => [...answered.commands].every((name) => answersTo(name) > 0));
  expect(await sendAlert('last', 'critical')).toBe(202);
  await until('the last alert pages', () => town.pagerduty.alerts().length === 1);
  expect((await again.terminate()).code).toBe(0);

  await town.readStore(async (store) => {
    expect(await store.unsettledInbox()).toEqual([]);
    const fired = (await eventsOf(store, 'incident')).flatMap(({ data, type }) =>
      type === 'alert.fired' ? [(data as { fingerprint: string }).fingerprint.slice('generic:'.length)] : [],
    );
    expect(fired.toSorted()).toEqual([...answered.alerts, 'last'].toSorted());
  });
  expect([...answered.commands].filter((name) => answersTo(name) !== 1)).toEqual([]);
}, 60_000);

test('SIGTERM while Slack keeps a message to itself: it does not wait for ever, and the message is there once', async () => {
  const bot = await town.start();
  town.slack.fail({ path: 'chat.postMessage', applied: true, hang: true, times: 2 });
  expect(await sendAlert('down', 'critical')).toBe(202);
  await until('Slack has both', () => town.slack.failure() === undefined);

  expect((await bot.terminate()).code).toBe(0);

  town.slack.heal();
  await town.start();
  await until('the story is in the thread', () => town.posted().some(({ thread_ts }) => thread_ts));
  const ids = effectIds(town.posted());
  expect(ids).toEqual([...new Set(ids)]);
  expect(town.slack.messages('D0ANA')).toHaveLength(1);
}, 60_000);

test('SIGTERM while Slack does not say who is asking: nobody is turned away, and the next start does it', async () => {
  const bot = await town.start();
  town.slack.fail({ path: 'users.info', hang: true, times: 1 });
  expect(await sendCommand('early')).toBe(200);
  await until('Slack is asked', () => town.slack.failure() === undefined);
  expect(await bot.terminate()).toMatchObject({ code: 0, stderr: '' });
  expect(town.slack.ephemerals(people.ana.id)).toEqual([]);

  town.slack.heal();
  await town.start();
  await until('it is answered', () => answersTo('early') === 1);
}, 60_000);

test('SIGTERM with connections that say nothing: it ends all the same', async () => {
  const bot = await town.start();
  const { hostname, port } = new URL(town.url());
  const words = [
    '',
    'POST /webhooks/generic HTTP/1.1\r\nHost: x\r\n',
    'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
  ];
  const silent = await Promise.all(
    words.map(async (said) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(said);
      return socket;
    }),
  );
  expect((await bot.terminate()).code).toBe(0);
  for (const socket of silent) socket.destroy();
}, 60_000);

function sendAlert(name: string, severity = 'warning'): Promise<number | undefined> {
  return town.alert({ key: name, status: 'firing', title: `Alert ${name}`, service: 'checkout', severity });
}

async function sendCommand(name: string): Promise<number | undefined> {
  const { status } = await town.slack.deliver(
    town.slack.payloadForCommand(people.ana.id, conversations.releases.id, '/lastgood', `nonsense-${name}-`),
  );
  return status === 0 ? undefined : status;
}

function answersTo(name: string): number {
  return town.slack
    .ephemerals(people.ana.id)
    .filter(({ blocks }) => JSON.stringify(blocks).includes(`nonsense-${name}-`)).length;
}
