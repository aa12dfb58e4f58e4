import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeUpRestored } from '../../src/bot/after-restore.ts';
import type { ShoutOnce } from '../../src/bot/shout-once.ts';
import { versionStatusList } from '../../src/bot/version-status.ts';
import { lastgood } from '../../src/core/actor.ts';
import type { ChannelEvent } from '../../src/core/channel/event.ts';
import { evolveChannel, type Channel } from '../../src/core/channel/state.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { secret } from '../../src/trust/secrets.ts';
import { newSigningKey, signerOf } from '../../src/trust/signing-key.ts';
import { hour, policies as shipped, start, storeId } from '../support/given.ts';

const signer = signerOf(secret(newSigningKey().privatePem));
let folder: string;
let store: Store;
let now: number;
let policies = shipped;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-status-'));
  store = await openSqliteStore({ path: join(folder, 'lastgood.db') });
  now = start;
  policies = shipped;
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

type Needed = Pick<Store, 'listStreams' | 'readMark' | 'writeMark' | 'advanceMark'>;
const listOf = (of: Needed, id = storeId) =>
  versionStatusList({ store: of, storeId: id, signer, policies: () => policies, now: () => now });

function replica(of: Needed = store) {
  const ask = listOf(of);
  return async () => {
    const list = await ask();
    if ('withheld' in list) throw new Error(list.withheld);
    return list;
  };
}

/** What is live on shop/stable from now on. */
async function live(version: string): Promise<void> {
  const moved = { type: 'channel.moved', to: version, cause: 'set', reason: '', actor: 'Ana' } as const;
  const more = { from: undefined, operation: undefined, verified: false, since: undefined };
  await happens('channel:shop/stable', { ...moved, ...more });
}

/** The registry file says otherwise than our records. */
function drifts(id: string): Promise<void> {
  const unknown = { ours: undefined, url: undefined, deployment: undefined, operation: undefined };
  return happens(id, { type: 'drift.noticed', side: 'file', cause: 'edited', found: '1.6.0', ...unknown });
}

async function happens(id: string, said: ChannelEvent): Promise<void> {
  const before = await store.readStream(id);
  const seq = (before?.version ?? 0) + 1;
  const recorded = { ...said, seq, at: now, by: lastgood };
  const state = evolveChannel(before?.state as Channel | undefined, recorded, id);
  const event = { stream: id, seq, at: now, by: lastgood, type: said.type, data: said };
  const write = {
    id,
    kind: 'channel',
    expected: seq - 1,
    state,
    wakeAt: undefined,
    alias: undefined,
  } as const;
  await store.transact((transaction) => transaction.write({ ...write, events: [event] }));
}

