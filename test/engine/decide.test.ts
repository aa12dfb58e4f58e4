import { describe, expect, it } from 'vitest';
import type { Channel } from '../../src/core/channel/state.ts';
import type { Envelope } from '../../src/core/envelope.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { decideAll } from '../../src/engine/decide.ts';
import { StaleStream, type Store } from '../../src/store/store.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { alertmanager, ana, ben, minute, policies, start, storeId } from '../support/given.ts';
import { openWorkshop } from './workshop.ts';

const checkout = { kind: 'incident', alias: 'checkout@shop/stable', open: true } as const;
const stable = { kind: 'channel', id: 'channel:shop/stable' } as const;

function alert(fingerprint: string, to: Envelope['to'] = checkout): Envelope {
  return { to, at: start, by: alertmanager, intent: receive(firing(fingerprint, 'P0')) };
}

function bySet(version: string): Envelope {
  return { to: stable, at: start, by: ana, intent: { type: 'channel.set', version, reason: 'released' } };
}

async function stateOf<State>(store: Store, id: string): Promise<State> {
  const stored = await store.readStream(id);
  if (!stored) throw new Error(`there is no ${id}`);
  return stored.state as State;
}

async function decide(store: Store, ...envelopes: readonly Envelope[]) {
  const { happened } = await store.transact((transaction) =>
    decideAll(transaction, envelopes, policies, storeId),
  );
  return happened.map(({ stream, event }) => `${stream}/${event.seq} ${event.type}`);
}

describe('one decision', () => {
  it('and what it tells other streams are stored together', async () => {
    const { store } = await openWorkshop();
    await decide(store, bySet('1.4.2'));
    expect(await decide(store, alert('5xx'))).toEqual([
      'INC-1/1 incident.opened',
      'INC-1/2 alert.fired',
      'channel:shop/stable/2 incident.noted',
      'INC-1/3 suspect.named',
      'INC-1/4 rung.fired',
    ]);
    expect(await store.readStream('INC-1')).toMatchObject({ version: 4, kind: 'incident' });
    expect((await stateOf<Incident>(store, 'INC-1')).suspect?.live).toBe('1.4.2');
    expect((await stateOf<Channel>(store, stable.id)).incidents).toHaveProperty('INC-1');
    expect(await store.nextWake()).toBe(start + 5 * minute);
    const ids = (await store.outboxOf('INC-1')).map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual(['INC-1/1.0', 'INC-1/1.1']);
    expect(ids).toContain('INC-1/4.0');
  });

  it('of a rollback goes through three streams and back', async () => {
    const { store } = await openWorkshop();
    await decide(store, bySet('1.4.2'), bySet('1.5.0'), alert('5xx'));
    const request = {
      to: stable,
      at: start,
      by: ana,
      intent: { type: 'rollback.request', target: { version: '1.4.2' }, reason: 'slow' },
    } as const;
    expect(await decide(store, request)).toEqual([
      'channel:shop/stable/4 channel.locked',
      'OP-1/1 operation.planned',
      'INC-1/5 operation.noted',
    ]);
    const { hash } = await stateOf<Operation>(store, 'OP-1');
    const approve = {
      to: { kind: 'operation', id: 'OP-1' },
      at: start + minute,
      by: ben,
      intent: { type: 'operation.approve', hash },
    } as const;
    expect(await decide(store, approve)).toEqual([
      'OP-1/2 approval.given',
      'OP-1/3 operation.approved',
      'INC-1/6 operation.noted',
      'channel:shop/stable/5 channel.begun',
      'OP-1/4 operation.begun',
      'OP-1/5 step.started',
      'INC-1/7 operation.noted',
    ]);
    const incident = await stateOf<Incident>(store, 'INC-1');
    expect(incident.operations).toEqual({ 'OP-1': 'running' });
  });

  it('that throws leaves nothing behind', async () => {
    const { store } = await openWorkshop();
    const unknown = { ...stable, id: 'channel:shop/nightly' };
    await expect(decide(store, alert('5xx'), { ...bySet('1.0.0'), to: unknown })).rejects.toThrow('nightly');
    expect(await store.listStreams('incident')).toEqual([]);
    expect(await decide(store, alert('5xx'))).toContain('INC-1/1 incident.opened');
  });
});

