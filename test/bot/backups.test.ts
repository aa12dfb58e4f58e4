import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backUpTo, downloadOf, forgetUnfinished, startBackups } from '../../src/bot/backups.ts';
import { oneOfAll } from '../../src/bot/schedule.ts';
import type { Shout } from '../../src/bot/shout-once.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { OpenedStore } from '../../src/store/open-store.ts';
import { hour, minute, start } from '../support/given.ts';

const day = 24 * hour;

let folder: string;
let store: OpenedStore;
let shouts: (readonly [string, Shout])[];
let errors: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-backups-'));
  store = await openSqliteStore({ path: join(folder, 'data', 'lastgood.db') });
  shouts = [];
  errors = [];
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const dir = () => join(folder, 'backups');
function parts(at: number = start) {
  // Those of this test: old ones are taken away behind the back of whoever waits for the backup.
  const [told, logged] = [shouts, errors];
  return {
    store,
    storeId: 'k3x9w2',
    dir: dir(),
    clock: movableClock({ start: at, running: false }),
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (_fields: object, text: string) => void logged.push(text),
    },
    shout: (id: string, words: Shout) => Promise.resolve(void told.push([id, words])),
  };
}

const unfinished = (name: string) => `.${name}.0b1f7c9e-0000-4000-8000-000000000001.tmp`;

async function putThere(...names: readonly string[]): Promise<void> {
  await mkdir(dir(), { recursive: true });
  for (const name of names) await writeFile(join(dir(), name), '');
}

it('are kept for two weeks of nights, what a killed bot has left of one for a day; what else is in the folder is left alone', async () => {
  const names = Array.from({ length: 15 }, (_, n) => `lastgood-2026-10-${String(n + 10)}-023700-k3x9w2.db`);
  const [first = '', second = ''] = names;
  const byHand = ['lastgood-2026-09-01-081500.db', 'lastgood-by-hand.db', 'notes.txt', '.notes.tmp'];
  await putThere(...names, ...byHand, unfinished(first), unfinished(second));
  for (const name of [unfinished(first), 'notes.txt', '.notes.tmp']) await utimes(join(dir(), name), 0, 0);

  await backUpTo(dir(), parts(), start);

  expect((await readdir(dir())).toSorted()).toEqual(
    [...names.slice(2), 'lastgood-2026-11-22-030000-k3x9w2.db', ...byHand, unfinished(second)].toSorted(),
  );
});

it('of two bots with one folder are two each night, and neither takes away what is the other’s, or nobody can say whose', async () => {
  const before = Array.from({ length: 20 }, (_, n) => `lastgood-2026-10-${String(n + 10)}-023700.db`);
  await putThere('lastgood-2026-09-01-023700-ab12cd.db', ...before);

  await backUpTo(dir(), parts(), start);
  await backUpTo(dir(), { ...parts(), storeId: 'ab12cd' }, start);

  const tonight = ['k3x9w2', 'ab12cd'].map((store) => `lastgood-2026-11-22-030000-${store}.db`);
  expect((await readdir(dir())).toSorted()).toEqual(
    ['lastgood-2026-09-01-023700-ab12cd.db', ...before, ...tonight].toSorted(),
  );
  expect(shouts).toEqual([]);
});

it('of before they told their store are taken away like the others, where no other has any', async () => {
  await putThere(...Array.from({ length: 20 }, (_, n) => `lastgood-2026-10-${String(n + 10)}-023700.db`));
  await backUpTo(dir(), parts(), start);
  expect(await readdir(dir())).toHaveLength(14);
});

it('never replace a file', async () => {
  const name = 'lastgood-2026-11-22-030000-k3x9w2.db';
  await putThere(name);
  await backUpTo(dir(), parts(), start);
  expect(await readdir(dir())).toEqual([name]);
  expect((await stat(join(dir(), name))).size).toBe(0);
  expect(shouts[0]?.[1].text).toContain('There is a file of that name already');
});

