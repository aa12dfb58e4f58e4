import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { conversations } from '../../src/sandbox/cast.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { manyServices } from './support/many-services.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

/** `ALERTS=10000` for as many as a minute of a very bad night brings; fewer here, to be quick on a small machine. */
const alerts = Number(process.env['ALERTS'] ?? 1_000);
const groups = 20;
const senders = 32;
const patience = 300_000;

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood({ 'services.yml': manyServices(groups) });
});
afterEach(() => town.close());

test(
  'A thousand different alerts at once, a P0 in the middle: none is lost, each group has one incident, the P0 pages, and a small heap is enough',
  async () => {
    // Whatever grew with each alert would end it here.
    const bot = await town.start({ NODE_OPTIONS: '--max-old-space-size=128' });
    const unsent = Array.from({ length: alerts }, (_, n) => alertOf(n));
    unsent.splice(alerts / 2, 0, worst);
    const answers = new Set<number | undefined>();
    const send = async (): Promise<void> => {
      for (let alert = unsent.pop(); alert; alert = unsent.pop()) answers.add(await town.alert(alert));
    };
    await Promise.all(Array.from({ length: senders }, send));
    expect([...answers]).toEqual([202]);

    await until('the P0 pages', () => town.pagerduty.alerts().length === 1, patience);
    await until('the cards have counted all of them', () => counted() === alerts + 1, patience);
    expect((await bot.terminate()).code).toBe(0);

    const ids = effectIds(town.posted());
    expect(ids).toEqual([...new Set(ids)]);
    await town.readStore(async (store) => {
      expect(await store.unsettledInbox()).toEqual([]);
      const incidents = await store.listStreams('incident');
      const services = incidents.map(({ state }) => (state as Incident).service);
      expect(services).toHaveLength(groups + 1);
      expect(new Set(services).size).toBe(groups + 1);
      const events = (await eventsOf(store, 'incident')).map(({ data }) => data as IncidentEvent);
      const heard = events.flatMap((event) => (event.type === 'alert.fired' ? [event.fingerprint] : []));
      expect(heard).toHaveLength(alerts + 1);
      expect(new Set(heard).size).toBe(alerts + 1);
    });
  },
  2 * patience,
);

const worst = {
  key: 'worst',
  title: 'Nobody can pay',
  service: 'checkout',
  severity: 'P0',
  status: 'firing',
};

function alertOf(n: number): object {
  const service = `part-${(n % groups) + 1}`;
  const about = { key: `alert-${n}`, title: `Alert ${n}`, summary: `Pod ${n} restarts` };
  return { ...about, service, severity: 'P3', status: 'firing' };
}

/** What the cards say in all: `50 firing` each. */
function counted(): number {
  return town.slack
    .messages(conversations.incidents.id)
    .filter(({ thread_ts }) => thread_ts === undefined)
    .flatMap(({ blocks }) => [...JSON.stringify(blocks).matchAll(/\*(\d+) firing\*/g)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}
