import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAlertmanager, withoutAlertmanager } from './alertmanager.ts';
import type { Alerts } from './alerts.ts';
import { furnish, startBotIn } from './bot-under-test.ts';
import { startFloor } from './floor.ts';
import type { Order } from './load.ts';
import { interleaved, median, middle, type Figures } from './measure.ts';
import { untilIdle, type Program } from './program.ts';
import type { Content } from './requests.ts';
import { atLeastTimes, atMostTimes, beside, type Row, type Skipped } from './row.ts';
import type { Bench } from './setting.ts';

/** As monitoring repeats what still fires: all of them once, and then again. */
const alerts: Alerts = { services: 50, different: 10_000 };
const seconds = 1;
const lone = 60;

const loads = [
  { name: 'single alerts taken, 16 at once', connections: 16, perRequest: 1, atLeast: 1 },
  { name: 'single alerts taken, 64 at once', connections: 64, perRequest: 1, atLeast: 1.2 },
  { name: 'alerts taken in batches of 100, 16 at once', connections: 16, perRequest: 100, atLeast: 2 },
] as const;

type Server = Program & { readonly port: number };

/** How many alerts a second are taken, each stored before it is acknowledged; Alertmanager keeps them in memory. */
export const benchIntake: Bench = async ({ slices, client, below }) => {
  const folder = below;
  const bot = await startBotIn(await furnish({ below, sink: client.sink, services: alerts.services }));
  const commit = await startFloor('commit', folder, join(folder, 'commits'));
  const http = await startFloor('http', folder);
  const rival =
    withoutAlertmanager === undefined
      ? await startAlertmanager({ below, sink: client.sink, groupWait: '30s' })
      : undefined;
  const first = new Map<Server, number>();

  async function taken(server: Server, what: Exclude<Content['what'], 'command'>): Promise<Figures> {
    const figures: Record<string, number> = {};
    for (const { name, connections, perRequest } of loads) {
      await untilIdle(server);
      const before = await server.cpu();
      const from = first.get(server) ?? 0;
      const load = await client.load({
        port: server.port,
        content: { what, alerts, perRequest },
        first: Math.floor(from / perRequest),
        connections,
        until: { seconds },
      });
      const count = load.requests * perRequest;
      first.set(server, from + count);
      figures[name] = count / load.seconds;
      await untilIdle(server);
      figures[`${name}: CPU`] = (((await server.cpu()) - before) * 1_000) / count;
    }
    return figures;
  }

  async function alone(server: Server): Promise<Figures> {
    await untilIdle(server);
    const content = { what: 'alerts to anybody', alerts, perRequest: 1 } as const;
    const order: Order = {
      port: server.port,
      content,
      first: 0,
      connections: 1,
      until: { requests: lone },
      pause: 10,
    };
    return { p50: (await client.load(order)).p50 };
  }

  try {
    const contenders = {
      ours: () => taken(bot, 'alerts to Lastgood'),
      theirs: rival && (() => taken(rival, 'alerts to Alertmanager')),
      bare: () => taken(commit, 'alerts to anybody'),
    };
    await interleaved(1, contenders);
    const { ours, theirs, bare } = await interleaved(slices, contenders);
    const single = await interleaved(slices, {
      ours: () => alone(bot),
      bare: () => alone(http),
      flush: async () => ({ p50: await flushed(join(folder, 'flushed')) }),
    });
    const rows = loads.flatMap(({ name, atLeast }): readonly (Row | Skipped)[] => {
      const value = { name, unit: '1/s', value: middle(ours, name) } as const;
      const cost = {
        name: `${name}, CPU each`,
        unit: 'µs CPU',
        value: middle(ours, `${name}: CPU`),
      } as const;
      const against = 'Alertmanager';
      return [
        rival
          ? atLeastTimes(atLeast, { ...value, floor: middle(theirs, name), against })
          : { name, skipped: withoutAlertmanager ?? '' },
        beside({ ...value, floor: middle(bare, name), against: 'raw group commit' }),
        ...(rival ? [beside({ ...cost, floor: middle(theirs, `${name}: CPU`), against })] : []),
      ];
    });
    return [
      ...rows,
      atMostTimes(1.5, {
        name: 'a lone alert taken, p50',
        unit: 'ms',
        value: middle(single.ours, 'p50'),
        floor: middle(single.bare, 'p50') + middle(single.flush, 'p50'),
        against: 'bare + fdatasync',
      }),
    ];
  } finally {
    await Promise.all([bot.kill(), commit.kill(), http.kill(), rival?.kill()]);
  }
};

/** How long one page of a database takes to the disk, at the same pace. */
async function flushed(path: string): Promise<number> {
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4_096, 1);
  const took: number[] = [];
  for (let number = 0; number < lone; number += 1) {
    await sleep(10);
    const began = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    took.push(performance.now() - began);
  }
  closeSync(file);
  return median(took);
}
