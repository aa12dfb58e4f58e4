import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import type { SignedRequest } from '../../src/sandbox/neighbours/slack.ts';
import { chanceFrom, seedOfRun } from './support/chance.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood();
});
afterEach(() => town.close());

const rounds = 4;
const senders = 6;
/** How many a sender sends in a round, if nobody stops it. */
const most = 12;

/** Something that was sent, and how to send the very same again. */
interface Sent {
  readonly kind: 'alert' | 'command';
  /** Resolves to the answer's status, or to undefined when the process died before it answered. */
  readonly send: () => Promise<number | undefined>;
  status: number | undefined;
}

test('kill -9 while alerts and commands pour in: each that was answered is there, and has its effect once', async () => {
  const chance = chanceFrom(seedOfRun());
  const alerts = new Map<string, Sent>();
  const commands = new Map<string, Sent>();

  for (let round = 0; round < rounds; round += 1) {
    const bot = await town.start();
    const enough = 1 + Math.floor(chance() * senders * most * 0.8);
    let answered = 0;
    const pouring = Array.from({ length: senders }, async (_, sender) => {
      let sent: Sent | undefined;
      for (let n = 0; n < most && (n === 0 || sent?.status !== undefined); n += 1) {
        const name = `${round}.${sender * most + n}`;
        sent = chance() < 0.6 ? alertOf(name) : commandOf(name);
        (sent.kind === 'alert' ? alerts : commands).set(name, sent);
        sent.status = await sent.send();
        if (sent.status !== undefined) answered += 1;
        if (answered === enough) await bot.kill();
      }
    });
    await Promise.all(pouring);
  }

  // Whoever got no answer sends again, as Alertmanager and Slack do; and so does one who got one, to be sure.
  const bot = await town.start();
  const again = [...alerts.values(), ...commands.values()];
  expect(again.filter(({ status }) => status !== undefined).length).toBeGreaterThan(0);
  expect(again.filter(({ status }) => status === undefined).length).toBeGreaterThan(0);
  for (const sent of again) sent.status = await sent.send();
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200, 202]));

  await until('all has been worked on', () => answersTo(commands).every(({ count }) => count > 0));
  await town.alert({
    key: 'last',
    status: 'firing',
    title: 'This is the last of them',
    service: 'checkout',
    severity: 'critical',
  });
  await until('somebody is paged for the last one', () =>
    town.pagerduty.alerts().some(({ summary }) => summary.includes('the last of them')),
  );
  const { code } = await bot.terminate();
  expect(code).toBe(0);

  await town.readStore(async (store) => {
    expect(await store.unsettledInbox()).toEqual([]);
    const fired = (await eventsOf(store, 'incident')).filter(({ type }) => type === 'alert.fired');
    const fingerprints = fired.map(({ data }) => (data as { fingerprint: string }).fingerprint);
    expect(fingerprints.toSorted()).toEqual(
      [...alerts.keys(), 'last'].map((name) => `generic:${name}`).toSorted(),
    );
    const moved = (await eventsOf(store, 'channel')).filter(
      ({ data, type }) => type === 'channel.moved' && (data as { cause: string }).cause === 'set',
    );
    expect(moved.map(({ data }) => (data as { to: string }).to).toSorted()).toEqual(
      [...commands.keys()].map(versionOf).toSorted(),
    );
  });

  const ids = effectIds(town.posted());
  expect(ids).toEqual([...new Set(ids)]);
  expect(said('could not be understood')).toBe(false);
  const keys = town.pagerduty.alerts().map(({ dedupKey }) => dedupKey);
  expect(keys).toEqual([...new Set(keys)]);
}, 60_000);

function alertOf(name: string): Sent {
  const channel = name.endsWith('1') ? 'canary' : 'stable';
  const alert = { key: name, status: 'firing', title: `Alert ${name}`, service: 'platform', channel };
  return { kind: 'alert', send: () => town.alert(alert), status: undefined };
}

/** Each says that another version is live, so that each leaves one event and one answer. */
function commandOf(name: string): Sent {
  const text = `set canary ${versionOf(name)} for:${name}:`;
  let request: SignedRequest | undefined;
  return {
    kind: 'command',
    send: async () => {
      // Slack sends the same trigger id again, under a new signature; here it even is the same request.
      request ??= town.slack.payloadForCommand(people.ana.id, conversations.releases.id, '/channels', text);
      const { status } = await town.slack.deliver({ ...request, url: `${town.url()}/slack/events` });
      return status === 0 ? undefined : status;
    },
    status: undefined,
  };
}

function versionOf(name: string): string {
  return `7.${name}`;
}

/** The answers that the commands got which were accepted. */
function answersTo(commands: ReadonlyMap<string, Sent>): readonly { readonly count: number }[] {
  const answers = town.slack.ephemerals(people.ana.id).map(({ blocks }) => JSON.stringify(blocks));
  return [...commands.keys()].map((name) => ({
    count: answers.filter((answer) => answer.includes(`for:${name}:`)).length,
  }));
}

function said(words: string): boolean {
  return town.posted().some(({ text }) => text.includes(words));
}
