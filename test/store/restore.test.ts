import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { restore, type Held } from '../../src/store/restore.ts';
import { restoredStore } from '../../src/store/restored.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { storeIdOf, trailIdOf } from '../../src/store/store-id.ts';
import { StoreLocked, type Store } from '../../src/store/store.ts';
import { delivery, enqueue, errand, move, noon, writeStream } from '../contract/store-samples.ts';
import { smallDisk, withoutMounts } from '../faults/support/small-disk.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

const later = noon + 86_400_000;
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-restore-'));
  path = join(folder, 'lastgood.db');
});
afterEach(() => rm(folder, { recursive: true }));

async function inFile<T>(file: string, look: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ path: file, now: () => noon });
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

/** A backup in which something was on its way, and the store that has gone on since. */
async function backup(): Promise<string> {
  const made = join(folder, 'backup.db');
  const store = await openSqliteStore({ path, now: () => noon });
  await storeIdOf(store, () => 'before');
  await store.writeMark('alive-at', String(noon));
  await store.receive(delivery('d1'));
  await store.transact((transaction) => transaction.useNumber('incident', 7));
  await writeStream(store, move('INC-7', 0, 1, { alias: 'a' }));
  await enqueue(store, errand('INC-7/1.0', { stream: 'INC-7' }), errand('INC-7/1.1', { stream: 'INC-7' }));
  await store.transact((transaction) => transaction.updateOutbox('INC-7/1.0', { status: 'in-flight' }));
  await store.backUp(made);
  await writeStream(store, move('INC-8', 0, 1, { alias: 'b' }));
  await store.close();
  return made;
}

const here = () => ({ path, database: undefined });
const quietly = { now: later, holds: () => undefined };

