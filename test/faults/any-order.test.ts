import fc from 'fast-check';
import { expect, test } from 'vitest';
import { livePeriod, type Channel } from '../../src/core/channel/state.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { canaryBody, report } from '../support/story-reports.ts';
import { send } from '../threats/support/send.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { signed } from '../threats/support/webhooks.ts';

const minute = 60_000;

/** One delivery; those of one alert are told in its own order, as whoever watches it tells them. */
interface Delivery {
  readonly of: string;
  readonly deliver: (world: StillWorld) => Promise<unknown>;
}

const generic = (key: string, status: string, more: object = {}): Delivery => ({
  of: key,
  deliver: (world) =>
    world.deliver('generic', {
      key,
      status,
      title: `${key} fails`,
      service: 'checkout',
      severity: 'P2',
      ...more,
    }),
});

const alertmanager = (name: string, severity: string): Delivery => ({
  of: name,
  deliver: (world) => {
    const labels = { alertname: name, service: 'platform', severity };
    return world.deliver('alertmanager', { version: '4', alerts: [{ status: 'firing', labels }] });
  },
});

const deployed = (version: string, minutesAgo: number): Delivery => ({
  of: version,
  deliver: (world) => {
    const created_at = new Date(world.clock.now() - minutesAgo * minute).toISOString();
    const body = JSON.stringify({
      deployment_status: { id: minutesAgo, state: 'success', environment: 'production', created_at },
      deployment: { ref: `v${version}`, environment: 'production', payload: {} },
      repository: { full_name: 'shop/storefront' },
    });
    return send(`${world.bot().url}/webhooks/github`, signed(world, 'github', body), body);
  },
});

const canary = (minutesAgo: number, errorRate: number): Delivery => ({
  of: `canary ${minutesAgo}`,
  deliver: (world) => {
    const end = world.clock.now() - minutesAgo * minute;
    return report(
      world,
      'canary',
      canaryBody(end, { version: '1.6.0-rc.1', error_rate: errorRate }, 10 * minute),
    );
  },
});

const all: readonly Delivery[] = [
  generic('pay', 'firing', { severity: 'P1' }),
  generic('pay', 'resolved', { severity: 'P1' }),
  generic('cart', 'firing'),
  alertmanager('Disk full', 'info'),
  alertmanager('Nodes gone', 'critical'),
  deployed('1.5.1', 8),
  deployed('1.5.2', 5),
  deployed('1.5.3', 2),
  canary(20, 0.001),
  canary(0, 0.2),
];

/** Every delivery twice, in any order; but what is said of one alert stays in its own. */
const nights = fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length }).map((shuffled) => {
  const inOrder = new Map(all.map(({ of }) => [of, shuffled.filter((each) => each.of === of)]));
  for (const told of inOrder.values()) told.sort((a, b) => all.indexOf(a) - all.indexOf(b));
  return shuffled.map(({ of }) => inOrder.get(of)!.shift()!);
});

async function endOf(deliveries: readonly Delivery[]): Promise<unknown> {
  const world = await stillWorld();
  try {
    for (const { deliver } of deliveries) {
      await deliver(world);
      await world.settle();
    }
    await world.pass(minute);
    const { store } = world.bot();
    const incidents = (await store.listStreams('incident')).map(({ state }) => state as Incident);
    const channels = (await store.listStreams('channel')).map(({ state }) => state as Channel);
    return {
      incidents: incidents
        .map(({ service, severity, status, cleared, firing }) => {
          return { service, severity, status, cleared, firing: Object.keys(firing).toSorted() };
        })
        .toSorted((a, b) => (a.service < b.service ? -1 : 1)),
      channels: channels
        .map((channel) => ({
          name: channel.name,
          live: livePeriod(channel)?.version,
          since: livePeriod(channel)?.from,
          health: channel.health?.map(({ version, judgement }) => [version, judgement.verdict]),
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      unread: await store.unsettledInbox(),
    };
  } finally {
    await world.close();
  }
}

test('Webhooks of alerts, deployments and reports, each twice and in any order, end the same', async () => {
  const usual = await endOf(all);
  expect(usual).toMatchObject({
    incidents: [
      { service: 'checkout', severity: 'P1', cleared: false },
      { service: 'platform', severity: 'P1' },
    ],
    channels: [{ name: 'shop/canary', health: [['1.6.0-rc.1', 'fail']] }, { live: '1.5.3' }],
    unread: [],
  });
  await fc.assert(
    fc.asyncProperty(nights, async (night) => {
      expect(await endOf(night)).toEqual(usual);
    }),
    { numRuns: 5, endOnFailure: true },
  );
}, 120_000);