it('that cannot be made are told, and keep nobody from anything', async () => {
  await writeFile(dir(), 'a file, and no folder');
  await backUpTo(dir(), parts(), start);
  expect(errors).toEqual(['Tonight’s backup failed']);
  expect(shouts).toEqual([
    [
      'backup/2026-11-22',
      { text: expect.stringContaining('Tonight’s backup failed. The backup ') as string },
    ],
  ]);
});

/** As node-cron asks before each time. */
const asks = (task: string, at: number, every?: number) =>
  oneOfAll(store, every).runCoordinator?.shouldRun(`${task}:${new Date(at).toISOString()}`, 0);

/** What was begun is finished before anything else is written. */
async function writeBehind(): Promise<void> {
  await store.backUp(join(folder, 'behind.db'));
  await rm(join(folder, 'behind.db'));
}

/** @returns how many there are then */
async function begin(at?: number): Promise<number> {
  const stop = await startBackups(parts(at));
  await writeBehind();
  await stop();
  return (await readdir(dir()).catch(() => [])).length;
}

it('are made up for at the start when a night was missed, by one of all; and not twice', async () => {
  expect(await begin(), 'the first start ever').toBe(1);
  expect(await begin(start + hour), 'a restart of the same day').toBe(1);
  expect(await begin(start + 30 * hour), 'down at 02:37 of the next').toBe(2);
  expect(await begin(start + 68 * hour), 'down until the evening of the one after').toBe(3);
  expect(await asks('backup', start + 72 * hour - 23 * minute, 6 * hour), 'and made at 02:37').toBe(true);
});

it('are made tonight also when the clock was a month ahead for one start', async () => {
  expect(await begin(start + 30 * day)).toBe(1);
  expect(await begin(), 'made up for, now that it is right').toBe(2);
  await begin(start + 30 * day);
  expect(await asks('backup', start + day)).toBe(true);
  expect(await asks('backup', start + day), 'once').toBe(false);
  expect(await asks('audit head', start + hour, 5 * minute)).toBe(true);
  expect(await asks('audit head', start, 5 * minute)).toBe(true);
  expect(await asks('audit head', start, 5 * minute), 'once').toBe(false);
});

it('are not made where no folder is named', async () => {
  await (
    await startBackups({ ...parts(), dir: undefined })
  )();
  expect(await readdir(folder)).toEqual(['data']);
});

it('that a stop cuts short are no failure, and made at the next start', async () => {
  const first = store;
  let goOn = (): void => undefined;
  const closed = new Promise<void>((resolve) => (goOn = resolve));
  const slow = { ...first, backUp: (to: string) => closed.then(() => first.backUp(to)) };
  const stop = await startBackups({ ...parts(), store: slow });
  await stop();
  await first.close();
  goOn();

  store = await openSqliteStore({ path: join(folder, 'data', 'lastgood.db') });
  expect(await begin(start + minute)).toBe(1);
  expect([...shouts, ...errors]).toEqual([]);
  expect(await begin(start + 2 * minute), 'once').toBe(1);
});

it('that another replica is at are left to it', async () => {
  const another = { ...parts(), store: { ...store, isAlone: () => false } };
  const stop = [await startBackups(another), await startBackups(another)];
  await writeBehind();
  for (const each of stop) await each();
  expect(await readdir(dir())).toHaveLength(1);
});

it('for whoever asks are gone once they were handed out, or when the bot died meanwhile', async () => {
  const data = join(folder, 'data');
  const hand = downloadOf(store, data, movableClock({ start, running: false }));
  const [one] = [await hand(), await hand()];
  expect(one.name).toBe('lastgood-2026-11-22-030000.db');
  await one.sent();
  expect((await readdir(data)).filter((name) => name.startsWith('download-'))).toHaveLength(1);
  await mkdir(join(data, 'backing-up-x'));
  await forgetUnfinished(data, { now: () => Date.now() + 2 * hour });
  expect((await readdir(data)).filter((name) => name.startsWith('download-'))).toHaveLength(1);
  expect(await readdir(data)).toContain('backing-up-x');
  await forgetUnfinished(data, { now: () => Date.now() + 25 * hour });
  expect((await readdir(data)).filter((name) => /^(download|backing-up)-/.test(name))).toEqual([]);
});