describe('A restored store', () => {
  test('does nothing again that was on its way, and is another one to everybody outside', async () => {
    const made = await backup();
    const held: Held[] = [];
    await restore(made, here(), { now: later, holds: (what) => held.push(what) });

    expect(held).toEqual([
      { from: noon, newestEvent: noon + 1, incidents: ['INC-7'], operations: [], changed: undefined },
    ]);
    await inFile(path, async (store) => {
      expect(await store.recoverInFlight()).toBe(0);
      expect(await store.outboxDue(later, 10)).toEqual([]);
      const rows = await store.outboxOf('INC-7');
      expect(rows.map(({ status, mayHaveHappened }) => [status, mayHaveHappened])).toEqual([
        ['unknown', true],
        ['unknown', true],
      ]);
      expect(await store.unsettledInbox()).toEqual([]);
      expect(await store.transact((transaction) => transaction.nextNumber('incident'))).toBe(101);
      const id = await storeIdOf(store);
      expect(id).not.toBe('before');
      expect(await trailIdOf(store, id), 'its audit trail goes on').toBe('before');
    });
  });

  test('takes the place of the one of before at once, and that is kept', async () => {
    const made = await backup();
    const kept = await restore(made, here(), quietly);
    expect(await inFile(path, (store) => store.listStreams('incident'))).toHaveLength(1);
    expect(await inFile(kept!, (store) => store.listStreams('incident'))).toHaveLength(2);
    expect((await readdir(folder)).toSorted()).toEqual([
      'backup.db',
      'lastgood.before-2026-11-23-120000000.db',
      'lastgood.db',
    ]);
  });

  test('is as old as its backup for as long as no bot has run on it, also when it is moved on from there', async () => {
    await restore(await backup(), here(), quietly);
    const second = join(folder, 'second.db');
    const store = await openSqliteStore({ path, now: () => later });
    await store.backUp(second);
    await store.close();
    const moved = join(folder, 'elsewhere.db');
    const [now, held] = [later + 3_600_000, [] as Held[]];
    await restore(second, { path: moved, database: undefined }, { now, holds: (what) => held.push(what) });
    expect(held[0]?.from).toBe(noon);
    expect(await inFile(moved, restoredStore)).toEqual({ from: noon, at: now });
  });

  test('is not begun while a bot runs, or of what is no backup; then everything is as it was', async () => {
    const made = await backup();
    const running = await openSqliteStore({ path, now: () => noon });
    await expect(restore(made, here(), quietly)).rejects.toBeInstanceOf(StoreLocked);
    await running.close();
    const before = await readFile(path);
    await writeFile(join(folder, 'text'), 'SQLite format 3 or so, but not at all'.repeat(200));
    await expect(restore(join(folder, 'text'), here(), quietly)).rejects.toThrow(/file is not a database/);
    await expect(restore(join(folder, 'none'), here(), quietly)).rejects.toThrow(/There is no file/);
    await writeFile(`${made}-wal`, 'the newest part');
    await expect(restore(made, here(), quietly)).rejects.toThrow(/is not whole/);
    await rm(`${made}-wal`);
    const no = new Error('not this one');
    const refuse = () => {
      throw no;
    };
    await expect(restore(made, here(), { now: later, holds: refuse })).rejects.toBe(no);
    expect(await readFile(path)).toEqual(before);
    expect((await readdir(folder)).toSorted()).toEqual(['backup.db', 'lastgood.db', 'text']);
  });

  test('says where its records are not as they were written', async () => {
    const made = await backup();
    const db = new DatabaseSync(made);
    db.exec(`UPDATE event SET data = '{"type":"moved","n":2}' WHERE stream = 'INC-7'`);
    db.close();
    const held: Held[] = [];
    await restore(made, here(), { now: later, holds: (what) => held.push(what) });
    expect(held[0]?.changed).toEqual({ where: 'INC-7/1', what: expect.stringContaining('changed') });
  });

  test('takes nothing over from what is left beside a store that is gone, and keeps that', async () => {
    const made = await backup();
    const store = await openSqliteStore({ path, now: () => noon });
    await enqueue(store, errand('INC-8/1.0', { stream: 'INC-8' }));
    // Killed, with its newest part in the log; and then only the file itself is taken away.
    const log = await readFile(`${path}-wal`);
    await store.close();
    await rm(path);
    await writeFile(`${path}-wal`, log);
    const kept = await restore(made, here(), quietly);
    await inFile(path, async (restored) => {
      expect(await storeIdOf(restored)).not.toBe('before');
      expect((await restored.listStreams('incident')).map(({ id }) => id)).toEqual(['INC-7']);
      expect(await restored.outboxDue(later, 10)).toEqual([]);
    });
    expect(kept).toMatch(/\.before-[\d-]+\.db-wal$/);
    expect(await readFile(kept!)).toEqual(log);
  });

  test('has nothing of another backup of which a restore was killed', async () => {
    const made = await backup();
    const store = await openSqliteStore({ path, now: () => noon });
    await store.writeMark('of', 'another');
    // Killed while it was at work on its copy: what stood on the disk then is still there.
    for (const end of ['', '-wal']) await copyFile(`${path}${end}`, join(folder, `restoring.db${end}`));
    await store.close();
    await restore(made, here(), quietly);
    expect(await inFile(path, (restored) => restored.readMark('of'))).toBeUndefined();
    expect((await readdir(folder)).filter((name) => name.startsWith('restoring'))).toEqual([]);
  });

  test.skipIf(withoutMounts !== undefined)(
    'says that nothing was replaced where the disk has no room for it',
    async () => {
      const made = await backup();
      const place = join(folder, 'disk');
      // For the copy, and not for what is changed in it.
      const disk = smallDisk(place, Math.ceil((await stat(made)).size / 1_024) + 8);
      const there = { path: join(place, 'lastgood.db'), database: undefined };
      const why = /restoring\.db cannot be used: .*disk.* Nothing was replaced\.$/;
      try {
        await expect(restore(made, there, quietly)).rejects.toThrow(why);
        expect(await readdir(place)).toEqual([]);
      } finally {
        disk.unmount();
      }
    },
  );

  test('is none of a file of no bytes, nor of another program’s database', async () => {
    const made = await backup();
    const [empty, foreign] = [join(folder, 'empty.db'), join(folder, 'foreign.db')];
    await writeFile(empty, '');
    const db = new DatabaseSync(foreign);
    db.exec('CREATE TABLE bookmarks (url); PRAGMA user_version = 3');
    db.close();
    const unused = join(folder, 'unused.db');
    await inFile(unused, () => Promise.resolve());
    const before = await readFile(path);
    for (const none of [empty, foreign, unused])
      await expect(restore(none, here(), quietly)).rejects.toThrow(`${none} is no backup`);
    expect(await readFile(path)).toEqual(before);
    await restore(made, here(), quietly);
  });

  test('takes the place of a damaged one, with what belongs to that', async () => {
    const made = await backup();
    await writeFile(path, 'damaged'.repeat(1_000));
    await writeFile(`${path}-wal`, 'its newest part');
    const kept = await restore(made, here(), quietly);
    expect(await inFile(path, (store) => store.listStreams('incident'))).toHaveLength(1);
    expect(await readFile(kept!, 'utf8')).toContain('damaged');
    expect(await readFile(`${kept!}-wal`, 'utf8')).toBe('its newest part');
  });
});

describeOnPostgres('A restored database', (server) => {
  test('takes the place of the one of before as a whole, which is kept; and not while a replica is at work', async () => {
    const { url, database, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const made = await backup();
    const store = await openPostgresStore({ url, now: () => noon });
    await writeStream(store, move('INC-9', 0, 1, { alias: 'c' }));
    const there = { path, database: url };
    await expect(restore(made, there, quietly)).rejects.toBeInstanceOf(StoreLocked);
    await expect(restore(made, there, quietly)).rejects.toThrow(/A replica is at work/);
    expect(await store.listStreams('incident')).toHaveLength(1);
    await store.close();

    const kept = await restore(made, there, quietly);
    const restored = await openPostgresStore({ url, now: () => noon });
    expect((await restored.listStreams('incident')).map(({ id }) => id)).toEqual(['INC-7']);
    expect(await restored.recoverInFlight()).toBe(0);
    await writeStream(restored, move('INC-7', 1, 1, { alias: 'a' }));
    await restored.close();
    const rows = await server().query<{ id: string }>(`SELECT id FROM ${kept}.stream`, database);
    expect(rows).toEqual([{ id: 'INC-9' }]);
    await server().query(`DROP SCHEMA ${kept} CASCADE`, database);
  }, 60_000);
});
