import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open as openFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { OpenedStore } from '../../src/store/open-store.ts';
import { backUpPostgres } from '../../src/store/postgres-backup.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { copyToPostgres } from '../../src/store/sqlite-to-postgres.ts';
import { sqliteBackups } from '../../src/store/sqlite-backup.ts';
import { closeDatabase, openDatabase } from '../../src/store/sqlite-open.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { secret } from '../../src/trust/secrets.ts';
import { StoreLocked, StoreUnavailable, type Store } from '../../src/store/store.ts';
import { delivery, enqueue, errand, move, noon, writeStream } from '../contract/store-samples.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-backup-'));
});
const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

/** Something of everything. */
async function fill(store: OpenedStore): Promise<void> {
  await store.receive(delivery('d0'));
  await store.receive(delivery('d1'));
  await store.transact(async (transaction) => {
    await transaction.settleInbox('d0', 'done', 'it was a drill');
    await transaction.useNumber('incident', 7);
  });
  await writeStream(store, move('INC-6', 0, 3, { rank: 'P2', alias: 'a', wakeAt: noon + 5 }));
  await writeStream(store, move('INC-7', 0, 1, { rank: 'P0', alias: 'b' }));
  await enqueue(store, errand('INC-6/1.0', { stream: 'INC-6' }), errand('x', { dueAt: noon + 9 }));
  await store.writeMark('store-id', 'k3x9w2');
  await store.documents.add('channels.json', { version: 1, text: '{}' });
  await sealTrail(store.audit, { store: 'k3x9w2', now: () => noon, signer: undefined });
}

async function contents(store: Store) {
  return {
    inbox: await store.unsettledInbox(),
    settled: await store.transact((transaction) => transaction.inboxItem('d0')),
    first: await store.firstOpen('incident', 10),
    events: await store.audit.events(0, 100),
    ends: await store.audit.ends('', 100),
    heads: await store.audit.heads(0, 100),
    wake: await store.wakesDue(noon + 5, 10),
    outbox: await store.outboxOf('INC-6'),
    next: await store.transact((transaction) => transaction.nextNumber('incident')),
    mark: await store.readMark('store-id'),
  };
}

async function open(path: string): Promise<OpenedStore> {
  const store = await openSqliteStore({ path, now: () => noon });
  opened.push(store);
  return store;
}

async function inFile<T>(path: string, look: (store: OpenedStore) => Promise<T>): Promise<T> {
  const store = await open(path);
  try {
    return await look(store);
  } finally {
    await store.close();
  }
}

