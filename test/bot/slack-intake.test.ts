import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { changedPolicies } from '../support/changed-policies.ts';

const start = Date.parse('2026-11-22T03:00:00Z');
const releases = 'C0RELEASES';
const relbot = { appId: 'A0RELBOT', botId: 'B0RELBOT', userId: 'U0RELBOT' };
const minute = 60_000;

let world: World;
let root: string;

afterEach(async () => {
  await world.close();
  await rm(root, { recursive: true });
});

async function open(slackMode: 'http' | 'socket'): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'lastgood-intake-'));
  world = await startWorld({
    root,
    policies: await changedPolicies(join(root, 'changed'), {
      'health.yml': (text) => text.replace('release_bots: []', 'release_bots: [A0RELBOT]'),
    }),
    clock: movableClock({ start, running: false }),
    port: 0,
    random: () => 0.5,
    slackMode,
    logLevel: 'silent',
    writeLog: () => undefined,
  });
}

const pass = (milliseconds: number) =>
  world.clock.advance(milliseconds, async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await world.bot().quiet();
  });

const ready = async () => (await fetch(`${world.bot().url}/readyz`)).text();

describe('in Socket Mode', () => {
  test('there is no route for signed requests, and none of them is missed', async () => {
    await open('socket');
    const response = await fetch(`${world.bot().url}/slack/events`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
    expect(await ready()).toBe('ready\n');
  });

  test('a Slack that is down keeps nobody from starting, and nothing else from working', async () => {
    await open('socket');
    await world.stopBot();
    world.slack.fail({ status: 503 });
    await world.startBot();
    expect(await world.deliver('generic', alert)).toBe(202);
    await pass(2 * minute);
    expect(world.pagerduty.alerts()).toMatchObject([{ summary: expect.stringContaining('Checkout') }]);
    expect(await ready()).toMatch(/^Slack has not been connected for 2m/m);
    world.slack.heal();
    await pass(minute);
    await vi.waitFor(async () => expect(await ready()).toBe('ready\n'), 5_000);
  });
});

const alert = {
  key: 'checkout-5xx',
  title: 'Checkout answers 500',
  service: 'checkout',
  severity: 'critical',
};

describe.each(['http', 'socket'] as const)('what a release bot reports in Slack (%s)', (mode) => {
  const report = {
    channel: 'canary',
    version: '1.6.0-rc.1',
    window: { start: '2026-11-22T02:30:00Z', end: '2026-11-22T03:00:00Z' },
    sessions: 4_210,
    crash_free_sessions: 0.9971,
    error_rate: 0.004,
  };
  const post = async (event_payload: Readonly<Record<string, unknown>>, app = relbot) => {
    const metadata = { event_type: 'canary_health', event_payload };
    const posted = await world.slack.postAs(app, releases, { text: 'canary', metadata });
    expect(posted.delivery.status).toBe(200);
    await world.bot().quiet();
    return posted;
  };
  const inThread = (ts: string) =>
    world.slack
      .messages(releases)
      .filter(({ thread_ts }) => thread_ts === ts)
      .map(({ text }) => text);

  test('is taken, and its own thread stays quiet', async () => {
    await open(mode);
    const { ts } = await post(report);
    expect(inThread(ts)).toEqual([]);
    const events = await world.bot().store.readEvents('channel:shop/canary');
    expect(events.map(({ type }) => type)).toContain('health.reported');
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });

  test('is answered once in its thread when it makes no sense', async () => {
    await open(mode);
    const { ts, event } = await post({ ...report, sessions: 'many' });
    expect(inThread(ts)).toEqual([expect.stringContaining('sessions: expected a whole number')]);
    expect((await world.slack.deliver(event)).status).toBe(200);
    await world.bot().quiet();
    expect(inThread(ts)).toHaveLength(1);
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });

  test('is ignored without a word when nobody has listed the app', async () => {
    await open(mode);
    const { ts } = await post(report, { ...relbot, appId: 'A0EVIL' });
    expect(inThread(ts)).toEqual([]);
    expect((await world.bot().store.readEvents('channel:shop/canary')).map(({ type }) => type)).not.toContain(
      'health.reported',
    );
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });
});
