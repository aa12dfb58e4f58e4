import { describe, expect, it, onTestFinished } from 'vitest';
import { endWhereItFires } from '../../src/bot/alert-ends.ts';
import { alertIntents } from '../../src/bot/alerts.ts';
import { createRepeats } from '../../src/bot/repeats.ts';
import { webhookIntake } from '../../src/bot/webhook-intake.ts';
import { webhookReaders, webhookSources } from '../../src/bot/webhooks.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Alert } from '../../src/core/source.ts';
import { createInbox } from '../../src/engine/inbox.ts';
import type { Store } from '../../src/store/store.ts';
import { webhookDoors } from '../../src/trust/webhook-doors.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { minute, policies, start } from '../support/given.ts';

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
  const begin = async (): Promise<void> => {
    await engine.start();
    await inbox.start();
    await read();
  };
  return {
    begin,
    receive,
    advance,
    say: async (body: object): Promise<void> => {
      await receive(body);
      await read();
    },
    edit: (edited: Policies) => {
      inForce = edited;
    },
    open: async () =>
      (await store.listStreams('incident', { openOnly: true }))
        .map(({ state }) => state as Incident)
        .map(({ service, channel, cleared }) => `${service}/${channel} ${cleared ? 'is over' : 'fires'}`),
    rungs: async (id: string) =>
      (await store.readEvents(id)).filter(({ type }) => type === 'rung.fired').length,
  };
}

/** Policies after checkout has claimed these labels, which nobody did before. */
function claimedByCheckout(labels: Readonly<Record<string, string>>): Policies {
  const { services } = policies.services;
  if (!services['checkout']) throw new Error('there is a checkout');
  const checkout = { ...services['checkout'], labels: [...services['checkout'].labels, labels] };
  return { ...policies, services: { ...policies.services, services: { ...services, checkout } } };
}

const fires = { key: '5xx', title: 'Checkout answers 500', service: 'checkout', severity: 'P1' };
const ends = { key: '5xx', status: 'resolved' };
const another = { key: 'disk', title: 'Disk full' };
const claimed = { ...another, severity: 'P1', labels: { team: 'storage' } };

describe('The end of an alert that is routed elsewhere than its beginning', () => {
  it('is its end where it fires: with the key alone, and nobody is called any more', async () => {
    const { begin, say, advance, open, rungs } = await openWorld();
    await begin();
    await say(another);
    await say(fires);
    const before = await rungs('INC-2');

    await say(ends);
    await advance(30 * minute);

    expect(await open()).toEqual(['checkout/stable is over', 'platform/stable fires']);
    expect(await rungs('INC-2')).toBe(before);
  });

  it('is its end where it fires, also when services.yml was edited in between', async () => {
    const { begin, say, edit, open } = await openWorld();
    await begin();
    await say(claimed);
    edit(claimedByCheckout(claimed.labels));

    await say({ ...claimed, status: 'resolved' });

    expect(await open()).toEqual(['platform/stable is over']);
  });

  it('is its end in both incidents, when it was edited and monitoring said in between that it still fires', async () => {
    const { begin, say, edit, advance, open, rungs } = await openWorld();
    await begin();
    await say(claimed);
    edit(claimedByCheckout(claimed.labels));
    await say(claimed);
    const before = [await rungs('INC-1'), await rungs('INC-2')];

    await say({ ...claimed, status: 'resolved' });
    await advance(30 * minute);

    expect(await open()).toEqual(['checkout/stable is over', 'platform/stable is over']);
    expect([await rungs('INC-1'), await rungs('INC-2')]).toEqual(before);
  });

  it('is read together with its beginning, and is its end all the same', async () => {
    const { begin, receive, open } = await openWorld();
    for (const body of [another, fires, ends]) await receive(body);
    await begin();
    expect(await open()).toEqual(['checkout/stable is over', 'platform/stable fires']);
  });

  it('is not taken for a repeat that changes nothing, since it may fire again', async () => {
    const { begin, say, open } = await openWorld();
    await begin();
    for (const body of [another, ends, fires, ends]) await say(body);
    expect(await open()).toEqual(['checkout/stable is over', 'platform/stable fires']);
  });
});

