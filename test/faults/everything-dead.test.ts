import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import type { SlackMessage } from '../../src/sandbox/neighbours/slack.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { effectIds } from './support/evidence.ts';
import { manyServices } from './support/many-services.ts';

const second = 1_000;
const minute = 60 * second;
const { incidents } = conversations;
const { ana, ben } = people;

let world: StillWorld;
beforeEach(async () => {
  // One at a time, so that their order can be seen.
  world = await stillWorld({ 'services.yml': manyServices(6) }, [], { mostInFlight: 1 });
});
afterEach(() => world.close());

test('Slack, PagerDuty, mail and GitHub are dead at once: alerts are taken, /readyz says it, and when they are back everything goes out once, the worst first', async () => {
  const { slack, pagerduty, github, mail } = world;
  await world.type(ana.id, '/rollback stable 1.4.2 gift cards cost nothing');
  const { hash } = await world.operation('OP-1');
  await world.type(ben.id, `/operation approve OP-1 ${hash}`);
  expect(github.runs()).toHaveLength(1);
  const before = effectIds(everything());
  for (const neighbour of [slack, pagerduty, github]) neighbour.fail({ status: 503 });
  mail.fail('refuse');

  // The least bad first, and not at once: each is in a retry of its own.
  const fired = [
    ['part-1', 'P3'],
    ['part-2', 'P2'],
    ['part-3', 'P3'],
    ['part-4', 'P1'],
    ['part-5', 'P2'],
    ['part-6', 'P1'],
    ['checkout', 'P0'],
  ] as const;
  for (const [service, severity] of fired) {
    expect(await fires(service, severity)).toBe(202);
    await world.pass(7 * second);
  }
  await world.pass(30 * second);
  expect(await ready()).toMatch(
    /^200 ready\nPages and messages do not go out: \d+ wait to be tried again, the first for 1m 19s;/,
  );
  expect(effectIds(everything())).toEqual(before);

  // What was taken is still there after a restart in the middle of it.
  await world.stopBot();
  await world.startBot();
  const open = await world.bot().store.listStreams('incident', { openOnly: true });
  expect(open).toHaveLength(fired.length);
  // The switch outside hears nothing of it any more.
  const withheld =
    /\nThe heartbeat is withheld from the switch outside: a page has not gone out for 1m 19s\n/;
  await vi.waitFor(async () => expect(await ready()).toMatch(withheld), 5_000);

  for (const neighbour of [slack, pagerduty, github]) neighbour.heal();
  mail.heal();
  await world.pass(31 * second);
  const healed = /^200 ready\nNothing has come in from Slack since the start, [^\n]*\nThe heartbeat/;
  await vi.waitFor(async () => expect(await ready()).toMatch(healed), 5_000);

  // Whoever tried first found them back; then the worst goes first, everywhere.
  expect(inOrder(pagerduty.alerts().map(({ severity }) => severityThere.indexOf(severity)))).toBe(true);
  expect(inOrder(mail.mails().map(({ subject }) => Number(/P(\d)/.exec(subject)?.[1])))).toBe(true);
  expect(inOrder(slack.messages('D0ANA').map(severityOf))).toBe(true);
  const cards = slack.messages(incidents.id).filter(({ thread_ts }) => thread_ts === undefined);
  expect(inOrder(cards.map(severityOf))).toBe(true);

  expect(pagerduty.alerts()).toHaveLength(3);
  expect(mail.mails()).toHaveLength(5);
  expect(slack.messages('D0ANA')).toHaveLength(fired.length);
  expect(cards).toHaveLength(fired.length);
  const ids = effectIds(everything());
  expect(ids).toEqual([...new Set(ids)]);

  // The run that was under way is followed to its end, and nothing was posted again.
  await world.pass(minute);
  expect((await world.operation('OP-1')).status).toBe('done');
  expect(github.runs()).toHaveLength(1);
  const later = effectIds(everything());
  expect(later).toEqual([...new Set(later)]);
  await vi.waitFor(async () => expect(await ready()).not.toContain('heartbeat'), 5_000);
});

const severityThere = ['critical', 'error', 'warning', 'info'];

/** Whether the numbers only rise; the first is whoever asked whether they are back. */
function inOrder([, ...others]: readonly number[]): boolean {
  return others.length > 0 && others.every((one, index) => index === 0 || one >= (others[index - 1] ?? 0));
}

function severityOf({ text }: SlackMessage): number {
  return Number(/P(\d)/.exec(text)?.[1]);
}

function everything(): readonly SlackMessage[] {
  return world.slack.conversations().flatMap(({ id }) => world.slack.messages(id));
}

async function ready(): Promise<string> {
  const response = await fetch(`${world.bot().url}/readyz`);
  return `${response.status} ${await response.text()}`;
}

async function fires(service: string, severity: string): Promise<number> {
  const alert = { key: service, title: `${service} is not well`, service, severity, status: 'firing' };
  return world.deliver('generic', alert);
}
