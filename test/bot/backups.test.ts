import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { backUpTo, downloadOf, forgetDownloads, startBackups } from '../../src/bot/backups.ts';
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
const parts = (at: number = start) => ({
  store,
  dir: dir(),
  clock: movableClock({ start: at, running: false }),
  log: {
    info: () => undefined,
    warn: () => undefined,
    error: (_fields: object, text: string) => void errors.push(text),
  },
  shout: (id: string, words: Shout) => Promise.resolve(void shouts.push([id, words])),
});

it('are kept for two weeks of nights, and what else is in the folder is left alone', async () => {
  await mkdir(dir());
  const names = Array.from({ length: 15 }, (_, n) => `lastgood-2026-10-${String(n + 10)}-023700.db`);
  for (const name of [...names, 'lastgood-by-hand.db', 'notes.txt']) await writeFile(join(dir(), name), '');

  await backUpTo(dir(), parts());

  const left = await readdir(dir());
  expect(left.filter((name) => name.startsWith('lastgood-2026'))).toHaveLength(14);
  expect(left).toContain('lastgood-2026-11-22-030000.db');
  expect(left).toContain('lastgood-by-hand.db');
  expect(left).not.toContain(names[1]);
});

it('that cannot be made are told, and keep nobody from anything', async () => {
  await writeFile(dir(), 'a file, and no folder');
  await backUpTo(dir(), parts());
  expect(errors).toEqual(['the store could not be backed up']);
  expect(shouts).toEqual([
    [
      'backup/2026-11-22',
      { text: expect.stringContaining('Tonight’s backup failed. The backup ') as string },
    ],
  ]);
});

/** @returns how many there are then */
async function begin(at?: number): Promise<number> {
  const stop = await startBackups(parts(at));
  // What was begun is finished before anything else is written.
  await store.backUp(join(folder, 'behind.db'));
  await stop();
  return (await readdir(dir()).catch(() => [])).length;
}

it('are made up for at the start when a night was missed, by one of all; and not twice', async () => {
  expect(await begin(), 'the first start ever').toBe(1);
  expect(await begin(start + hour), 'a restart of the same day').toBe(1);
  expect(await begin(start + 30 * hour), 'down at 02:37 of the next').toBe(2);
});

it('are made tonight also when the clock was a month ahead for one start', async () => {
  expect(await begin(start + 30 * day)).toBe(1);
  expect(await begin(), 'made up for, now that it is right').toBe(2);
  await begin(start + 30 * day);
  // As node-cron asks before each night, and each five minutes.
  const asks = (task: string, at: number, every?: number) =>
    oneOfAll(store, every).runCoordinator?.shouldRun(`${task}:${new Date(at).toISOString()}`, 0);
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

it('for whoever asks are gone once they were handed out, or when the bot died meanwhile', async () => {
  const data = join(folder, 'data');
  const hand = downloadOf(store, data, movableClock({ start, running: false }));
  const [one] = [await hand(), await hand()];
  expect(one.name).toBe('lastgood-2026-11-22-030000.db');
  await one.sent();
  expect((await readdir(data)).filter((name) => name.startsWith('download-'))).toHaveLength(1);
  await forgetDownloads(data, { now: () => Date.now() + minute });
  expect((await readdir(data)).filter((name) => name.startsWith('download-'))).toHaveLength(1);
  await forgetDownloads(data, { now: () => Date.now() + 2 * hour });
  expect((await readdir(data)).filter((name) => name.startsWith('download-'))).toEqual([]);
});
