import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import {
  StoreCorrupt,
  StoreLocked,
  StoreTooNew,
  StoreUnavailable,
  type Store,
} from '../../src/store/store.ts';
import { delivery, move, noon, writeStream } from '../contract/store-samples.ts';
import { storeContract } from '../contract/store.ts';

const program = fileURLToPath(new URL('store-process.mjs', import.meta.url));

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-store-'));
  return {
    open: () => openSqliteStore({ path: join(folder, 'store.db'), now: () => noon }),
    remove: () => rm(folder, { recursive: true }),
  };
});

describe('A SQLite store', () => {
  let folder: string;
  let path: string;
  const running: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-store-'));
    path = join(folder, 'store.db');
  });
  afterEach(async () => {
    for (const child of running.splice(0)) await kill(child);
    await rm(folder, { recursive: true });
  });

  /** Appends in a process of its own until it is killed, or may write no file larger than `kilobytes`. */
  function startProcess(run: string, kilobytes?: number): ChildProcess & { readonly lines: string[] } {
    const limit = kilobytes ? `ulimit -f ${kilobytes}; ` : '';
    const child = spawn('bash', ['-c', `${limit}exec "$0" "$@"`, process.execPath, program, path, run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(child);
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      child.emit('said');
    });
    return Object.assign(child, { lines });
  }

  async function untilSaid(child: ReturnType<typeof startProcess>, count: number): Promise<void> {
    while (child.lines.length < count) await once(child, 'said');
  }

  async function refusalToOpen(): Promise<Error> {
    return openSqliteStore({ path }).then(
      () => expect.unreachable('the store was opened'),
      (error: unknown) => error as Error,
    );
  }

  async function expectAllThere(store: Store, acknowledged: readonly string[]): Promise<void> {
    const received = (await store.unsettledInbox()).map(({ id }) => `receive ${id}`);
    const written: string[] = [];
    for (const { id, version } of await store.listStreams('incident')) {
      const events = await store.readEvents(id);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: version }, (_, n) => n + 1));
      written.push(...events.map(({ seq }) => `write ${id}/${seq}`));
    }
    const there = new Set([...received, ...written]);
    expect(acknowledged.filter((line) => !there.has(line))).toEqual([]);
  }

  test('has everything it acknowledged after kill -9 in the middle of appending', async () => {
    const acknowledged: string[] = [];
    for (const run of ['first', 'second', 'third']) {
      const child = startProcess(run);
      await untilSaid(child, 500);
      await kill(child);
      acknowledged.push(...child.lines);

      const store = await openSqliteStore({ path });
      await expectAllThere(store, acknowledged);
      await store.close();
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(1500);
  });

  test('acknowledges nothing that the disk did not take, and stays readable', async () => {
    const child = startProcess('full', 512);
    await once(child, 'close');

    const [refused, readable] = child.lines.slice(-2);
    expect(refused).toMatch(/^refused StoreUnavailable .*store\.db cannot be used: .*room/);
    expect(readable).toMatch(/^readable [1-9]/);

    const acknowledged = child.lines.slice(0, -2);
    const store = await openSqliteStore({ path });
    await expectAllThere(store, acknowledged);
    expect(await store.receive(delivery('after'))).toEqual({ new: true });
    await store.close();
  });

  test('belongs to one process at a time', async () => {
    const child = startProcess('only');
    await untilSaid(child, 1);

    const refusal = await refusalToOpen();
    expect(refusal).toBeInstanceOf(StoreLocked);
    expect(refusal.message).toMatch(/in use by another process.*LASTGOOD_URL/);

    await kill(child);
    const store = await openSqliteStore({ path });
    await expectAllThere(store, child.lines);
    await store.close();
  });

  test('cannot be opened twice in one process either, and again once it is closed', async () => {
    const first = await openSqliteStore({ path });
    await expect(openSqliteStore({ path })).rejects.toThrow(StoreLocked);

    await first.close();

    const second = await openSqliteStore({ path });
    await second.close();
    await expect(second.close()).resolves.toBeUndefined();
  });

  test('is waited for when somebody has it only for a moment', async () => {
    await (await openSqliteStore({ path })).close();
    const looking = new DatabaseSync(path);
    looking.exec('BEGIN; SELECT * FROM stream');
    const opening = openSqliteStore({ path });
    looking.exec('COMMIT');
    looking.close();

    const store = await opening;

    expect(await store.listStreams('incident')).toEqual([]);
    await store.close();
  });

  test('is for nobody else on the machine to read, and neither is what stands beside it', async () => {
    const own = join(folder, 'own');
    const umask = process.umask(0);
    const store = await openSqliteStore({ path: join(own, 'store.db') });
    await store.writeMark('probed-at', '1');
    process.umask(umask);

    const mode = async (name: string) => ((await stat(join(own, name))).mode & 0o777).toString(8);
    expect(await mode('.')).toBe('700');
    expect(await readdir(own)).toEqual(['store.db', 'store.db-wal']);
    expect([await mode('store.db'), await mode('store.db-wal')]).toEqual(['600', '600']);
    await store.close();
  });

  test('is one file when it is closed', async () => {
    const store = await openSqliteStore({ path });
    await store.receive(delivery('a'));
    await store.close();

    await expect(stat(`${path}-wal`)).rejects.toThrow('ENOENT');
    expect((await stat(path)).size).toBeGreaterThan(0);
  });

  test('creates its folder, and says so when it cannot', async () => {
    const deep = join(folder, 'data', 'sandbox', 'store.db');
    await (await openSqliteStore({ path: deep })).close();

    const belowFile = openSqliteStore({ path: join(deep, 'store.db') });
    await expect(belowFile).rejects.toThrow(StoreUnavailable);
    await expect(openSqliteStore({ path: folder })).rejects.toThrow(StoreUnavailable);
  });

  test.skipIf(process.getuid?.() === 0)('says that it may not write', async () => {
    const store = await openSqliteStore({ path });
    await store.close();
    const file = await open(path);
    await file.chmod(0o400);
    await file.close();

    await expect(openSqliteStore({ path })).rejects.toThrow(StoreUnavailable);
  });

  describe('that is damaged', () => {
    async function expectRefusedUntouched(): Promise<void> {
      const before = await readFile(path);
      const refusal = await refusalToOpen();
      expect(refusal).toBeInstanceOf(StoreCorrupt);
      expect(refusal.message).toMatch(/put the newest backup in its place as .*store\.db/);
      expect((await readFile(path)).equals(before)).toBe(true);
    }

    test('because it is something else, is refused and left alone', async () => {
      await writeFile(path, 'Dear diary, today I overwrote the store. '.repeat(400));
      await expectRefusedUntouched();
    });

    test('because a page was overwritten, is refused until a backup is in its place', async () => {
      const store = await openSqliteStore({ path });
      for (let n = 1; n <= 200; n += 1) await writeStream(store, move(`INC-${n}`, 0, 5));
      await store.close();
      const backup = await readFile(path);
      await overwritePages(path);
      await expectRefusedUntouched();

      await rename(path, `${path}.damaged`);
      await writeFile(path, backup);
      const restored = await openSqliteStore({ path });
      expect(await restored.listStreams('incident')).toHaveLength(200);
      await restored.close();
    });

    // Of the header: the magic words, the page size, the format of the schema, the encoding; and the first page itself.
    test.each([0, 16, 44, 56, 100])('in byte %i, is refused and left alone', async (place) => {
      const store = await openSqliteStore({ path });
      await writeStream(store, move('INC-1', 0, 5));
      await store.close();
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(4, 0xab), 0, 4, place);
      await file.close();
      await expectRefusedUntouched();
    });

    test('because its end is missing, is refused and left alone', async () => {
      const store = await openSqliteStore({ path });
      for (let n = 1; n <= 50; n += 1) await writeStream(store, move(`INC-${n}`, 0, 5));
      await store.close();
      const file = await open(path, 'r+');
      await file.truncate(8192);
      await file.close();
      await expectRefusedUntouched();
    });
  });

  test('whose log is cut, or damaged in the middle, has what stands before that, and nothing half', async () => {
    const child = startProcess('cut');
    await untilSaid(child, 1_000);
    await kill(child);
    const log = `${path}-wal`;
    const [database, whole] = [await readFile(path), await readFile(log)];
    const middle = Math.floor(whole.length / 2);
    const torn = Buffer.from(whole).fill(0xab, middle, middle + 64);

    for (const damagedLog of [whole.subarray(0, middle), torn]) {
      await writeFile(path, database);
      await writeFile(log, damagedLog);
      const store = await openSqliteStore({ path });
      const streams = await store.listStreams('incident');
      for (const { id, version } of streams)
        expect((await store.readEvents(id)).map(({ seq }) => seq)).toEqual(
          Array.from({ length: version }, (_, n) => n + 1),
        );
      expect(streams.length).toBeGreaterThan(0);
      expect(await store.receive(delivery('after'))).toEqual({ new: true });
      await store.close();
    }
  });

  test('that a newer program wrote is refused with advice and left alone', async () => {
    await (await openSqliteStore({ path })).close();
    const newer = new DatabaseSync(path);
    newer.exec(`PRAGMA user_version = 99; UPDATE mark SET value = 98 WHERE name = 'works-with-schema'`);
    newer.close();
    const before = await readFile(path);

    const refusal = await refusalToOpen();
    expect(refusal).toBeInstanceOf(StoreTooNew);
    expect(refusal.message).toMatch(/newer Lastgood \(schema 99/);

    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test('that a newer program wrote is used, where that says that we may', async () => {
    await (await openSqliteStore({ path })).close();
    const newer = new DatabaseSync(path);
    newer.exec(`ALTER TABLE stream ADD COLUMN colour TEXT; PRAGMA user_version = 99`);
    newer.close();
    const store = await openSqliteStore({ path });
    await writeStream(store, move('INC-1', 0));
    expect(await store.readEvents('INC-1')).toHaveLength(1);
    await store.close();
  });
});

async function overwritePages(path: string): Promise<void> {
  const { size } = await stat(path);
  const file = await open(path, 'r+');
  for (let page = 2; page < size / 4096; page += 3)
    await file.write(Buffer.alloc(2048, 0xab), 0, 2048, page * 4096);
  await file.close();
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}
