import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWebhookItem, webhookItem } from '../../src/bot/webhook-item.ts';
import { webhookReaders } from '../../src/bot/webhooks.ts';
import { createInbox } from '../../src/engine/inbox.ts';
import { people } from '../../src/sandbox/cast.ts';
import type { Store } from '../../src/store/store.ts';
import { openWorkshop } from '../engine/workshop.ts';
import { policies, start } from '../support/given.ts';
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
