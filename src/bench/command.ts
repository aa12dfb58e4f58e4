import { furnish, startBotIn } from './bot-under-test.ts';
import { startFloor } from './floor.ts';
import type { Load, Order } from './load.ts';
import { interleaved, middle, type Figures } from './measure.ts';
import { untilIdle, type Program } from './program.ts';
import { signingSecret } from './requests.ts';
import { atLeastTimes, atMostTimes, beside } from './row.ts';
import type { Bench } from './setting.ts';

const commands = 600;
/** Alerts of an ordinary bad day, a second, beside the commands. */
const alertsBeside = 500;

/**
 * How soon and how cheaply a command is acknowledged that was stored before, beside bare Bolt, which stores nothing and
 * has nothing to do afterwards. Between two measurements the bot does what it was told.
 */
export const benchCommand: Bench = async ({ slices, client, below }) => {
  const bolt = await startFloor('bolt', below, signingSecret);
  const bot = await startBotIn(await furnish({ below, sink: client.sink, services: 50 }));
  let first = 0;

  function order(port: number, connections: number): Order {
    first += commands;
    const content = { what: 'command', responseUrl: `${client.sink}/response` } as const;
    return { port, content, first, connections, until: { requests: commands } };
  }

  async function acknowledged(program: Program & { readonly port: number }): Promise<Figures> {
    const figures: Record<string, number> = {};
    for (const connections of [16, 64]) {
      await untilIdle(program);
      const before = await program.cpu();
      const load = await client.load(order(program.port, connections));
      const cpu = (await program.cpu()) - before;
      await untilIdle(program);
      const all = (await program.cpu()) - before;
      figures[`rate ${connections}`] = load.requests / load.seconds;
      figures[`p99 ${connections}`] = load.p99;
      figures[`cpu ${connections}`] = (cpu * 1_000) / commands;
      figures[`all ${connections}`] = (all * 1_000) / commands;
    }
    return figures;
  }

  async function amongAlerts(rate: number): Promise<Figures> {
    await untilIdle(bot);
    const alerts: Order = {
      port: bot.port,
      content: { what: 'alerts to Lastgood', alerts: { services: 50, different: 2_000 }, perRequest: 1 },
      first: 0,
      connections: 16,
      rate,
      until: { seconds: 2 },
    };
    const [load] = (await client.loads([order(bot.port, 16), ...(rate > 0 ? [alerts] : [])])) as [Load];
    return { p99: load.p99 };
  }

  try {
    // What is compiled and connected on the first occasion is no figure of any other.
    await acknowledged(bolt);
    await acknowledged(bot);
    await amongAlerts(alertsBeside);
    const { ours, theirs } = await interleaved(slices, {
      ours: () => acknowledged(bot),
      theirs: () => acknowledged(bolt),
    });
    const { calm, busy } = await interleaved(slices, {
      calm: () => amongAlerts(0),
      busy: () => amongAlerts(alertsBeside),
    });
    const pair = (figure: string) => ({
      value: middle(ours, figure),
      floor: middle(theirs, figure),
      against: 'bare Bolt',
    });
    return [
      atLeastTimes(1.3, { name: 'commands acknowledged, 16 at once', unit: '1/s', ...pair('rate 16') }),
      beside({ name: 'commands acknowledged, 64 at once', unit: '1/s', ...pair('rate 64') }),
      atMostTimes(1, { name: 'command acknowledged, 16 at once, p99', unit: 'ms', ...pair('p99 16') }),
      atMostTimes(1, { name: 'command acknowledged, 64 at once, p99', unit: 'ms', ...pair('p99 64') }),
      atMostTimes(0.5, { name: 'command acknowledged, CPU', unit: 'µs CPU', ...pair('cpu 16') }),
      beside({ name: 'command acknowledged and carried out, CPU', unit: 'µs CPU', ...pair('all 16') }),
      atMostTimes(1.5, {
        name: `command acknowledged among ${alertsBeside} alerts/s, p99`,
        unit: 'ms',
        value: middle(busy, 'p99'),
        floor: middle(calm, 'p99'),
        against: 'calm',
      }),
    ];
  } finally {
    await Promise.all([bolt.kill(), bot.kill()]);
  }
};