describe('A backup of a store that is a file', () => {
  test('holds all that was there, in one file that only its user can read', async () => {
    const store = await open(join(folder, 'lastgood.db'));
    await fill(store);
    const copy = join(folder, 'backups', 'one.db');

    await store.backUp(copy);

    expect(await readdir(join(folder, 'backups'))).toEqual(['one.db']);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect(await inFile(copy, contents)).toEqual(await contents(store));
    expect(await inFile(copy, (there) => there.documents.newest('channels.json'))).toEqual({
      version: 1,
      text: '{}',
    });
  });

  test('is of one moment while others write, and nobody else gets hold of the store meanwhile', async () => {
    const path = join(folder, 'lastgood.db');
    const store = await open(path);
    const state = { done: false, written: 0 };
    const writing = (async () => {
      for (; !state.done; state.written += 2)
        await store.transact(async (transaction) => {
          // Two that are only ever there together.
          for (const half of ['a', 'b'])
            await transaction.write({ ...move(`INC-${state.written}${half}`, 0), wakeAt: undefined });
        });
    })();
    for (const copy of ['1.db', '2.db']) await store.backUp(join(folder, copy));
    await expect(open(path)).rejects.toBeInstanceOf(StoreLocked);
    state.done = true;
    await writing;
    const all = (await store.listStreams('incident')).length;
    await store.close();

    const counted: number[] = [];
    for (const name of ['1.db', '2.db', 'lastgood.db'])
      counted.push(await inFile(join(folder, name), async (it) => (await it.listStreams('incident')).length));
    const [first = 0, second = 0, last] = counted;
    expect((first % 2) + (second % 2)).toBe(0);
    expect(second).toBeGreaterThan(first);
    expect(last).toBe(all);
  });

  test('that cannot be made, or is given up, leaves nothing, and the store goes on', async () => {
    const store = await open(join(folder, 'lastgood.db'));
    await fill(store);
    await writeFile(join(folder, 'file'), '');
    await expect(store.backUp(join(folder, 'file', 'x.db'))).rejects.toThrow(/could not be made: EEXIST/);

    const late = store.backUp(join(folder, 'late.db'));
    const [given] = await Promise.allSettled([late, store.close()]);
    expect(given).toMatchObject({ reason: expect.any(StoreUnavailable) as unknown });
    expect((await readdir(folder)).toSorted()).toEqual(['file', 'lastgood.db']);
  });

  test('that is damaged is none', async () => {
    const path = join(folder, 'lastgood.db');
    const store = await open(path);
    for (let n = 0; n < 200; n += 1) await store.receive(delivery(`d${n}`));
    const one = join(folder, 'one.db');
    await store.backUp(one);
    // In the middle of the file, where the store itself has not looked since.
    const file = await openFile(path, 'r+');
    await file.write(Buffer.alloc(4096, 7), 0, 4096, Math.floor((await stat(path)).size / 8192) * 4096);
    await file.close();

    await expect(store.backUp(join(folder, 'two.db'))).rejects.toThrow(
      /could not be made: .*(damaged|malformed)/,
    );
    expect((await readdir(folder)).filter((name) => name.includes('two'))).toEqual([]);
  });

  test('that hangs is given up: the store goes on with its log, and the next one gets its turn', async () => {
    const db = openDatabase(join(folder, 'lastgood.db'));
    // Whoever copies this waits for somebody who writes into it.
    const hangs = join(folder, 'hangs');
    execFileSync('mkfifo', [hangs]);
    await mkdir(join(folder, 'backups'));
    const { backUp } = sqliteBackups(db, hangs, (query) => Promise.resolve(query()), 300);

    const given = await Promise.allSettled(
      ['one.db', 'two.db'].map((name) => backUp(join(folder, 'backups', name))),
    );

    const checkpoints = db.prepare('PRAGMA wal_autocheckpoint').get();
    closeDatabase(db);

    for (const each of given)
      expect(each).toMatchObject({
        reason: { message: expect.stringMatching(/took longer than/) as unknown },
      });
    expect(checkpoints).toEqual({ wal_autocheckpoint: 1000 });
    expect(await readdir(join(folder, 'backups'))).toEqual([]);
  });

  test('whose bot was killed meanwhile is none: the next one may have written into the file', async () => {
    const store = await open(join(folder, 'lastgood.db'));
    await store.backUp(join(folder, 'one.db'));
    const worker = fileURLToPath(new URL('../../dist/src/store/backup-worker.js', import.meta.url));
    const make = (owner: number) => () => {
      const [from, half, to] = ['one.db', 'half', 'two.db'].map((name) => join(folder, name));
      execFileSync(process.execPath, [worker, 'make', from, half, to, String(owner)] as string[], {
        stdio: 'pipe',
      });
    };

    // Whoever started it is not there any more: somebody else is its parent.
    expect(make(process.ppid)).toThrow('The bot has ended meanwhile.');
    expect(await readdir(folder)).not.toContain('two.db');
    make(process.pid)();
    expect(await readdir(folder)).toContain('two.db');
  });
});