describe('That all is well in one place', () => {
  it.each([
    ['another channel', { service: 'checkout', channel: 'canary' }],
    ['another service', { service: 'platform' }],
    ['another service, by its labels', { labels: { service: 'platform' } }],
  ])(
    'ends no alert of the same key that fires for %s: people are called until it is over',
    async (_, place) => {
      const { begin, say, advance, open, rungs } = await openWorld();
      await begin();
      await say({ ...fires, channel: 'stable' });
      const before = await rungs('INC-1');

      await say({ ...ends, ...place });
      await advance(30 * minute);

      expect(await open()).toEqual(['checkout/stable fires']);
      expect(await rungs('INC-1')).toBeGreaterThan(before);
    },
  );

  it('ends of two alerts of one key that are read together with it the one that fires there', async () => {
    const { begin, receive, open } = await openWorld();
    const [stable, canary] = [{ channel: 'stable' }, { channel: 'canary' }];
    for (const place of [stable, canary]) await receive({ ...fires, ...place });
    await receive({ ...fires, ...stable, status: 'resolved' });
    await begin();
    expect(await open()).toEqual(['checkout/canary fires', 'checkout/stable is over']);
  });

  it('and that it is everywhere, by the key alone, ends both', async () => {
    const { begin, receive, open } = await openWorld();
    for (const channel of ['stable', 'canary']) await receive({ ...fires, channel });
    await receive(ends);
    await begin();
    expect(await open()).toEqual(['checkout/canary is over', 'checkout/stable is over']);
  });
});

describe('Looking where alerts fire', () => {
  const end: Alert = { fingerprint: '5xx', status: 'resolved', title: '5xx', summary: '', labels: {} };
  const nowhereElse = ['platform@shop/stable'];

  /** 250 incidents of earlier versions, which did not keep what alerts said of their place. It fires in the first. */
  async function openOld() {
    const { store } = await openWorkshop();
    await store.transact(async (transaction) => {
      for (let n = 1; n <= 250; n += 1) {
        const [id, service] = [`INC-${n}`, `service-${n}`];
        const firing =
          n === 1 ? { '5xx': { title: '5xx', summary: '', severity: 'P1', url: undefined } } : {};
        const by = { kind: 'source', name: 'generic' } as const;
        await transaction.write({
          id,
          kind: 'incident',
          expected: 0,
          state: { id, service, app: 'shop', channel: 'stable', firing },
          wakeAt: undefined,
          alias: `${service}@shop/stable`,
          events: [{ stream: id, seq: 1, at: start, by, type: 'incident.opened', data: {} }],
        });
      }
    });
    return store;
  }

  async function goesTo(
    { listStreams }: Pick<Store, 'listStreams'>,
    alert: Alert,
  ): Promise<readonly string[]> {
    const asking = [{ key: undefined, envelopes: alertIntents([alert], 'generic', start, policies) }];
    // Nothing but what reads: nobody waits for a lock.
    const [asked] = await endWhereItFires({ listStreams }, asking);
    return (asked?.envelopes ?? []).map(({ to }) => ('alias' in to ? to.alias : to.id));
  }

  it('finds it among hundreds of incidents, and lets others have their turns meanwhile', async () => {
    const store = await openOld();
    let turn = 0;
    let next = setImmediate(function count() {
      turn += 1;
      next = setImmediate(count);
    });
    onTestFinished(() => clearImmediate(next));
    const looked: number[] = [];
    const listStreams: Store['listStreams'] = (...which) => {
      looked.push(turn);
      return store.listStreams(...which);
    };
    expect(await goesTo({ listStreams }, end)).toEqual([...nowhereElse, 'service-1@shop/stable']);
    expect(new Set(looked).size).toBe(3);
  });

  it('takes it for another one where it is not known that it said the same of its place', async () => {
    expect(await goesTo(await openOld(), { ...end, place: 'checkout' })).toEqual(nowhereElse);
  });
});
