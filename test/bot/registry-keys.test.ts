import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { importIntents, openRegistry, registryFile } from '../../src/bot/registry.ts';
import { watchRegistry } from '../../src/bot/registry-watch.ts';
import { openDrifts } from '../../src/core/channel/drift-state.ts';
import type { Registry } from '../../src/core/channel/registry.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import type { Carrier } from '../../src/core/effect.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { ana, hour, policies as shipped, start } from '../support/given.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const live = (version: string) => ({ version, rollout_percent: 100, updated_at: start / 1_000 - 9_000 });
const seed: Registry = {
  version: 1,
  updated_at: start / 1_000,
  channels: { canary: live('1.6.0'), stable: live('1.5.0') },
  history: [],
};

let folder: string;
let stop: (() => Promise<void>) | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-keys-'));
});
afterEach(async () => {
  await stop?.();
  await rm(folder, { recursive: true });
});

/** A bot with one app, to which somebody has added a blog with one channel since it last wrote the file. */
async function withBlog(channel: string) {
  const path = join(folder, registryFile);
  await writeFile(path, JSON.stringify(seed));
  const store = await openSqliteStore({ path: join(folder, 'lastgood.db') });
  const document = await openRegistry(path, store.documents);
  const clock = movableClock({ start, running: false });
  let policies = shipped;
  const told: string[] = [];
  const shouts: Carrier<'page.slack'> = {
    types: ['page.slack'],
    carry: async ({ effect }) => {
      told.push(effect.text);
      return { status: 'done', receipt: {} };
    },
  };
  const watch = watchRegistry({
    store,
    document,
    policies: () => policies,
    submit: (envelopes) => engine.submit(envelopes),
    poke: () => engine.poke(),
    now: clock.now,
    log: silent,
  });
  const engine = createEngine({
    store,
    storeId: 'abc123',
    clock,
    policies: () => policies,
    carriers: [watch.carrier, shouts],
    random: () => 0.5,
    log: silent,
  });
  stop = async () => {
    await engine.stop();
    await store.close();
  };
  await engine.submit(importIntents(document.read(), policies, clock.now()));
  const { shop } = shipped.channels.apps;
  const stable = shop?.channels['stable'];
  if (!stable) throw new Error('the policies are of another shop');
  const apps = { shop, blog: { title: 'Blog', channels: { [channel]: stable } } };
  policies = { ...shipped, channels: { apps } };

  const file = async () => JSON.parse(await readFile(path, 'utf8')) as Registry;
  return {
    check: watch.check,
    start: engine.start,
    told,
    file,
    passes: (time: number) => clock.advance(time, () => Promise.resolve()),
    adopt: (changed: Policies) => {
      policies = changed;
    },
    sets: (name: string, version: string) =>
      engine.submit([
        {
          to: { kind: 'channel', id: `channel:${name}` },
          at: clock.now(),
          by: ana,
          intent: { type: 'channel.set', version, reason: 'released' },
        },
      ]),
    edit: async (key: string, version: string) => {
      const before = await file();
      const channels = { ...before.channels, [key]: live(version) };
      await writeFile(path, JSON.stringify({ ...before, channels }));
    },
    versions: async () => {
      const { channels } = await file();
      return Object.fromEntries(Object.entries(channels).map(([key, { version }]) => [key, version]));
    },
    drifts: async (name: string) => {
      const stored = await store.readStream(`channel:${name}`);
      return openDrifts(stored?.state as Channel | undefined).map(({ found }) => found);
    },
  };
}
const written = { 'shop/canary': '1.6.0', 'shop/stable': '1.5.0' };

it('no key of before an app was added stays and goes stale, and everybody is told once', async () => {
  const bot = await withBlog('live');
  const { check, told } = bot;
  await check();
  expect(await bot.versions()).toEqual(written);
  await check();
  await bot.start();
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told[0]).toContain('canary is now shop/canary, stable is now shop/stable');
});

it('an edit by such a key is noticed while it can mean one channel only', async () => {
  const { check, drifts, edit, versions } = await withBlog('live');
  await check();
  await edit('stable', '1.6.0');
  await check();
  expect(await drifts('shop/stable')).toEqual(['1.6.0']);
  expect(await versions()).toEqual({ ...written, stable: '1.6.0' });
});

it('an edit by a key that two channels had, or would have, is nobody’s', async () => {
  const { check, drifts, edit, versions } = await withBlog('stable');
  await edit('stable', '1.6.0');
  await check();
  expect([...(await drifts('shop/stable')), ...(await drifts('blog/stable'))]).toEqual([]);
  expect(await versions()).toEqual(written);
});

it('a key that a dropped channel has is nobody else’s former one: the file is written once, and stays', async () => {
  const bot = await withBlog('canary');
  await bot.sets('blog/canary', '2.0.0');
  await bot.check();
  const { shop } = shipped.channels.apps;
  const { stable } = shop!.channels;
  // The blog is gone, and so is the canary of the shop.
  bot.adopt({ ...shipped, channels: { apps: { shop: { ...shop!, channels: { stable: stable! } } } } });
  await bot.check();
  expect(await bot.versions()).toEqual({ canary: '1.6.0', stable: '1.5.0', 'blog/canary': '2.0.0' });
  const { updated_at } = await bot.file();
  await bot.passes(hour);
  await bot.check();
  expect((await bot.file()).updated_at).toBe(updated_at);
});
