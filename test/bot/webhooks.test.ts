import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebhookItem, webhookItem } from '../../src/bot/webhook-item.ts';
import { webhookReaders } from '../../src/bot/webhooks.ts';
import { createInbox, NotNow } from '../../src/engine/inbox.ts';
import { people } from '../../src/sandbox/cast.ts';
import { StoreUnavailable, type InboxItem, type Store } from '../../src/store/store.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { ana, policies, start } from '../support/given.ts';
import { send } from '../threats/support/send.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { genuine, signed } from '../threats/support/webhooks.ts';

describe('A webhook in the inbox', () => {
  const door = { source: 'github', deliveryId: () => 'abc', keeps: ['x-github-event', 'x-github-delivery'] };
  const request = {
    headers: { 'x-github-event': 'ping', 'x-github-delivery': ['a', 'b'], cookie: 'c' },
    body: Buffer.from('{"zen": "Keep it “logically” awesome."}\n'),
  };

  it('is what came over the wire, with the headers that are kept', () => {
    const item = webhookItem(door, request, 7);
    expect(item).toMatchObject({ id: 'github/abc', source: 'github', at: 7 });
    expect(readWebhookItem(item)).toEqual({ headers: { 'x-github-event': 'ping' }, body: request.body });
  });

  it('has an id of its own where the same words may come again', () => {
    const again = { ...door, deliveryId: () => undefined };
    expect(webhookItem(again, request, 7).id).not.toBe(webhookItem(again, request, 7).id);
  });

  it('keeps no header of any length', () => {
    const long = { ...request, headers: { 'x-github-event': 'p'.repeat(10_000) } };
    expect(readWebhookItem(webhookItem(door, long, 7)).headers['x-github-event']).toHaveLength(200);
  });
});

describe('A storm of alerts', () => {
  it('is read together, in its order; what is no alert, or asks for nothing, holds nobody up', async () => {
    let transactions = 0;
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) => {
        transactions += 1;
        return store.transact(work);
      },
    });
    const { store, engine, clock, log } = await openWorkshop({ through });
    const quarantined: string[] = [];
    const inbox = createInbox({
      store,
      clock,
      log,
      readers: webhookReaders({ store, engine, policies: () => policies, now: clock.now, log }),
      quarantined: async ({ id }, why) => {
        quarantined.push(id);
        await store.transact((transaction) => transaction.settleInbox(id, 'quarantined', why));
      },
    });
    const receive = (id: string, source: string, body: object, headers = {}) =>
      inbox.receive({ ...webhookItem(doorOf(source), { headers, body: text(body) }, start), id });
    for (let n = 0; n < 300; n += 1) {
      const key = `alert-${n}`;
      await receive(`fires-${n}`, 'generic', { key, title: key, service: 'checkout', severity: 'P3' });
    }
    await receive('bad', 'generic', { nothing: 'of use' });
    await receive('ping', 'github', { zen: 'Keep it awesome.' }, { 'x-github-event': 'ping' });
    for (let n = 0; n < 300; n += 1) {
      const key = `alert-${n}`;
      await receive(`ends-${n}`, 'generic', { key, title: key, service: 'checkout', status: 'resolved' });
    }

    await inbox.start();
    for (let work = inbox.working(); work; work = inbox.working()) await work;

    expect(await store.unsettledInbox()).toEqual([]);
    expect(quarantined).toEqual(['bad']);
    expect(transactions).toBeLessThan(30);
    const events = await store.readEvents('INC-1');
    const heard = (type: string) =>
      events.flatMap((event) =>
        event.type === type ? [(event.data as { fingerprint: string }).fingerprint] : [],
      );
    const inOrder = Array.from({ length: 300 }, (_, n) => `generic:alert-${n}`);
    expect(heard('alert.fired')).toEqual(inOrder);
    expect(heard('alert.resolved')).toEqual(inOrder);
    await inbox.stop();
  });

  const doorOf = (source: string) => ({
    source,
    deliveryId: () => undefined,
    keeps: ['x-github-event'],
  });
  const text = (body: object) => Buffer.from(JSON.stringify(body));
});

