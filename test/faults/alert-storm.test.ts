import { afterEach, beforeEach, expect, test } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import { conversations } from '../../src/sandbox/cast.ts';
import { effectIds, eventsOf } from './support/evidence.ts';
import { manyServices } from './support/many-services.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { until } from './support/process.ts';

/** As many as a minute of a very bad night brings, in notifications as Alertmanager groups them. */
const alerts = 10_000;
const together = 50;
const groups = 20;
const senders = 16;
/** A P0 among them has to page by then. */
const inTime = 60_000;
const patience = 120_000;

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood({ 'services.yml': manyServices(groups) });
});
afterEach(() => town.close());

test(
  'Ten thousand different alerts at once, a P0 in the middle: none is lost, each group has one incident, the P0 pages within a minute, and a small heap is enough',
  async () => {
    // Whatever grew with each alert would end it here.
    const bot = await town.start({ NODE_OPTIONS: '--max-old-space-size=128' });
    const unsent: (() => Promise<number | undefined>)[] = Array.from(
      { length: alerts / together },
      (_, n) => () => notify(n * together),
    );
    const paged = async (): Promise<number | undefined> => {
      const answer = await town.alert(worst);
      await until('the P0 pages', () => town.pagerduty.alerts().length === 1, inTime);
      return answer;
    };
    unsent.splice(unsent.length / 2, 0, paged);
    const answers = new Set<number | undefined>();
    const send = async (): Promise<void> => {
      for (let next = unsent.pop(); next; next = unsent.pop()) answers.add(await next());
    };
    await Promise.all(Array.from({ length: senders }, send));
    expect([...answers]).toEqual([202]);

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

/** One notification of Alertmanager, with so many alerts from this number on. @returns what it is answered */
async function notify(from: number): Promise<number> {
  const alertOf = (_: unknown, index: number) => {
    const n = from + index;
    const labels = { alertname: `Alert ${n}`, service: `part-${(n % groups) + 1}`, severity: 'info' };
    return { status: 'firing', labels, annotations: { summary: `Pod ${n} restarts` }, fingerprint: `f${n}` };
  };
  const response = await fetch(`${town.url()}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { authorization: `Bearer ${town.webhookToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ version: '4', alerts: Array.from({ length: together }, alertOf) }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** What the cards say in all: `50 firing` each. */
function counted(): number {
  return town.slack
    .messages(conversations.incidents.id)
    .filter(({ thread_ts }) => thread_ts === undefined)
    .flatMap(({ blocks }) => [...JSON.stringify(blocks).matchAll(/\*(\d+) firing\*/g)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}