const said = async (ask: ReturnType<typeof replica>) => {
  const { signed } = (await ask()).all;
  return JSON.parse(signed) as {
    readonly number: number;
    readonly issued_at: string;
    readonly expires_at: string;
    readonly apps: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
};

describe('the list', () => {
  it('is the same to the letter until something changes, over restarts', async () => {
    await live('1.4.2');
    const first = await replica()();
    now += hour;
    expect(await replica()()).toMatchObject({ tag: first.tag, all: first.all });
    await live('1.5.0');
    now += hour;
    const next = await replica()();
    expect(next.all).not.toEqual(first.all);
    expect(next.one('shop', '1.5.0')).toBeDefined();
    expect(first.one('shop', '1.5.0')).toBeUndefined();
  });

  it('is good for a day, and renewed before half of that is over, with a higher number', async () => {
    const ask = replica();
    const first = await said(ask);
    expect(Date.parse(first.expires_at) - Date.parse(first.issued_at)).toBe(24 * hour);
    now += 12 * hour - 1;
    expect(await said(ask)).toEqual(first);
    now += 1_001;
    const renewed = await said(ask);
    expect(renewed.number).toBeGreaterThan(first.number);
    expect(Date.parse(renewed.issued_at)).toBe(now);
  });

  it('looks at the store once a second, however many ask, and signs each version once', async () => {
    await live('1.4.2');
    const looks = { channels: 0 };
    const ask = replica({
      ...store,
      listStreams: (...about) => {
        looks.channels += 1;
        return store.listStreams(...about);
      },
    });
    const lists = await Promise.all(Array.from({ length: 100 }, ask));
    now += 999;
    lists.push(await ask());
    expect(looks.channels).toBe(1);
    expect(new Set(lists.map((list) => list.one('shop', '1.4.2'))).size).toBe(1);
    now += 1;
    await ask();
    expect(looks.channels).toBe(2);
  });

  it('is one at all replicas, though all of them want to issue it', async () => {
    await live('1.4.2');
    const all = await Promise.all(
      Array.from({ length: 5 }, () => replica()().catch((error: unknown) => error)),
    );
    expect(all.filter((each) => !(each instanceof StoreUnavailable)).length).toBeGreaterThan(0);
    now += 1_000;
    const later = await Promise.all(Array.from({ length: 5 }, () => replica()()));
    expect(new Set(later.map(({ all: { signed } }) => signed)).size).toBe(1);
  });

  it('never has a lower number: not when the clock is set back, nor in a store that begins anew', async () => {
    const ask = replica();
    const first = await said(ask);
    now -= 48 * hour;
    const back = await said(ask);
    expect(back.number).toBe(first.number + 1);
    // Or it would be good for longer than a day.
    expect(Date.parse(back.expires_at)).toBe(now + 24 * hour);

    now = start + hour;
    const fresh = await openSqliteStore({ path: join(folder, 'another.db') });
    expect((await said(replica(fresh))).number).toBeGreaterThan(back.number);
    await fresh.close();
  });

  it('is another one in a store that came from a backup: clients may have seen higher numbers since', async () => {
    await live('1.4.2');
    const first = await said(replica());
    now += hour;
    const restored = await listOf(store, 'an0ther')();
    if ('withheld' in restored) throw new Error(restored.withheld);
    const next = JSON.parse(restored.all.signed) as typeof first;
    expect(next.apps).toEqual(first.apps);
    expect(next.number).toBeGreaterThanOrEqual(now / 1_000);
  });

  it('waits after a restore for the channels that somebody can decide about: those in channels.yml', async () => {
    await live('1.4.2');
    await drifts('channel:shop/stable');
    await drifts('channel:till/stable');
    await store.writeMark('restored-undecided', String(now));
    const ask = listOf(store);
    expect(await ask()).toHaveProperty('withheld');
    const told: string[] = [];
    const takeUp = async () => {
      await store.writeMark('restored', JSON.stringify({ from: start, at: now }));
      const submit = () => Promise.reject(new Error('nothing is open'));
      const shout: ShoutOnce = async (_id, { text }) => void told.push(text);
      await takeUpRestored({ store, submit, shout, policies: () => policies, now: () => now });
    };
    await takeUp();
    expect(told[0]).toContain('in dispute on shop/stable:');

    const { shop } = shipped.channels.apps;
    policies = { ...shipped, channels: { apps: { blog: shop! } } };
    now += 1_000;
    expect(await ask()).not.toHaveProperty('withheld');
    await takeUp();
    expect(told[1]).not.toContain('in dispute');
    // It came back, and is as undecided as it was.
    policies = shipped;
    now += 1_000;
    expect(await ask()).toHaveProperty('withheld');
  });

  it('goes on being told while the store is away, until it expires', async () => {
    await live('1.4.2');
    let isAway = false;
    const ask = replica({
      ...store,
      readMark: (name) => (isAway ? Promise.reject(new StoreUnavailable('gone')) : store.readMark(name)),
    });
    const first = await ask();
    isAway = true;
    now += 24 * hour - 1;
    expect(await ask()).toBe(first);
    now += 1;
    await expect(ask()).rejects.toThrow(StoreUnavailable);
  });
});