describe('A notification of thousands of alerts', () => {
  const all = Array.from({ length: 1_200 }, (_, n) => `pod-${n}`);
  const body = {
    version: '4',
    alerts: all.map((pod) => ({
      status: 'firing',
      labels: { alertname: pod, service: 'checkout' },
      fingerprint: pod,
    })),
  };
  const door = { source: 'alertmanager', deliveryId: () => undefined, keeps: [] };
  const notification = () =>
    webhookItem(door, { headers: {}, body: Buffer.from(JSON.stringify(body)) }, start);

  /** Their reader, on a store that gives up on a transaction of more than 600 events, as a database does in time. */
  async function openReader(mood: { dies: boolean } = { dies: false }) {
    let written = 0;
    const impatient = (store: Store): Store => ({
      ...store,
      transact: (work) =>
        store.transact((transaction) => {
          const write: typeof transaction.write = async (change) => {
            written += change.events.length;
            if (change.events.length > 600 || (mood.dies && written > 600))
              throw new StoreUnavailable('the transaction took too long');
            return transaction.write(change);
          };
          return work({ ...transaction, write });
        }),
    });
    const { store, engine, clock, log } = await openWorkshop({ through: impatient });
    const parts = { store, engine, policies: () => policies, now: clock.now, log };
    const reader = webhookReaders(parts).find(({ source }) => source === 'alertmanager');
    const fired = async (): Promise<readonly string[]> =>
      (await store.readEvents('INC-1')).flatMap(({ type, data }) =>
        type === 'alert.fired' ? [(data as { fingerprint: string }).fingerprint] : [],
      );
    return { store, fired, read: async (item: InboxItem) => reader?.read(item) };
  }
  const inOrder = all.map((pod) => `alertmanager:${pod}`);

  it('is decided in parts, in its order: nobody waits for all of it', async () => {
    const { store, fired, read } = await openReader();
    const item = notification();
    await store.receive(item);
    await read(item);
    expect(await fired()).toEqual(inOrder);
    expect(await store.unsettledInbox()).toEqual([]);
  });

  it('is not settled before its last part is stored, and then each of its alerts has fired once', async () => {
    const mood = { dies: true };
    const { store, fired, read } = await openReader(mood);
    const item = notification();
    await store.receive(item);
    await expect(read(item)).rejects.toThrow(StoreUnavailable);
    expect((await store.unsettledInbox()).map(({ id }) => id)).toEqual([item.id]);
    expect((await fired()).length).toBe(500);

    mood.dies = false;
    await read(item);
    expect(await fired()).toEqual(inOrder);
    expect(await store.unsettledInbox()).toEqual([]);
  });

  it('is left to another process as soon as that may have taken over', async () => {
    const { store, engine, clock, log } = await openWorkshop();
    const suspended: Store = { ...store, lease: () => () => false };
    const parts = { store: suspended, engine, policies: () => policies, now: clock.now, log };
    const reader = webhookReaders(parts).find(({ source }) => source === 'alertmanager');
    const item = notification();
    await store.receive(item);
    await expect(reader?.read(item)).rejects.toThrow(NotNow);
    expect((await store.unsettledInbox()).map(({ id }) => id)).toEqual([item.id]);
  });
});

