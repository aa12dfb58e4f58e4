import { join } from 'node:path';
import { startAlertmanager, withoutAlertmanager } from './alertmanager.ts';
import type { Alerts } from './alerts.ts';
import { furnish, startBotIn } from './bot-under-test.ts';
import { startFloor } from './floor.ts';
import { interleaved, middle, type Figures } from './measure.ts';
import { untilIdle, type Program } from './program.ts';
import type { Content } from './requests.ts';
import { absolute, atMostTimes, beside, type Row, type Skipped, type Unit } from './row.ts';
import type { Bench, Setting } from './setting.ts';
import { firingIn } from './stored.ts';

const alerts: Alerts = { services: 50, different: 10_000 };
const connections = 64;

/**
 * 10,000 alerts of 50 services, one a request, as fast as they are taken: how soon somebody has been called for every
 * service, with how many calls, and at what cost. Each begins from nothing.
 */
export const benchStorm: Bench = async (setting) => {
  const { slices, client, below } = setting;
  const { ours, bare, theirs } = await interleaved(slices, {
    ours: async () => {
      const home = await furnish({ below, sink: client.sink, services: alerts.services });
      const bot = await startBotIn(home);
      const figures = await storm(setting, bot, 'alerts to Lastgood', 'page');
      await bot.stop();
      return { ...figures, lost: alerts.different - (await firingIn(home.store)) };
    },
    bare: async () => {
      const pager = await startFloor('pager', below, join(below, 'pager'), client.sink);
      const figures = await storm(setting, pager, 'alerts to anybody', 'page');
      await pager.kill();
      return figures;
    },
    theirs:
      withoutAlertmanager === undefined
        ? async () => {
            const rival = await startAlertmanager({ below, sink: client.sink, groupWait: '0s' });
            const figures = await storm(setting, rival, 'alerts to Alertmanager', 'notification');
            await rival.kill();
            return figures;
          }
        : undefined,
  });
  const rows = (
    [
      ['services paged', '', 'paged', undefined],
      ['until every service was paged', 'ms', 'until', 2],
      ['notifications', '', 'calls', 1],
      ['CPU', 'ms CPU', 'cpu', 1.2],
      ['resident memory', 'MB', 'resident', 1.5],
    ] as const satisfies readonly (readonly [string, Unit, string, number | undefined])[]
  ).flatMap(([what, unit, figure, bound]): readonly (Row | Skipped)[] => {
    const name = `storm: ${what}`;
    if (theirs.length === 0) return [{ name, skipped: withoutAlertmanager ?? '' }];
    const floor = middle(theirs, figure);
    const against = 'Alertmanager';
    const measured = { name, unit, value: middle(ours, figure), floor, against };
    if (bound === undefined) return [beside(measured)];
    const least = { name: `${name}, of a bare pager`, unit, value: middle(bare, figure), floor, against };
    return [atMostTimes(bound, measured), beside(least)];
  });
  const most = Math.max(...ours.map(({ lost = Infinity }) => lost));
  const missing = alerts.services - Math.min(...ours.map(({ paged = 0 }) => paged));
  return [
    absolute(0, { name: 'storm: alerts lost', unit: '', value: most }),
    absolute(0, { name: 'storm: services not paged', unit: '', value: missing }),
    ...rows,
  ];
};

async function storm(
  { client }: Setting,
  server: Program & { readonly port: number },
  what: Exclude<Content['what'], 'command'>,
  call: 'page' | 'notification',
): Promise<Figures> {
  await untilIdle(server);
  await client.forget();
  const before = await server.cpu();
  const load = await client.load({
    port: server.port,
    content: { what, alerts, perRequest: 1 },
    first: 0,
    connections,
    until: { requests: alerts.different },
  });
  await untilIdle(server);
  const cpu = (await server.cpu()) - before;
  const calls = (await client.arrivals()).filter((arrival) => arrival.what === call);
  const firsts = new Map(calls.toReversed().map(({ about, at }) => [about, at]));
  return {
    until: Math.max(...firsts.values()) - load.began,
    paged: firsts.size,
    calls: calls.length,
    cpu,
    resident: await server.resident(),
  };
}
