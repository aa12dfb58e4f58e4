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

/** As monitoring repeats what still fires: all of them once, and then again, word for word. */
const startsAt = new Date().toISOString();
const repeated: Alerts = { services: 50, different: 10_000, startsAt };
/** Of which each one that is sent says something else than the last time. */
const changing: Alerts = { services: 50, different: 2_000, startsAt, flapping: true };
/** In words that nobody knows yet: each time they have just begun. */
const lonely: Alerts = { services: 50, different: 10_000 };
const seconds = 1;
const lone = 60;

interface Load {
  readonly name: string;
  readonly connections: number;
  readonly perRequest: number;
  /** Times Alertmanager's rate; left out: nothing is promised. */
  readonly atLeast?: number;
}

const loadsOfRepeats: readonly Load[] = [
  { name: 'single alerts taken, 16 at once', connections: 16, perRequest: 1, atLeast: 1 },
  { name: 'single alerts taken, 64 at once', connections: 64, perRequest: 1, atLeast: 1.2 },
  { name: 'alerts taken in batches of 100, 16 at once', connections: 16, perRequest: 100, atLeast: 2 },
];
const loadsOfChanges: readonly Load[] = [
  { name: 'single changes taken, 16 at once', connections: 16, perRequest: 1 },
  { name: 'single changes taken, 64 at once', connections: 64, perRequest: 1 },
  { name: 'changes taken in batches of 100, 16 at once', connections: 16, perRequest: 100 },
];

type Server = Program & { readonly port: number };
type What = Exclude<Content['what'], 'command'>;

/**
 * How many alerts a second are taken. What says something new is stored before it is acknowledged, what is known to
 * change nothing is not stored at all; Alertmanager keeps everything in memory.
 */
export const benchIntake: Bench = async ({ slices, client, below }) => {
  const folder = below;
  const bot = await startBotIn(await furnish({ below, sink: client.sink, services: repeated.services }));
  const commit = await startFloor('commit', folder, join(folder, 'commits'));
  const http = await startFloor('http', folder);
  const rival =
    withoutAlertmanager === undefined
      ? await startAlertmanager({ below, sink: client.sink, groupWait: '30s' })
      : undefined;
  const sent = new Map<Server, number>();

  /** Goes on where the load before has ended, so that all of them have their turn. */
  async function send(
    server: Server,
    what: What,
    alerts: Alerts,
    { perRequest, connections }: Pick<Load, 'perRequest' | 'connections'>,
    until: Order['until'],
  ): Promise<{ readonly count: number; readonly seconds: number }> {
    const first = Math.ceil((sent.get(server) ?? 0) / perRequest);
    const content = { what, alerts, perRequest };
    const done = await client.load({ port: server.port, content, first, connections, until });
    sent.set(server, (first + done.requests) * perRequest);
    return { count: done.requests * perRequest, seconds: done.seconds };
  }

  /** What is said before anything is measured, by one and by a hundred, and whatever follows from it is done. */
  async function sayAll(server: Server, what: What): Promise<void> {
    for (const perRequest of [100, 1, 100, 1]) {
      await untilIdle(server);
      const until = { requests: repeated.different / perRequest };
      await send(server, what, repeated, { perRequest, connections: 64 }, until);
    }
  }

  async function taken(server: Server, what: What, alerts: Alerts, loads: readonly Load[]): Promise<Figures> {
    const figures: Record<string, number> = {};
    for (const load of loads) {
      const { name } = load;
      await untilIdle(server);
      const before = await server.cpu();
      const { count, seconds: took } = await send(server, what, alerts, load, { seconds });
      figures[name] = count / took;
      await untilIdle(server);
      figures[`${name}: CPU`] = (((await server.cpu()) - before) * 1_000) / count;
    }
    return figures;
  }

  async function compared(alerts: Alerts, loads: readonly Load[]): Promise<readonly (Row | Skipped)[]> {
    const contenders = {
      ours: () => taken(bot, 'alerts to Lastgood', alerts, loads),
      theirs: rival && (() => taken(rival, 'alerts to Alertmanager', alerts, loads)),
      bare: () => taken(commit, 'alerts to anybody', alerts, loads),
    };
    await interleaved(1, contenders);
    const { ours, theirs, bare } = await interleaved(slices, contenders);
    return loads.flatMap(({ name, atLeast }): readonly (Row | Skipped)[] => {
      const value = { name, unit: '1/s', value: middle(ours, name) } as const;
      const cost = {
        name: `${name}, CPU each`,
        unit: 'µs CPU',
        value: middle(ours, `${name}: CPU`),
      } as const;
      const against = 'Alertmanager';
      const measured = rival && { ...value, floor: middle(theirs, name), against };
      return [
        measured
          ? atLeast === undefined
            ? beside(measured)
            : atLeastTimes(atLeast, measured)
          : { name, skipped: withoutAlertmanager ?? '' },
        beside({ ...value, floor: middle(bare, name), against: 'raw group commit' }),
        ...(rival ? [beside({ ...cost, floor: middle(theirs, `${name}: CPU`), against })] : []),
      ];
    });
  }

  async function alone(server: Server): Promise<Figures> {
    await untilIdle(server);
    const content = { what: 'alerts to anybody', alerts: lonely, perRequest: 1 } as const;
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
    await sayAll(bot, 'alerts to Lastgood');
    if (rival) await sayAll(rival, 'alerts to Alertmanager');
    const repeats = await compared(repeated, loadsOfRepeats);
    const changes = await compared(changing, loadsOfChanges);
    const single = await interleaved(slices, {
      ours: () => alone(bot),
      bare: () => alone(http),
      flush: async () => ({ p50: await flushed(join(folder, 'flushed')) }),
    });
    return [
      ...repeats,
      ...changes,
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