describe('Sentry’s last words', () => {
  it('count as said only when they are known to be the last: a process that died over others forgets them', async () => {
    const trouble = { dies: false };
    // The write behind the transaction does not happen: killed in between, disk full, connection lost.
    const through = (store: Store): Store => ({
      ...store,
      writeMark: (name, value) =>
        trouble.dies && value !== '[]'
          ? Promise.reject(new StoreUnavailable('gone'))
          : store.writeMark(name, value),
    });
    const { store, engine, clock, log } = await openWorkshop({ through });
    const readers = webhookReaders({
      store: through(store),
      engine,
      policies: () => policies,
      now: clock.now,
      log,
    });
    const door = { source: 'sentry', deliveryId: () => undefined, keeps: ['sentry-hook-resource'] };
    const read = async (action: string): Promise<void> => {
      const body = Buffer.from(genuine.sentry.replace('critical', action));
      const request = { headers: { 'sentry-hook-resource': 'metric_alert' }, body };
      const item = webhookItem(door, request, clock.now());
      await store.receive(item);
      await readers.find(({ source }) => source === 'sentry')?.read(item);
    };

    await read('critical');
    trouble.dies = true;
    await expect(read('warning')).rejects.toThrow(StoreUnavailable);
    trouble.dies = false;
    const reason = 'only a warning now';
    await engine.submit([
      {
        to: { kind: 'incident', id: 'INC-1' },
        at: start,
        by: ana,
        intent: { type: 'incident.resolve', reason },
      },
    ]);
    await read('critical');

    const open = await store.listStreams('incident', { openOnly: true });
    expect(open.map(({ id }) => id)).toEqual(['INC-2']);
  });
});

describe('GitHub tells of a deployment', () => {
  let world: StillWorld;
  beforeAll(async () => {
    world = await stillWorld();
  });
  afterAll(() => world.close());

  async function tell(change: (body: string) => string): Promise<void> {
    const body = change(genuine.github);
    const { status } = await send(`${world.bot().url}/webhooks/github`, signed(world, 'github', body), body);
    expect(status).toBe(202);
    await world.settle();
  }

  async function live(channel: string): Promise<unknown> {
    const events = await world.bot().store.readEvents(`channel:shop/${channel}`);
    return events.findLast(({ type }) => type === 'channel.moved')?.data;
  }

  it('to an environment of a channel: that is live there', async () => {
    await tell((body) => body.replaceAll('production', 'canary').replace('v1.5.1', 'shop@1.6.0-rc.2'));
    expect(await live('canary')).toMatchObject({ to: '1.6.0-rc.2', cause: 'deploy', actor: 'github' });
    expect(await live('stable')).toMatchObject({ to: '1.5.0' });
  });

  it.each([
    [
      'another environment',
      ['production', 'staging'],
      'no channel of channels.yml has the environment staging',
    ],
    ['another repository', ['shop/storefront', 'evil/storefront'], 'production of evil/storefront'],
    ['no version', ['v1.5.1', 'main'], 'neither payload.version nor the ref “main” is a SemVer version'],
    ['a failure', ['"success"', '"failure"'], 'the deployment is failure, not a success'],
  ] as const)('of %s: nothing changes, and the log says why', async (_, [from, to], why) => {
    await tell((body) => body.replaceAll(from, to));
    expect(await live('stable')).toMatchObject({ to: '1.5.0' });
    expect(world.log()).toContain(why);
    expect(await world.bot().store.unsettledInbox()).toEqual([]);
  });
});

describe('Sentry tells of a metric alert', () => {
  let world: StillWorld;
  beforeAll(async () => {
    world = await stillWorld();
  });
  afterAll(() => world.close());

  async function tell(action: string): Promise<void> {
    const body = genuine.sentry.replace('critical', action);
    const { status } = await send(`${world.bot().url}/webhooks/sentry`, signed(world, 'sentry', body), body);
    expect(status).toBe(202);
    await world.settle();
  }

  async function said(): Promise<readonly string[]> {
    const events = await world.bot().store.readEvents('INC-1');
    return events.flatMap(({ type, data }) =>
      type === 'alert.fired' ? [(data as { severity: string }).severity] : [],
    );
  }

  it('that goes down and up again in the words of before: each is news, and none twice', async () => {
    for (const action of ['critical', 'critical', 'warning', 'critical', 'critical']) await tell(action);
    const [first, second, third, ...more] = await said();
    expect(first).not.toBe(second);
    expect(third).toBe(first);
    expect(more).toEqual([]);
  });

  it('that somebody has kept: it does not bring back what is over, also after a restart', async () => {
    await world.type(people.ana.id, '/incident resolve INC-1 gone');
    await world.stopBot();
    await world.startBot();
    await tell('critical');
    expect(await world.bot().store.listStreams('incident')).toHaveLength(1);
  });
});
