import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
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

it('are kept for two weeks of nights, what a killed bot has left of one for a day; what else is in the folder is left alone', async () => {
  await mkdir(dir());
  const names = Array.from({ length: 15 }, (_, n) => `lastgood-2026-10-${String(n + 10)}-023700.db`);
  const unfinished = (n: number) => `.${names[n]}.0b1f7c9e-0000-4000-8000-00000000000${n}.tmp`;
  for (const name of [
    ...names,
    unfinished(1),
    unfinished(2),
    'lastgood-by-hand.db',
    'notes.txt',
    '.notes.tmp',
  ])
    await writeFile(join(dir(), name), '');
  for (const name of [unfinished(1), 'notes.txt', '.notes.tmp']) await utimes(join(dir(), name), 0, 0);

  await backUpTo(dir(), parts(), start);

  const left = await readdir(dir());
  expect(left.filter((name) => name.startsWith('lastgood-2026'))).toHaveLength(14);
  expect(left).toContain('lastgood-2026-11-22-030000.db');
  expect(left).not.toContain(names[1]);
  expect(left.filter((name) => !name.startsWith('lastgood-2026')).toSorted()).toEqual(
    [unfinished(2), '.notes.tmp', 'lastgood-by-hand.db', 'notes.txt'].toSorted(),
  );
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
  await store.backUp(join(folder, 'behind.db'));
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
