import { join } from 'node:path';
import { startAlertmanager, withoutAlertmanager } from './alertmanager.ts';
import type { Alerts } from './alerts.ts';
import { furnish, startBotIn } from './bot-under-test.ts';
import { startFloor } from './floor.ts';
import { interleaved, median, middle, percentile, type Figures } from './measure.ts';
import { untilIdle, type Program } from './program.ts';
import type { Content } from './requests.ts';
import { atMostTimes, beside } from './row.ts';
import type { Bench, Setting } from './setting.ts';

/** Each alert is the first of its service, and so its own group. */
const burst = 1_000;
const lone = 30;
const alerts: Alerts = { services: burst + lone, different: burst + lone };
const perRequest = 100;

/** From an alert that comes in to the page for it that goes out. Each begins from nothing. */
export const benchPage: Bench = async (setting) => {
  const { slices, client, below } = setting;
  const contenders = {
    ours: async () => {
      const bot = await startBotIn(await furnish({ below, sink: client.sink, services: alerts.services }));
      try {
        return await paged(setting, bot, 'alerts to Lastgood', 'page');
      } finally {
        await bot.kill();
      }
    },
    bare: async () => {
      const pager = await startFloor('pager', below, join(below, 'pager'), client.sink);
      try {
        return await paged(setting, pager, 'alerts to anybody', 'page');
      } finally {
        await pager.kill();
      }
    },
    theirs:
      withoutAlertmanager === undefined
        ? async () => {
            const rival = await startAlertmanager({ below, sink: client.sink, groupWait: '0s' });
            try {
              return await paged(setting, rival, 'alerts to Alertmanager', 'notification');
            } finally {
              await rival.kill();
            }
          }
        : undefined,
  };
  const names = [`alert → page, lone, p50`, `alert → page, burst of ${burst} groups, p99`] as const;
  if (!contenders.theirs) return names.map((name) => ({ name, skipped: withoutAlertmanager ?? '' }));
  const { ours, bare, theirs } = await interleaved(slices, contenders);
  const pair = (figure: string, measured = ours) => ({
    unit: 'ms' as const,
    value: middle(measured, figure),
    floor: middle(theirs, figure),
    against: 'Alertmanager',
  });
  return [
    atMostTimes(2.5, { name: names[0], ...pair('lone') }),
    beside({ name: `${names[0]}, of a bare pager`, ...pair('lone', bare) }),
    atMostTimes(0.5, { name: names[1], ...pair('burst') }),
    beside({ name: `${names[1]}, of a bare pager`, ...pair('burst', bare) }),
  ];
};

async function paged(
  { client }: Setting,
  server: Program & { readonly port: number },
  what: Exclude<Content['what'], 'command'>,
  call: 'page' | 'notification',
): Promise<Figures> {
  /** Milliseconds from when each request was sent to when the pages for its alerts arrived. */
  async function outOf(alone: boolean): Promise<readonly number[]> {
    await untilIdle(server);
    await client.forget();
    const size = alone ? 1 : perRequest;
    const first = alone ? burst : 0;
    const load = await client.load({
      port: server.port,
      content: { what, alerts, perRequest: size },
      first: first / size,
      connections: alone ? 1 : burst / perRequest,
      until: { requests: alone ? lone : burst / perRequest },
      ...(alone && { pause: 50 }),
    });
    await untilIdle(server);
    const arrived = new Map<string, number>();
    for (const { what: kind, about, at } of await client.arrivals())
      if (kind === call && !arrived.has(about)) arrived.set(about, at);
    const wanted = alone ? lone : burst;
    if (arrived.size !== wanted) throw new Error(`${arrived.size} of ${wanted} services were paged`);
    return [...arrived].map(([about, at]) => {
      const number = Number(about.slice(about.lastIndexOf('-') + 1)) - first;
      return at - (load.sent[Math.floor(number / size)] ?? NaN);
    });
  }
  return { lone: median(await outOf(true)), burst: percentile(await outOf(false), 0.99) };
}
