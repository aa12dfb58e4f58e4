import { describe, expect, it } from 'vitest';
import { createRepeats } from '../../src/bot/repeats.ts';
import { webhookIntake } from '../../src/bot/webhook-intake.ts';
import { webhookReaders, webhookSources } from '../../src/bot/webhooks.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { createInbox } from '../../src/engine/inbox.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { minute, policies } from '../support/given.ts';

const doors = webhookDoors({ tokens: {}, secrets: { grafana: [], pagerduty: [], sentry: [], github: [] } });

/** Everything from the door on: what monitoring says, and what is open. */
async function openWorld() {
  const { store, engine, clock, log, quiet, advance } = await openWorkshop();
  let inForce: Policies = policies;
  const parts = { store, policies: () => inForce, now: clock.now };
  const repeats = createRepeats({ ...parts, sources: webhookSources });
  const inbox = createInbox({
    store,
    clock,
    log,
    readers: webhookReaders({ ...parts, engine, log, repeats }),
    quarantined: (_, why) => Promise.reject(new Error(why)),
  });
  const take = webhookIntake({ inbox, repeats, now: clock.now });
  const door = doors.find(({ source }) => source === 'generic')!;
  const receive = (body: object) => take(door, { headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const read = async (): Promise<void> => {
    for (let work = inbox.working(); work; work = inbox.working()) await work;
    await quiet();
  };
  const start = async (): Promise<void> => {
    await engine.start();
    await inbox.start();
    await read();
  };
  return {
    start,
    receive,
    advance,
    say: async (body: object): Promise<void> => {
      await receive(body);
      await read();
    },
    edit: (edited: Policies) => {
      inForce = edited;
    },
    services: async () =>
      (await store.listStreams('incident', { openOnly: true })).map(({ state }) => state as Incident),
    rungs: async (id: string) =>
      (await store.readEvents(id)).filter(({ type }) => type === 'rung.fired').length,
  };
}

const fires = { key: '5xx', title: 'Checkout answers 500', service: 'checkout', severity: 'P1' };
const ends = { key: '5xx', status: 'resolved' };
const another = { key: 'disk', title: 'Disk full' };

describe('The end of an alert that is routed elsewhere than its beginning', () => {
  it('is its end where it fires: with the key alone, and nobody is called any more', async () => {
    const { start, say, advance, services, rungs } = await openWorld();
    await start();
    await say(another);
    await say(fires);
    const before = await rungs('INC-2');

    await say(ends);
    await advance(30 * minute);

    expect((await services()).map(({ service, cleared }) => [service, cleared])).toEqual([
      ['checkout', true],
      ['platform', false],
    ]);
    expect(await rungs('INC-2')).toBe(before);
  });

  it('is its end where it fires, also when services.yml was edited in between', async () => {
    const { start, say, edit, services } = await openWorld();
    await start();
    const claimed = { key: 'disk', title: 'Disk full', labels: { team: 'storage' } };
    await say(claimed);
    const { checkout } = policies.services.services;
    if (!checkout) throw new Error('there is a checkout');
    const labels = [...checkout.labels, { team: 'storage' }];
    const edited = { ...policies.services.services, checkout: { ...checkout, labels } };
    edit({ ...policies, services: { ...policies.services, services: edited } });

    await say({ ...claimed, status: 'resolved' });

    expect((await services()).map(({ service, cleared }) => [service, cleared])).toEqual([
      ['platform', true],
    ]);
  });

  it('is read together with its beginning, and is its end all the same', async () => {
    const { start, receive, services } = await openWorld();
    for (const body of [another, fires, ends]) await receive(body);
    await start();
    expect((await services()).map(({ service, cleared }) => [service, cleared])).toEqual([
      ['checkout', true],
      ['platform', false],
    ]);
  });

  it('is not taken for a repeat that changes nothing, since it may fire again', async () => {
    const { start, say, services } = await openWorld();
    await start();
    for (const body of [another, ends, fires, ends]) await say(body);
    expect((await services()).map(({ service, cleared }) => [service, cleared])).toEqual([
      ['checkout', true],
      ['platform', false],
    ]);
  });
});
