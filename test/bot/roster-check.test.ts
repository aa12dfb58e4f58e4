import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkRoster, startRosterCheck, type RosterCheckParts } from '../../src/bot/roster-check.ts';
import { people } from '../../src/sandbox/cast.ts';
import { movableClock, type MovableClock } from '../../src/sandbox/movable-clock.ts';
import { startSlack, type Slack } from '../../src/sandbox/neighbours/slack.ts';
import { slackClients } from '../../src/slack/clients.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { OutboxRow, Store } from '../../src/store/store.ts';
import { secret } from '../../src/trust/secrets.ts';
import { policies, start } from '../support/given.ts';

const day = 86_400_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let root: string;
let store: Store;
let slack: Slack;
let clock: MovableClock;
let parts: RosterCheckParts;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-roster-'));
  store = await openSqliteStore({ path: join(root, 'lastgood.db') });
  clock = movableClock({ start, running: false });
  slack = await startSlack({
    botToken: 'xoxb-test',
    signingSecret: 'test',
    // Ana is the primary of checkout, and has left.
    people: [{ ...people.ana, deleted: true }, people.ben, people.dana],
    conversations: [],
    requestUrl: () => undefined,
    now: () => new Date(clock.now()),
  });
  const access = { token: secret('xoxb-test'), apiUrl: slack.url, timeout: 5_000, log: silent };
  const mail = { smtpUrl: secret('smtp://127.0.0.1'), from: 'lastgood@shop.example' };
  parts = {
    store,
    clock,
    engine: { poke: () => undefined },
    policies: () => policies,
    settings: { pagerduty: undefined, mail },
    clients: slackClients(access),
    log: silent,
  };
});
afterEach(async () => {
  clock.stop();
  await slack.close();
  await store.close();
  await rm(root, { recursive: true });
});

function warnings(): Promise<readonly OutboxRow[]> {
  return store.outboxDue(clock.now(), 10);
}

test('warns in the emergency conversation of a rung that pages only somebody who has left', async () => {
  expect(await checkRoster(parts)).toBe(2);
  const [row, ...more] = await warnings();
  expect(more).toEqual([]);
  expect(row).toMatchObject({
    id: 'roster-check/2026-11-22',
    effect: { type: 'page.slack', to: policies.notifications.conversations['emergency'] },
  });
  const text = row?.effect.type === 'page.slack' ? row.effect.text : '';
  expect(text).toContain('• P3 of Checkout and Platform, rung 1 of 2: nobody (Ana Ruiz by Slack)');
  // Mail still reaches Ana for a P0.
  expect(text).not.toContain('P0');
});

test('says it once a day', async () => {
  await checkRoster(parts);
  await checkRoster(parts);
  expect(await warnings()).toHaveLength(1);
  await clock.advance(day, () => Promise.resolve());
  await checkRoster(parts);
  expect((await warnings()).map(({ id }) => id)).toEqual([
    'roster-check/2026-11-22',
    'roster-check/2026-11-23',
  ]);
});

test('says nothing when every rung has somebody', async () => {
  const pagerduty = { routingKey: secret('key'), eventsUrl: 'https://events.pagerduty.com' };
  const { escalation } = policies;
  const ladders = escalation.policies['default']!;
  const onlyUrgent = { ...escalation, policies: { default: { ...ladders, P2: ladders.P0, P3: ladders.P0 } } };
  const found = await checkRoster({
    ...parts,
    settings: { ...parts.settings, pagerduty },
    policies: () => ({ ...policies, escalation: onlyUrgent }),
  });
  expect(found).toBe(0);
  expect(await warnings()).toEqual([]);
});

test('does not take silence of Slack for somebody having left', async () => {
  slack.fail({});
  expect(await checkRoster(parts)).toBe(0);
});

test('makes up at the start for a day that was missed, and for no other', async () => {
  const restart = async (due: boolean): Promise<number> => {
    let checked = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      checked = resolve;
    });
    const stop = await startRosterCheck({ ...parts, log: { ...silent, info: checked } });
    if (due) await done;
    await stop();
    return (await warnings()).length;
  };
  const hour = day / 24;
  // It is 03:00.
  expect(await restart(false)).toBe(0);
  await clock.advance(5 * hour, () => Promise.resolve());
  expect(await restart(false)).toBe(0);
  await clock.advance(hour, () => Promise.resolve());
  expect(await restart(true)).toBe(1);
  await clock.advance(day - 2 * hour, () => Promise.resolve());
  expect(await restart(false)).toBe(1);
  await clock.advance(2 * hour, () => Promise.resolve());
  expect(await restart(true)).toBe(2);
});

test('does not keep the bot from stopping while Slack does not answer', async () => {
  await store.writeMark('roster-checked-at', '0');
  slack.fail({ hang: true });
  const complaints: string[] = [];
  const error = (_: unknown, said: string): number => complaints.push(said);
  const stop = await startRosterCheck({ ...parts, log: { ...silent, error } });
  await stop();
  slack.heal();
  await store.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(complaints).toEqual([]);
  store = await openSqliteStore({ path: join(root, 'lastgood.db') });
  expect(await store.readMark('roster-checked-at')).toBe('0');
  expect(await warnings()).toEqual([]);
});
