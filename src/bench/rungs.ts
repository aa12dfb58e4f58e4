import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { copyToPostgres } from '../store/sqlite-to-postgres.ts';
import { secret } from '../trust/secrets.ts';
import { startAlertmanager, withoutAlertmanager } from './alertmanager.ts';
import { serviceName, type Alerts } from './alerts.ts';
import { furnish, startBotIn, type Home } from './bot-under-test.ts';
import { startFloor } from './floor.ts';
import { interleaved, middle, percentile, type Figures } from './measure.ts';
import { startPostgres, withoutPostgres, type Postgres } from './postgres.ts';
import { absolute, atMostTimes, beside } from './row.ts';
import { openIncidents } from './seeded.ts';
import type { Bench, Setting } from './setting.ts';
import { now } from './sink.ts';

const open = 10_000;
/** So many of them come due, at even distances; the others do so later. */
const due = 400;
const within = 8_000;
/** The first of them are not counted: only they find code that has never run. */
const warm = 100;
/** Until the first is due, the ladders are open and everybody is up; on a slow machine only after so much longer. */
const leads = [6_000, 12_000, 30_000, 60_000];
const ladder = 600_000;
const replicas = 3;

/** How late a rung is called while 10,000 ladders are open: until the page has arrived. */
export const benchRungs: Bench = async (setting) => {
  const { slices, below } = setting;
  const postgres = withoutPostgres === undefined ? await startPostgres() : undefined;
  try {
    const { ours, shared, theirs, bare } = await interleaved(slices, {
      ours: () => inTime((lead) => onFile(setting, lead)),
      shared: postgres && (() => inTime((lead) => onPostgres(setting, postgres, lead))),
      theirs: withoutAlertmanager === undefined ? () => flushed(setting) : undefined,
      bare: async () => {
        const timers = await startFloor('timers', below, String(open), String(due), String(within));
        const late = JSON.parse(timers.ready[1] ?? '') as readonly number[];
        return { p99: percentile(late, 0.99) };
      },
    });
    const name = `rung lateness with ${open} open ladders, p99`;
    const onReplicas = `${name}, ${replicas} replicas on PostgreSQL`;
    const value = middle(ours, 'p99');
    return [
      theirs.length === 0
        ? { name, skipped: withoutAlertmanager ?? '' }
        : atMostTimes(3, {
            name,
            unit: 'ms',
            value,
            floor: middle(theirs, 'p99'),
            against: 'Alertmanager',
          }),
      beside({ name, unit: 'ms', value, floor: middle(bare, 'p99'), against: 'bare setTimeout' }),
      shared.length === 0
        ? { name: onReplicas, skipped: withoutPostgres ?? '' }
        : absolute(250, { name: onReplicas, unit: 'ms', value: middle(shared, 'p99') }),
      absolute(0, {
        name: 'rungs called too early, or not once',
        unit: '',
        value: [...ours, ...shared].reduce((sum, { wrong = 0 }) => sum + wrong, 0),
      }),
    ];
  } finally {
    await postgres?.remove();
  }
};

async function inTime(measure: (lead: number) => Promise<Figures | undefined>): Promise<Figures> {
  for (const lead of leads) {
    const figures = await measure(lead);
    if (figures) return figures;
  }
  throw new Error('this machine is too slow to open the ladders before they come due');
}

async function openLadders(home: Home, first: number): Promise<void> {
  const openedAt = Array.from({ length: open }, (_, number) =>
    number < due ? dueAt(first, number) - ladder : first - 60_000,
  );
  await openIncidents(home, openedAt);
}

function dueAt(first: number, number: number): number {
  return first + Math.round((number * within) / due);
}

async function onFile(setting: Setting, lead: number): Promise<Figures | undefined> {
  const { client, below } = setting;
  const first = Date.now() + lead;
  const home = await furnish({ below, sink: client.sink, services: 50, pageAfter: '10m' });
  await openLadders(home, first);
  return called(setting, home, first, 1);
}

async function onPostgres(setting: Setting, postgres: Postgres, lead: number): Promise<Figures | undefined> {
  const { client, below } = setting;
  const first = Date.now() + 2 * lead;
  const databaseUrl = await postgres.database();
  const home = await furnish({ below, sink: client.sink, services: 50, pageAfter: '10m', databaseUrl });
  await openLadders(home, first);
  await copyToPostgres(home.store, secret(databaseUrl));
  return called(setting, home, first, replicas, () => shareOut(databaseUrl));
}

/** Each replica has a part of the ladders, as if it had opened them: what nobody alive has opened waits for anybody. */
async function shareOut(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `WITH alive AS (SELECT array_agg(id) AS ids FROM lastgood.replica)
     UPDATE lastgood.stream SET owner = alive.ids[1 + pos % cardinality(alive.ids)] FROM alive`,
  );
  await client.end();
}

/**
 * Starts bots on ladders and waits until their pages are there.
 * @returns nothing when the first came due before all were up
 */
async function called(
  { client }: Setting,
  home: Home,
  first: number,
  bots: number,
  prepare?: () => Promise<void>,
): Promise<Figures | undefined> {
  await client.forget();
  const all = await Promise.all(
    Array.from({ length: bots }, () => startBotIn(home, bots === 1 ? 'server' : 'any')),
  );
  try {
    await prepare?.();
    // They wait for the next wake-up that they know of, and look around every second.
    if (now() > first - 1_500) return undefined;
    await sleep(first + within + 3_000 - now());
    const pages = (await client.arrivals()).filter(({ what }) => what === 'page');
    const late = new Map<string, number>();
    for (let number = 0; number < due; number += 1) {
      const arrived = pages.filter(({ about }) => about === serviceName(number));
      const [page] = arrived;
      if (page && arrived.length === 1) late.set(page.about, page.at - dueAt(first, number));
    }
    const early = [...late.values()].filter((each) => each < 0).length;
    const counted = [...late.values()].slice(warm);
    return { p99: percentile(counted, 0.99), wrong: due - late.size + early };
  } finally {
    await Promise.all(all.map((bot) => bot.kill()));
  }
}

/** The same of Alertmanager: its groups are flushed when their `group_wait` is over. */
async function flushed({ client, below }: Setting): Promise<Figures> {
  const wait = 3_000;
  const rival = await startAlertmanager({
    below,
    sink: client.sink,
    groupWait: `${wait}ms`,
    warningsWait: '1h',
  });
  const alerts: Alerts = { services: open, different: open };
  const order = { port: rival.port, connections: 4 } as const;
  const what = 'alerts to Alertmanager';
  try {
    await client.forget();
    await client.load({
      ...order,
      content: { what, alerts: { ...alerts, severity: 'warning' }, perRequest: 100 },
      first: due / 100,
      until: { requests: (open - due) / 100 },
    });
    const load = await client.load({
      ...order,
      content: { what, alerts, perRequest: 1 },
      first: 0,
      rate: (due * 1_000) / within,
      until: { requests: due },
    });
    await sleep(wait + 1_000);
    const notifications = (await client.arrivals()).filter((arrival) => arrival.what === 'notification');
    const late = notifications.map(({ about, at }) => {
      const number = Number(about.slice(about.lastIndexOf('-') + 1));
      return at - (load.sent[number] ?? NaN) - wait;
    });
    if (late.length !== due) throw new Error(`${late.length} of ${due} groups were flushed`);
    return { p99: percentile(late.slice(warm), 0.99) };
  } finally {
    await rival.kill();
  }
}
