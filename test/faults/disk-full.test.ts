import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { eventsOf } from './support/evidence.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

/** From Debian's util-linux: gives a process that runs another limit. */
const prlimit = '/usr/bin/prlimit';

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood();
});
afterEach(() => town.close());

test.skipIf(!existsSync(prlimit))(
  'A full disk: 503 and nothing acknowledged; with room again all that was acknowledged is worked on',
  async () => {
    // No file may grow beyond this many kilobytes: for a program that looks like a full disk.
    const bot = await town.start({}, 'ulimit -S -f 700');
    const acknowledged: string[] = [];
    let status = await sendAlert('0');
    for (; status === 202; status = await sendAlert(String(acknowledged.length)))
      acknowledged.push(String(acknowledged.length));
    expect(status).toBe(503);
    expect(acknowledged.length).toBeGreaterThan(0);

    // The last corner is filled by its own probe.
    await until('it says so itself', async () => (await fetch(`${bot.url}/readyz`)).status === 503);
    // A checkpoint in between can make room for some more, which is then taken as it should be.
    let commands = 0;
    await until('a command is refused as well', async () => {
      const { status } = await sendCommand();
      if (status === 200) commands += 1;
      return status === 503;
    });
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);

    execFileSync(prlimit, ['--pid', String(bot.pid), '--fsize=unlimited:']);
    await until('it takes something again', async () => (await fetch(`${bot.url}/readyz`)).ok);
    expect(await sendAlert('after', 'critical')).toBe(202);
    // Alerts are worked on in the order in which they came, so this one says that all the others were.
    await until('somebody is paged', () => town.pagerduty.alerts().length > 0);
    const answers = () => town.slack.ephemerals(people.ana.id).filter(({ bot_id }) => bot_id !== undefined);
    await until('every command that was taken is answered', () => answers().length >= commands);
    expect((await bot.terminate()).code).toBe(0);

    await town.readStore(async (store) => {
      expect(await store.unsettledInbox()).toEqual([]);
      const fired = (await eventsOf(store, 'incident')).flatMap(({ data, type }) =>
        type === 'alert.fired' ? [(data as { fingerprint: string }).fingerprint] : [],
      );
      expect(fired.toSorted()).toEqual(
        [...acknowledged, 'after'].map((name) => `generic:${name}`).toSorted(),
      );
    });
  },
  60_000,
);

function sendAlert(name: string, severity = 'warning'): Promise<number | undefined> {
  const summary = 'The same words again and again. '.repeat(50);
  return town.alert({
    key: name,
    status: 'firing',
    title: `Alert ${name}`,
    summary,
    service: 'checkout',
    severity,
  });
}

function sendCommand(): Promise<{ readonly status: number }> {
  return town.slack.as(people.ana.id).command(conversations.incidents.id, '/incident', 'list');
}