describeOnPostgres('A backup of PostgreSQL', (server) => {
  async function lend() {
    const { url, giveBack } = await server().lend();
    onTestFinished(giveBack);
    return url;
  }

  test('is a store that is a file; and becomes a database again', async () => {
    const from = await openPostgresStore({ url: await lend(), now: () => noon });
    opened.push(from);
    await fill(from);
    const copy = join(folder, 'one.db');

    await from.backUp(copy);
    const before = await contents(from);
    expect(await inFile(copy, contents)).toEqual(before);

    const url = await lend();
    await copyToPostgres(copy, url);
    const to = await openPostgresStore({ url, now: () => noon });
    opened.push(to);
    expect(await contents(to)).toEqual(before);
    expect(await to.documents.newest('channels.json')).toEqual({ version: 1, text: '{}' });
  }, 60_000);

  test('is of one moment while others write', async () => {
    const store = await openPostgresStore({ url: await lend() });
    opened.push(store);
    const state = { done: false, written: 0 };
    const writing = (async () => {
      for (; !state.done; state.written += 2)
        await store.transact(async (transaction) => {
          for (const half of ['a', 'b'])
            await transaction.write({ ...move(`INC-${state.written}${half}`, 0), wakeAt: undefined });
        });
    })();
    await store.backUp(join(folder, 'one.db'));
    state.done = true;
    await writing;
    const [streams, events] = await inFile(join(folder, 'one.db'), async (it) => [
      (await it.listStreams('incident')).length,
      (await it.audit.events(0, 10_000)).length,
    ]);
    expect(streams % 2).toBe(0);
    expect(events).toBe(streams);
  }, 60_000);

  test('has few of the large bodies travel at once: the bot holds in memory what does', async () => {
    const { database, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const way = await weighingWay(server().socket);
    onTestFinished(way.close);
    const url = secret(`postgres://postgres@127.0.0.1:${way.port}/${database}`);
    const store = await openPostgresStore({ url, folder });
    opened.push(store);
    for (let n = 0; n < 20; n += 1)
      await store.receive({ ...delivery(`d${n}`), body: `${n}${'x'.repeat(500_000)}` });

    await store.backUp(join(folder, 'one.db'));

    expect(way.heaviest()).toBeGreaterThan(500_000);
    expect(way.heaviest()).toBeLessThan(3_000_000);
    expect(await inFile(join(folder, 'one.db'), (it) => it.unsettledInbox())).toHaveLength(20);
  }, 60_000);

  test('for which the database says nothing any more is given up, also when the store is closed', async () => {
    const { database, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const way = await forgetfulWay(server().socket);
    onTestFinished(way.close);
    const url = secret(`postgres://postgres@127.0.0.1:${way.port}/${database}`);
    const store = await openPostgresStore({ url, folder });
    await store.receive(delivery('a'));

    await expect(backUpPostgres(url, join(folder, 'one.db'), { folder, silence: 100 })).rejects.toThrow(
      /timeout/,
    );
    const forgotten = way.forgets();
    const made = store.backUp(join(folder, 'two.db'));
    await forgotten;
    const [given] = await Promise.allSettled([made, store.close()]);

    expect(given).toMatchObject({ reason: { message: 'The store is closed.' } });
    expect(await readdir(folder)).toEqual([]);
  }, 60_000);
});

/** Says how many bytes the longest answer to a FETCH had. */
async function weighingWay(socket: string) {
  let [weight, heaviest] = [0, 0];
  const way = await wayTo(socket, (near, far) => {
    near.on('data', (data) => {
      if (data.includes('FETCH')) weight = 0;
      far.write(data);
    });
    far.on('data', (data) => {
      weight += data.length;
      heaviest = Math.max(heaviest, weight);
      near.write(data);
    });
  });
  return { ...way, heaviest: () => heaviest };
}

/** As a firewall that forgets one connection, that of a backup, and keeps the others. */
async function forgetfulWay(socket: string) {
  let forgets = (): void => undefined;
  const way = await wayTo(socket, (near, far) => {
    let forgotten = false;
    near.on('data', (data) => {
      forgotten ||= data.includes('FETCH');
      if (forgotten) forgets();
      else far.write(data);
    });
    far.on('data', (data) => forgotten || near.write(data));
  });
  /** Resolves when the next one is forgotten. */
  return { ...way, forgets: () => new Promise<void>((resolve) => (forgets = resolve)) };
}

/** A port that leads to a database. */
async function wayTo(socket: string, join: (near: Socket, far: Socket) => void) {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(socket);
    for (const each of [near, far]) sockets.add(each.on('error', () => each.destroy()));
    join(near, far);
    near.on('close', () => far.end());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as { readonly port: number }).port,
    close: async () => {
      for (const each of sockets) each.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
