import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Client } from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { copyToPostgres } from '../../src/store/sqlite-to-postgres.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { storePath } from '../../src/store/store-path.ts';
import { StoreLocked, StoreUnavailable, type Store } from '../../src/store/store.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { delivery, enqueue, errand, move, noon, writeStream } from '../contract/store-samples.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { lastgood } from '../terminal/support/run.ts';

describeOnPostgres('From SQLite to PostgreSQL', (server) => {
  /** A file in which something of everything is stored, and an empty database. */
  async function places() {
    const dataDir = await mkdtemp(join(tmpdir(), 'lastgood-copy-'));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    const path = storePath(dataDir);
    const { url, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const file = await openSqliteStore({ path, now: () => noon });
    await fill(file);
    return { dataDir, path, url, file };
  }

  async function fill(store: Store): Promise<void> {
    // More than travel together.
    for (let n = 0; n < 250; n += 1) await store.receive(delivery(`d${n}`));
    await store.transact(async (transaction) => {
      await transaction.settleInbox('d0', 'done', 'it was a drill');
      await transaction.useNumber('incident', 7);
    });
    await writeStream(store, move('INC-6', 0, 3, { rank: 'P2', alias: 'a', wakeAt: noon + 5 }));
    await writeStream(store, move('INC-7', 0, 1, { rank: 'P0', alias: 'b' }));
    await enqueue(
      store,
      errand('INC-6/1.0', { stream: 'INC-6' }),
      errand('INC-6/2.0', { stream: 'INC-6', dueAt: noon + 9 }),
    );
    await store.transact((transaction) =>
      transaction.updateOutbox('INC-6/1.0', { status: 'in-flight', attempts: 1, receipt: { run: '17' } }),
    );
    await store.writeMark('store-id', 'k3x9w2');
  }

  async function contents(store: Store) {
    return {
      inbox: await store.unsettledInbox(),
      settled: await store.transact((transaction) => transaction.inboxItem('d0')),
      streams: await store.listStreams('incident'),
      first: await store.firstOpen('incident', 10),
      events: await store.readEvents('INC-6'),
      wake: await store.wakesDue(noon + 5, 10),
      outbox: await store.outboxOf('INC-6'),
      next: await store.transact((transaction) => transaction.nextNumber('incident')),
      mark: await store.readMark('store-id'),
    };
  }

  test('everything is there as it was, and goes on from there', async () => {
    const { path, url, file } = await places();
    const before = await contents(file);
    await file.close();

    expect(await copyToPostgres(path, url)).toBeGreaterThan(250);

    const store = await openPostgresStore({ url, now: () => noon });
    onTestFinished(() => store.close());
    expect(await contents(store)).toEqual(before);
    await store.receive(delivery('new'));
    expect((await store.unsettledInbox()).at(-1)).toEqual(delivery('new'));
    await writeStream(store, move('INC-6', 3, 1, { alias: 'a' }));
    expect(await store.recoverInFlight()).toBe(1);
    expect((await store.inboxInOrder([], 3)).map(({ id }) => id)).toEqual(['d1', 'd2', 'd3']);
  }, 60_000);

  test('few of the large bodies travel at once: all of them together are too much for a connection', async () => {
    const { path, url, file } = await places();
    const body = 'x'.repeat(1_500_000);
    for (let n = 0; n < 5; n += 1) await file.receive({ ...delivery(`large${n}`), body });
    await file.close();
    const sent = vi.spyOn(Client.prototype, 'query');
    onTestFinished(() => sent.mockRestore());

    await copyToPostgres(path, url);

    const weights = sent.mock.calls.map((given) => JSON.stringify(given).length);
    expect(Math.max(...weights)).toBeGreaterThan(2 * body.length);
    expect(Math.max(...weights)).toBeLessThan(3 * body.length);
  }, 60_000);

  test('only into an empty database, and only while nobody has the file open', async () => {
    const { path, url, file } = await places();
    await expect(copyToPostgres(path, url)).rejects.toBeInstanceOf(StoreLocked);
    await file.close();
    await copyToPostgres(path, url);

    await expect(copyToPostgres(path, url)).rejects.toThrow(/has records already: a bot has run on it/);
    await expect(copyToPostgres(`${path}.other`, url)).rejects.toBeInstanceOf(StoreUnavailable);
  }, 60_000);

  test('only what is as it was written, and the place that is not is named', async () => {
    const { path, url, file } = await places();
    await file.close();
    const db = new DatabaseSync(path);
    db.exec(`UPDATE event SET at = at + 1 WHERE stream = 'INC-6' AND seq = 2`);
    db.close();

    await expect(copyToPostgres(path, url)).rejects.toThrow(/^INC-6\/2 was changed.*nothing was copied/);

    const store = await openPostgresStore({ url, now: () => noon });
    onTestFinished(() => store.close());
    expect(await store.readEvents('INC-6')).toEqual([]);
  }, 60_000);

  test('by a command, which says how to go on', async () => {
    const { dataDir, url, file } = await places();
    await file.close();
    const settings = { DATA_DIR: dataDir, DATABASE_URL: reveal(url) };

    const done = await lastgood(['migrate', 'sqlite-to-postgres'], settings);
    const again = await lastgood(['migrate', 'sqlite-to-postgres'], settings);
    const nowhere = await lastgood(['migrate', 'sqlite-to-postgres'], { DATA_DIR: dataDir });

    expect(done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ rows have been copied\. Start/),
    });
    expect(again).toMatchObject({ code: 78, stderr: expect.stringContaining('has records already') });
    expect(nowhere).toMatchObject({ code: 78, stderr: expect.stringContaining('DATABASE_URL is not set') });
  }, 60_000);
});
