import type { Alerts } from './alerts.ts';
import type { Client } from './client.ts';
import { furnish, startBotIn, type BotUnderTest } from './bot-under-test.ts';
import { interleaved, middle, type Figures } from './measure.ts';
import { startPostgres, withoutPostgres } from './postgres.ts';
import { untilIdle } from './program.ts';
import { atLeastTimes, type Row } from './row.ts';
import type { Bench, Setting } from './setting.ts';

const connections = 48;
const seconds = 2;

interface Flood {
  readonly name: string;
  readonly alerts: Alerts;
  /** Requests in all before it is measured: everything is compiled, and every incident is open. */
  readonly before: readonly number[];
}

const floods: readonly Flood[] = [
  {
    name: 'new alerts taken by 3 replicas on PostgreSQL',
    alerts: { services: 50, different: 30_000 },
    before: [3_000],
  },
  {
    name: 'repeated alerts taken by 3 replicas on PostgreSQL',
    alerts: { services: 50, different: 2_000, startsAt: '2026-01-01T03:00:00.000Z' },
    // The first time they are news, and the second time it is found out that they are none any more.
    before: [2_000, 3_000, 3_000],
  },
];

/** What three replicas on one database take, beside one. They, the database and the load have the whole machine. */
export const benchReplicas: Bench = async (setting) => {
  if (withoutPostgres !== undefined)
    return floods.map(({ name }) => ({ name, skipped: withoutPostgres ?? '' }));
  const postgres = await startPostgres();
  try {
    const rows: Row[] = [];
    for (const flood of floods) {
      const taken = (bots: number) => async () => takenBy(bots, flood, setting, await postgres.database());
      const { three, one } = await interleaved(setting.slices, { three: taken(3), one: taken(1) });
      const [value, floor] = [middle(three, 'rate'), middle(one, 'rate')];
      rows.push(atLeastTimes(1, { name: flood.name, unit: '1/s', value, floor, against: 'one' }));
    }
    return rows;
  } finally {
    await postgres.remove();
  }
};

async function takenBy(bots: number, flood: Flood, setting: Setting, databaseUrl: string): Promise<Figures> {
  const { client, below } = setting;
  const { alerts, before } = flood;
  const home = await furnish({ below, sink: client.sink, services: alerts.services, databaseUrl });
  const all = await Promise.all(Array.from({ length: bots }, () => startBotIn(home, 'any')));
  try {
    let first = 0;
    for (const requests of before) {
      await flooded(client, all, alerts, first, { requests: requests / bots });
      await Promise.all(all.map((bot) => untilIdle(bot)));
      first += requests;
    }
    const loads = await flooded(client, all, alerts, first, { seconds });
    return { rate: loads.reduce((sum, load) => sum + load.requests / load.seconds, 0) };
  } finally {
    await Promise.all(all.map((bot) => bot.kill()));
  }
}

/** Each is sent others than its neighbours, as by somebody who spreads them. */
function flooded(
  client: Client,
  bots: readonly BotUnderTest[],
  alerts: Alerts,
  first: number,
  until: { readonly requests: number } | { readonly seconds: number },
) {
  const apart = 'requests' in until ? until.requests : alerts.different / bots.length;
  return client.loads(
    bots.map(({ port }, index) => ({
      port,
      content: { what: 'alerts to Lastgood', alerts, perRequest: 1 } as const,
      first: first + index * Math.round(apart),
      connections: connections / bots.length,
      until,
    })),
  );
}
