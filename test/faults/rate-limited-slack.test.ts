import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { effectIds } from './support/evidence.ts';
import { manyServices } from './support/many-services.ts';
import { startRateLimit, type Call, type RateLimit } from './support/rate-limit.ts';

const second = 1_000;
const others = 20;
const { incidents } = conversations;

let world: StillWorld;
let limit: RateLimit;
beforeEach(async () => {
  const clock = movableClock({ start: Date.parse('2026-11-22T03:00:00Z'), running: false });
  world = await stillWorld({ 'services.yml': manyServices(others) }, [], {
    clock,
    between: async ({ slack }) => {
      limit = await startRateLimit(slack.url, clock.now, 2);
      return { SLACK_API_URL: limit.url };
    },
  });
});
afterEach(async () => {
  await world.close();
  await limit.close();
});

test('Slack takes one message every two seconds: a P0 goes before twenty P3s that wait, nothing is lost, and Slack is left alone while it wants to be', async () => {
  for (let part = 1; part <= others; part += 1) await fires(`part-${part}`, 'P3');
  // Some of them have been put off several times.
  await world.pass(9 * second);
  const before = limit.calls().length;
  await fires('checkout', 'P0');

  // Whoever does not depend on Slack has called already.
  expect(world.pagerduty.alerts()).toHaveLength(1);
  expect(world.mail.mails().filter(({ subject }) => subject.startsWith('P0'))).toHaveLength(1);

  await world.pass(3 * second);
  const taken = limit
    .calls()
    .slice(before)
    .filter(({ limited }) => !limited);
  const pages = taken.filter(({ what }) => what === `chat.postMessage ${people.ana.id}`);
  const cards = taken.filter(({ what }) => what === `chat.postMessage ${incidents.id}`);
  expect(pages[0]?.text).toContain('P0');
  expect(cards[0]?.text).toContain('P0');

  await world.pass(600 * second);
  limit.lift();
  await world.pass(60 * second);
  expect(tooEarly(limit.calls())).toEqual([]);

  const posted = world.slack.messages(incidents.id);
  expect(posted.filter(({ thread_ts }) => thread_ts === undefined)).toHaveLength(others + 1);
  const everything = world.slack.conversations().flatMap(({ id }) => world.slack.messages(id));
  const ids = effectIds(everything);
  expect(ids).toEqual([...new Set(ids)]);
  const anas = everything.filter(({ conversation }) => conversation === 'D0ANA');
  expect(anas).toHaveLength(others + 1);
});

function tooEarly(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ at, what }) =>
    calls.some((one) => one.limited && one.what === what && one.at < at && at < one.until),
  );
}

async function fires(service: string, severity: string): Promise<void> {
  const alert = { key: service, title: `${service} is not well`, service, severity, status: 'firing' };
  expect(await world.deliver('generic', alert)).toBe(202);
  await world.settle();
}
