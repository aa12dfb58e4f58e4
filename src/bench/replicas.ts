import type { Alerts } from './alerts.ts';
import { furnish, startBotIn } from './bot-under-test.ts';
import { interleaved, middle, type Figures } from './measure.ts';
import { startPostgres, withoutPostgres } from './postgres.ts';
import { untilIdle } from './program.ts';
import { atLeastTimes } from './row.ts';
import type { Bench } from './setting.ts';

const alerts: Alerts = { services: 50, different: 10_000 };
const connections = 48;
const seconds = 2;

/** What three replicas on one database take, beside one. They and the database have the whole machine. */
export const benchReplicas: Bench = async ({ slices, client, below }) => {
  const name = 'alerts taken by 3 replicas on PostgreSQL';
  if (withoutPostgres !== undefined) return [{ name, skipped: withoutPostgres }];
  const postgres = await startPostgres();
  try {
    const taken = async (bots: number): Promise<Figures> => {
      const databaseUrl = await postgres.database();
      const home = await furnish({ below, sink: client.sink, services: alerts.services, databaseUrl });
      const all = await Promise.all(Array.from({ length: bots }, () => startBotIn(home, 'any')));
      const loads = (from: number, length: number) =>
        client.loads(
          all.map(({ port }, index) => ({
            port,
            content: { what: 'alerts to Lastgood', alerts, perRequest: 1 } as const,
            first: from + index * 3_000,
            connections: connections / bots,
            until: { seconds: length },
          })),
        );
      try {
        // Everything is compiled, and every incident is open.
        await loads(0, 1);
        await Promise.all(all.map((bot) => untilIdle(bot)));
        const measured = await loads(5_000, seconds);
        return { rate: measured.reduce((sum, load) => sum + load.requests / load.seconds, 0) };
      } finally {
        await Promise.all(all.map((bot) => bot.kill()));
      }
    };
    const { three, one } = await interleaved(slices, { three: () => taken(3), one: () => taken(1) });
    return [
      atLeastTimes(1, {
        name,
        unit: '1/s',
        value: middle(three, 'rate'),
        floor: middle(one, 'rate'),
        against: 'one',
      }),
    ];
  } finally {
    await postgres.remove();
  }
};