describe('an alias', () => {
  it('that nobody answers to opens a stream; two envelopes for it open one', async () => {
    const { store } = await openWorkshop();
    const happened = await decide(store, alert('5xx'), alert('latency'));
    expect(happened.filter((line) => line.includes('incident.opened'))).toEqual(['INC-1/1 incident.opened']);
    expect(await decide(store, alert('disk'))).toEqual(['INC-1/6 alert.fired']);
  });

  it('that nobody answers to is nobody, when it must not open one', async () => {
    const { store } = await openWorkshop();
    expect(await decide(store, alert('5xx', { ...checkout, open: false }))).toEqual([]);
  });

  it('is free again as soon as its incident is resolved, also for the next envelope', async () => {
    const { store } = await openWorkshop();
    await decide(store, alert('5xx'));
    const resolve: Envelope = {
      to: { kind: 'incident', id: 'INC-1' },
      at: start,
      by: ana,
      intent: { type: 'incident.resolve', reason: '' },
    };
    const happened = await decide(store, resolve, alert('5xx'));
    expect(happened).toContain('INC-1/5 incident.resolved');
    expect(happened).toContain('INC-2/1 incident.opened');
    const open = await store.listStreams('incident', { openOnly: true });
    expect(open.map(({ id }) => id)).toEqual(['INC-2']);
  });
});

describe('numbers', () => {
  it('are used one after another, and only by what has opened', async () => {
    const { store } = await openWorkshop();
    const platform: Envelope = {
      ...alert('5xx', { ...checkout, alias: 'platform@shop/stable' }),
      intent: receive(firing('5xx', 'P0', '', 'platform')),
    };
    const nothing: Envelope = { ...alert('5xx'), intent: receive(resolved('5xx')) };
    expect(await decide(store, nothing)).toEqual([]);
    await decide(store, alert('5xx'), platform);
    expect((await store.listStreams('incident')).map(({ id }) => id)).toEqual(['INC-2', 'INC-1']);
  });
});

describe('a conflict with another writer', () => {
  function stale(times: number) {
    let tries = 0;
    const through = (store: Store): Store => ({
      ...store,
      transact: (work) => {
        tries += 1;
        return tries <= times ? Promise.reject(new StaleStream('moved on')) : store.transact(work);
      },
    });
    return { through, tries: () => tries };
  }

  it('is decided again on fresh reads', async () => {
    const { through, tries } = stale(2);
    const { engine } = await openWorkshop({ through });
    expect(await engine.submit([alert('5xx')])).toMatchObject({ stream: 'INC-1', answer: { tone: 'done' } });
    expect(tries()).toBe(3);
  });

  it('is given up after five tries', async () => {
    const { through, tries } = stale(Infinity);
    const { engine } = await openWorkshop({ through });
    await expect(engine.submit([alert('5xx')])).rejects.toThrow(StaleStream);
    expect(tries()).toBe(5);
  });
});

describe('whoever asked is told', () => {
  it('in the transaction that settles what they sent', async () => {
    const { engine, store, row } = await openWorkshop();
    await store.receive({ id: 'slack/1', source: 'slack', at: start, body: '' });
    const reply = { url: 'https://hooks.example/1' };
    await engine.submit([bySet('1.4.2')], { settles: 'slack/1', reply });
    expect(await store.unsettledInbox()).toEqual([]);
    expect((await row('inbox/slack/1')).effect).toMatchObject({
      type: 'slack.reply',
      reply,
      answer: { tone: 'done' },
    });
  });

  it.each([
    ['incident', 'INC-99'],
    ['operation', 'OP-99'],
  ] as const)('that there is no such %s', async (kind, id) => {
    const { engine } = await openWorkshop();
    const intent =
      kind === 'incident'
        ? ({ type: 'incident.acknowledge' } as const)
        : ({ type: 'operation.approve', hash: '' } as const);
    const submitted = await engine.submit([{ to: { kind, id }, at: start, by: ana, intent }]);
    expect(submitted).toMatchObject({
      stream: undefined,
      answer: { tone: 'refused', title: `There is no ${id}` },
    });
  });
});
