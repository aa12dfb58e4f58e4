import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore } from '../store/sqlite.ts';
import type { Alerts } from './alerts.ts';
import { furnish, startBotIn, type BotUnderTest, type Home } from './bot-under-test.ts';
import { interleaved, median, middle, type Figures } from './measure.ts';
import { untilIdle } from './program.ts';
import { absolute, atMostTimes } from './row.ts';
import { openIncidents } from './seeded.ts';
import type { Bench, Setting } from './setting.ts';

const stored = 1_000_000;
const perStream = 100;
const open = 10_000;
const perSlice = 2_000;

/** What a long life costs: the same work with a million stored events, and without. */
export const benchHistory: Bench = async (setting) => {
  const { slices, client, below } = setting;
  const house = (): Promise<Home> => furnish({ below, sink: client.sink, services: 50 });
  const [empty, old, crowded] = [await house(), await house(), await house()];
  await remember(old);
  await openIncidents(
    crowded,
    Array.from({ length: open }, () => Date.now()),
  );

  const starting = async (home: Home): Promise<Figures> => {
    const bot = await startBotIn(home);
    await bot.stop();
    return { ready: bot.readyAfter };
  };
  const starts = await interleaved(slices, { old: () => starting(old), empty: () => starting(empty) });

  const resident = await residentWith(crowded);

  const [bare, full] = [await startBotIn(empty), await startBotIn(old)];
  try {
    const contenders = {
      full: (slice: number) => costOfEvents(setting, full, slice),
      bare: (slice: number) => costOfEvents(setting, bare, slice),
    };
    const costs = await interleaved(slices + 1, contenders);
    // The first of each is what is done once.
    const cost = (of: readonly Figures[]): number => middle(of.slice(1), 'cpu');
    return [
      atMostTimes(1.2, {
        name: `cost of an event with ${stored} stored`,
        unit: 'µs CPU',
        value: cost(costs.full),
        floor: cost(costs.bare),
        against: 'empty',
      }),
      atMostTimes(2, {
        name: `start with ${stored} stored events`,
        unit: 'ms',
        value: middle(starts.old, 'ready'),
        floor: middle(starts.empty, 'ready'),
        against: 'empty',
      }),
      absolute(256, { name: `resident with ${open} open incidents`, unit: 'MB', value: resident }),
    ];
  } finally {
    await Promise.all([bare.kill(), full.kill()]);
  }
};

/** A bot's own work, after it was left alone for a while: what it has of all that is open. */
async function residentWith(home: Home): Promise<number> {
  const bot = await startBotIn(home);
  try {
    await untilIdle(bot);
    const seen: number[] = [];
    for (let look = 0; look < 5; look += 1) {
      await sleep(1_000);
      seen.push(await bot.resident());
    }
    return median(seen);
  } finally {
    await bot.kill();
  }
}

/** Alerts that are new each, of services whose incidents are open: an event each. */
async function costOfEvents({ client }: Setting, bot: BotUnderTest, slice: number): Promise<Figures> {
  await untilIdle(bot);
  const before = await bot.cpu();
  const alerts: Alerts = { services: 50, different: 10_000_000 };
  await client.load({
    port: bot.port,
    content: { what: 'alerts to Lastgood', alerts, perRequest: 10 },
    first: (slice * perSlice) / 10,
    connections: 4,
    until: { requests: perSlice / 10 },
  });
  await untilIdle(bot);
  return { cpu: (((await bot.cpu()) - before) * 1_000) / perSlice };
}

/** Incidents of long ago, resolved, with their events. */
async function remember({ store: path }: Home): Promise<void> {
  const store = await openSqliteStore({ path });
  const at = Date.now() - 30 * 24 * 3_600_000;
  const by = { kind: 'source', name: 'alertmanager' } as const;
  try {
    for (let number = 1; number <= stored / perStream; number += 1) {
      const id = `INC-${number}`;
      const events = Array.from({ length: perStream }, (_, index) => ({
        stream: id,
        seq: index + 1,
        at: at + index * 1_000,
        by,
        type: 'alert.fired',
        data: {
          type: 'alert.fired',
          fingerprint: `old/${number}/${index}`,
          title: 'InstanceDown',
          summary: `Instance ${index} has been down for more than 5 minutes.`,
          severity: 'P2',
        },
      }));
      await store.transact(async (transaction) => {
        await transaction.useNumber('incident', number);
        await transaction.write({
          id,
          kind: 'incident',
          expected: 0,
          state: { id, status: 'resolved', severity: 'P2', firing: {}, operations: {} },
          wakeAt: undefined,
          alias: undefined,
          rank: 'P2',
          events,
        });
      });
    }
  } finally {
    await store.close();
  }
}
