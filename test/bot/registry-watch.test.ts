import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry, registryFile } from '../../src/bot/registry.ts';
import { watchRegistry } from '../../src/bot/registry-watch.ts';
import { openDrifts } from '../../src/core/channel/drift-state.ts';
import { emptyRegistry, type Registry } from '../../src/core/channel/registry.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import { conversations, people } from '../../src/sandbox/cast.ts';
import { person, policies } from '../support/given.ts';
import { memoryRows } from '../support/document-rows.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let world: StillWorld;
let path: string;
beforeEach(async () => {
  world = await stillWorld();
  path = join(world.settings.securityDir, registryFile);
});
afterEach(() => world.close());

async function file(): Promise<Registry> {
  return JSON.parse(await readFile(path, 'utf8')) as Registry;
}

async function versions(): Promise<Readonly<Record<string, string>>> {
  const { channels } = await file();
  return Object.fromEntries(Object.entries(channels).map(([name, { version }]) => [name, version]));
}

/** Somebody writes into the file, which Lastgood does not look at by itself here. */
async function edit(channel: string, version: string): Promise<void> {
  const registry = await file();
  const row = registry.channels[channel];
  if (!row) throw new Error(`${channel} is not there`);
  const channels = { ...registry.channels, [channel]: { ...row, version, rollout_percent: 50 } };
  await writeFile(path, JSON.stringify({ ...registry, channels }));
}

async function drifts(channel: string): Promise<readonly (string | undefined)[]> {
  const stored = await world.bot().store.readStream(`channel:shop/${channel}`);
  return openDrifts(stored?.state as Channel).map(({ found }) => found);
}

async function set(channel: string, version: string): Promise<void> {
  await world.type(people.ana.id, `/channels set ${channel} ${version} released by hand`);
}

describe('what others write into the registry file', () => {
  it('is noticed at the next look, also after a restart', async () => {
    await edit('stable', '1.6.0');
    await world.bot().checkRegistry();
    expect(await drifts('stable')).toEqual(['1.6.0']);
    expect(await drifts('canary')).toEqual([]);

    await world.stopBot();
    await edit('canary', '1.6.1');
    await world.startBot();
    expect(await drifts('canary')).toEqual(['1.6.1']);
  });

  it('is noticed before the file is written, and stays in it until somebody decides', async () => {
    await edit('stable', '1.6.0');
    await set('canary', '1.7.0');
    expect(await drifts('stable')).toEqual(['1.6.0']);
    expect(await versions()).toEqual({ canary: '1.7.0', stable: '1.6.0' });
    const { channels } = await file();
    expect(channels['stable']?.rollout_percent).toBe(50);

    await set('stable', '1.7.0');
    expect(await versions()).toEqual({ canary: '1.7.0', stable: '1.7.0' });
    expect(await drifts('stable')).toEqual([]);
  });

  it.each([
    ['ours', '1.5.0'],
    ['theirs', '1.6.0'],
  ] as const)('is settled when somebody takes a side: %s', async (side, version) => {
    await edit('stable', '1.6.0');
    await world.bot().checkRegistry();
    const { engine, store } = world.bot();
    const stable = (await store.readStream('channel:shop/stable'))?.state as Channel;
    const [open] = openDrifts(stable);
    const by = person('ana', 'Ana Ruiz', 'responder');
    const intent = { type: 'drift.take', drift: open?.id ?? 0, side } as const;
    await engine.submit([{ to: { kind: 'channel', id: stable.id }, at: world.clock.now(), by, intent }]);
    await world.settle();
    expect(await versions()).toMatchObject({ stable: version });
    await world.bot().checkRegistry();
    expect(await drifts('stable')).toEqual([]);
  });

  it('is no drift when it names the same versions', async () => {
    await edit('stable', '1.5.0');
    await world.bot().checkRegistry();
    expect(await drifts('stable')).toEqual([]);
  });
});

it('what we have not come to write yet is no drift: we died between the commit and the file', async () => {
  const before = await readFile(path, 'utf8');
  await set('stable', '1.6.0');
  await world.stopBot();
  await writeFile(path, before);
  const db = new DatabaseSync(join(world.settings.dataDir, 'lastgood.db'));
  db.exec('DELETE FROM document WHERE version = (SELECT max(version) FROM document)');
  db.close();
  await world.startBot();
  await world.bot().checkRegistry();
  expect(await drifts('stable')).toEqual([]);
  await set('canary', '1.7.0');
  expect(await versions()).toEqual({ canary: '1.7.0', stable: '1.6.0' });
});

it('what somebody writes right after us is noticed, too', async () => {
  const { store, engine } = world.bot();
  const document = await openRegistry(path, memoryRows());
  const { carrier, check } = watchRegistry({
    store,
    document: {
      ...document,
      update: async (change) => {
        const text = await document.update(change);
        await edit('stable', '1.6.0');
        return text;
      },
    },
    policies: () => policies,
    submit: engine.submit,
    poke: engine.poke,
    now: world.clock.now,
    log: silent,
  });
  await carrier.carry({
    id: 'channel:shop/canary/1.0',
    stream: 'channel:shop/canary',
    effect: { type: 'registry.publish' },
    state: undefined,
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    now: world.clock.now(),
    overdue: false,
    signal: new AbortController().signal,
  });
  await check();
  expect(await drifts('stable')).toEqual(['1.6.0']);
});

describe('a file that cannot be read', () => {
  const shouts = () =>
    world.slack.messages(conversations.emergency.id).filter(({ text }) => text?.includes(registryFile));

  it('keeps nobody from starting again: it is written again, kept, and said once to everybody', async () => {
    const before = await versions();
    await world.stopBot();
    await writeFile(path, '<<<<<<< ours');
    await world.startBot();
    await world.settle();

    expect(await versions()).toEqual(before);
    expect(await readFile(path.replace('.json', '.edited-1.json'), 'utf8')).toBe('<<<<<<< ours');
    expect(shouts()).toHaveLength(1);
    expect(shouts()[0]?.text).toMatch(/line 1: expected JSON.*written again from our records/s);
    expect(world.log()).toContain('the channel registry cannot be read, and is written again');

    await world.bot().checkRegistry();
    await world.settle();
    expect(shouts()).toHaveLength(1);
  });

  it('is said while it runs, too', async () => {
    await writeFile(path, '<<<<<<< ours');
    await world.bot().checkRegistry();
    await world.settle();
    expect(shouts()).toHaveLength(1);
  });
});

it.each([
  ['is gone', () => rm(path)],
  ['cannot be read', () => writeFile(path, '<<<<<<< ours')],
])('a file that %s is written again: it names no other version', async (_why, spoil) => {
  const before = await versions();
  await spoil();
  await world.bot().checkRegistry();
  expect(await versions()).toEqual(before);
  expect(await drifts('stable')).toEqual([]);
});

it('a file that cannot be written keeps nobody from starting', async () => {
  const complaints: unknown[] = [];
  const { check } = watchRegistry({
    store: world.bot().store,
    document: {
      read: () => emptyRegistry,
      look: () => Promise.resolve({ problem: 'It is not there.' }),
      update: () => Promise.reject(new Error('EROFS: read-only file system')),
      adopt: () => Promise.resolve(),
    },
    policies: () => policies,
    submit: () => Promise.reject(new Error('nothing is to be submitted')),
    poke: () => undefined,
    now: world.clock.now,
    log: { ...silent, error: ({ error }) => complaints.push(String(error)) },
  });
  await check();
  expect(complaints).toEqual(['Error: EROFS: read-only file system']);
});
