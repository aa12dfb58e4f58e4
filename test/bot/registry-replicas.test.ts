import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { importIntents, knowsChannels, openRegistry, registryFile } from '../../src/bot/registry.ts';
import { watchRegistry } from '../../src/bot/registry-watch.ts';
import { openDrifts } from '../../src/core/channel/drift-state.ts';
import type { Registry } from '../../src/core/channel/registry.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import type { Document } from '../../src/store/documents.ts';
import type { Store } from '../../src/store/store.ts';
import type { Secret } from '../../src/trust/secrets.ts';
import { ana, policies, start } from '../support/given.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const seed: Registry = {
  version: 1,
  updated_at: start / 1_000,
  channels: { stable: { version: '1.5.0', rollout_percent: 100, updated_at: start / 1_000 - 9_000 } },
  history: [],
};

interface Machine {
  readonly store: Store;
  readonly engine: Engine;
  readonly check: () => Promise<void>;
  readonly path: string;
  readonly stop: () => Promise<void>;
}

describeOnPostgres('The registry file on two machines', (server) => {
  let url: Secret;
  let giveBack: () => void;
  let folder: string;
  const machines: Machine[] = [];
  beforeEach(async () => {
    ({ url, giveBack } = await server().lend());
    folder = await mkdtemp(join(tmpdir(), 'lastgood-registry-'));
  });
  afterEach(async () => {
    for (const machine of machines.splice(0)) await machine.stop();
    await rm(folder, { recursive: true });
    giveBack();
  });

  /** What a bot on that machine has to do with the file. */
  async function machine(
    name: string,
    between: (document: Document<Registry>) => Document<Registry> = (document) => document,
  ): Promise<Machine> {
    const store = await openPostgresStore({ url });
    const path = join(folder, name, registryFile);
    await mkdir(join(folder, name), { recursive: true });
    const document = between(await openRegistry(path, store.documents, await knowsChannels(store)));
    const clock = movableClock({ start, running: true });
    const watch = watchRegistry({
      store,
      policies: () => policies,
      log: silent,
      document,
      now: clock.now,
      submit: (envelopes) => engine.submit(envelopes),
      poke: () => engine.poke(),
    });
    const engine = createEngine({
      store,
      storeId: 'abc123',
      clock,
      policies: () => policies,
      carriers: [watch.carrier],
      random: Math.random,
      log: silent,
    });
    await engine.submit(importIntents(document.read(), policies, clock.now()));
    await watch.check();
    await engine.start();
    const stop = async (): Promise<void> => {
      await engine.stop();
      await store.close();
    };
    const made = { store, engine, check: watch.check, path, stop };
    machines.push(made);
    return made;
  }

  async function startWith(registry: Registry, ...names: readonly string[]): Promise<readonly Machine[]> {
    const started: Machine[] = [];
    for (const name of names) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, registryFile), JSON.stringify(registry));
      started.push(await machine(name));
    }
    return started;
  }

  async function files(): Promise<readonly string[]> {
    return Promise.all(machines.map(({ path }) => readFile(path, 'utf8')));
  }

  /** Until it says so on each machine, which look as often as they do. */
  async function settled(version: string): Promise<void> {
    for (;;) {
      for (const { check } of machines) await check();
      const all = await files();
      const says = (text: string) => (JSON.parse(text) as Registry).channels['stable']?.version === version;
      if (all.every(says) && new Set(all).size === 1) return;
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  async function noticed(): Promise<number> {
    const events = (await machines[0]?.store.readEvents('channel:shop/stable')) ?? [];
    return events.filter(({ type }) => type === 'drift.noticed').length;
  }

  const set = (at: Machine, version: string) =>
    at.engine.submit([
      {
        to: { kind: 'channel', id: 'channel:shop/stable' },
        at: start,
        by: ana,
        intent: { type: 'channel.set', version, reason: 'by hand' },
      },
    ]);

  async function edit({ path }: Machine, version: string): Promise<void> {
    const registry = JSON.parse(await readFile(path, 'utf8')) as Registry;
    const stable = { ...registry.channels['stable']!, version };
    await writeFile(path, JSON.stringify({ ...registry, channels: { ...registry.channels, stable } }));
  }

  it('says on both what either has published, and neither takes that for an edit', async () => {
    const [here, there] = await startWith(seed, 'here', 'there');
    await settled('1.5.0');
    for (const [at, version] of [
      [here, '1.6.0'],
      [there, '1.7.0'],
      [here, '1.8.0'],
    ] as const) {
      await set(at!, version);
      await settled(version);
    }
    expect(await noticed()).toBe(0);
  }, 60_000);

  it('tells an edit on one of them once, shows it on both, and on both what somebody decides', async () => {
    const [, there] = await startWith(seed, 'here', 'there');
    await set(there!, '1.6.0');
    await settled('1.6.0');

    await edit(there!, '1.9.0');
    await settled('1.9.0');
    for (const { check } of machines) await check();
    expect(await noticed()).toBe(1);

    const stable = (await there!.store.readStream('channel:shop/stable'))?.state as Channel;
    const [drift] = openDrifts(stable);
    const intent = { type: 'drift.take', drift: drift?.id ?? 0, side: 'ours' } as const;
    await there!.engine.submit([{ to: { kind: 'channel', id: stable.id }, at: start, by: ana, intent }]);
    await settled('1.6.0');
    expect(await noticed()).toBe(1);
  }, 60_000);

  it('tells it once also when the bot that noticed it dies before it has shown it to the others', async () => {
    const [here, there] = await startWith(seed, 'here', 'there');
    await set(here!, '1.6.0');
    await settled('1.6.0');
    machines.pop();
    await there!.stop();
    await edit(there!, '1.9.0');
    const dying = await machine('there', (document) => ({
      ...document,
      adopt: () => Promise.reject(new Error('killed')),
    }));
    expect(await noticed()).toBe(1);
    machines.pop();
    await dying.stop();

    await machine('there');
    await settled('1.9.0');
    expect(await noticed()).toBe(1);
  }, 60_000);
});
