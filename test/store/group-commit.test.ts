import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupCommit, type GroupCommit } from '../../src/store/group-commit.ts';
import { StoreUnavailable } from '../../src/store/store.ts';

describe('Group commit', () => {
  let folder: string;
  let db: DatabaseSyncInstance;
  let commits: GroupCommit;
  /** What was told to SQLite, and what callers heard, in the order in which it happened. */
  let log: string[];
  /** What SQLite fails on. */
  let fails: readonly string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lastgood-commit-'));
    const path = join(folder, 'store.db');
    db = new DatabaseSync(path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entry (text TEXT) STRICT');
    log = [];
    fails = [];
    const watched = {
      exec: (sql: string) => {
        log.push(sql);
        if (fails.includes(sql)) throw new Error('disk I/O error');
        db.exec(sql);
      },
      get isTransaction() {
        return db.isTransaction;
      },
    };
    commits = groupCommit(watched, path);
  });
  afterEach(async () => {
    await commits.finish();
    db.close();
    await rm(folder, { recursive: true });
  });

  const add = (text: string) => {
    db.prepare('INSERT INTO entry VALUES (?)').run(text);
  };
  const entries = () =>
    (db.prepare('SELECT text FROM entry ORDER BY rowid').all() as { text: string }[]).map(({ text }) => text);

  test('spares a single statement its savepoint; one that fails takes back itself alone', async () => {
    db.exec('CREATE UNIQUE INDEX entry_text ON entry (text)');
    const told = await Promise.allSettled([
      commits.put(() => add('a')),
      commits.put(() => add('a')),
      commits.write(() => add('b')),
      commits.put(() => add('c')),
    ]);

    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(entries()).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['BEGIN IMMEDIATE', 'SAVEPOINT item', 'RELEASE item', 'COMMIT']);
  });

  test('stores what one turn of the event loop wants in one transaction, and tells nobody before', async () => {
    await Promise.all(['a', 'b'].map((text) => commits.write(() => add(text)).then(() => log.push(text))));

    expect(log).toEqual([
      'BEGIN IMMEDIATE',
      'SAVEPOINT item',
      'RELEASE item',
      'SAVEPOINT item',
      'RELEASE item',
      'COMMIT',
      'a',
      'b',
    ]);
  });

  test('runs one work after another, also where one awaits', async () => {
    const steps: string[] = [];
    const work = (name: string) =>
      commits.write(async () => {
        steps.push(`${name} begins`);
        await Promise.resolve();
        steps.push(`${name} ends`);
      });

    await Promise.all([work('a'), work('b')]);

    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  test('makes no transaction larger than 256', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, n) => commits.write(() => add(`${n}`))));

    const batches = log.join('|').split('COMMIT');
    expect(batches.map((batch) => batch.split('SAVEPOINT').length - 1)).toEqual([256, 44, 0]);
    expect(entries()).toHaveLength(300);
  });

  test('takes back only the work that throws, and says so after the others are stored', async () => {
    const outcomes = await Promise.allSettled([
      commits.write(() => add('a')),
      commits
        .write(() => {
          add('b');
          throw new RangeError('not b');
        })
        .finally(() => log.push('heard')),
      commits.write(() => add('c')),
    ]);

    expect(outcomes[1]).toMatchObject({ reason: new RangeError('not b') });
    expect(entries()).toEqual(['a', 'c']);
    expect(log.slice(-2)).toEqual(['COMMIT', 'heard']);
  });

  test('rejects a work that waits for something foreign, and goes on with the others', async () => {
    let turn: { readonly over: boolean } | undefined;
    const outcomes = await Promise.allSettled([
      commits.write(async (its) => {
        turn = its;
        add('never');
        await delay(60_000, undefined, { ref: false });
      }),
      commits.write(() => add('stored')),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ reason: { message: expect.stringContaining('waited') } });
    expect(turn?.over).toBe(true);
    expect(entries()).toEqual(['stored']);
  });

  test.for(['write', 'read'] as const)(
    'does not hang on a work that waits for a %s of its own',
    async (kind) => {
      const nested = commits.write(async () => {
        add('never');
        await commits[kind](() => entries());
      });

      await expect(nested).rejects.toThrow('waited');

      expect(entries()).toEqual([]);
    },
  );

  test('lets a read see what is stored and nothing else', async () => {
    const reads: Promise<unknown>[] = [];
    await commits.write(async () => {
      reads.push(commits.read(entries));
      add('a');
      reads.push(commits.read(entries));
      await Promise.resolve();
      reads.push(commits.read(entries));
      expect(reads).toHaveLength(3);
    });

    expect(await Promise.all(reads)).toEqual([['a'], ['a'], ['a']]);
  });

  test('rejects everybody of the batch when the disk is full, and recovers when it has room', async () => {
    await commits.write(() => add('before'));
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
    db.exec(`PRAGMA max_page_count = ${pages}`);

    const outcomes = await Promise.allSettled([
      commits.write(() => add('small')),
      commits.write(() => add('x'.repeat(100_000))),
      commits.write(() => add('also small')),
    ]);

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
      expect(outcome).toMatchObject({ reason: { message: expect.stringContaining('disk is full') } });
    }
    expect(await commits.read(entries)).toEqual(['before']);

    db.exec('PRAGMA max_page_count = 100000');
    await commits.write(() => add('after'));
    expect(entries()).toEqual(['before', 'after']);
  });

  test('rejects everybody also when a batch can neither be stored nor taken back, and recovers', async () => {
    fails = ['COMMIT', 'ROLLBACK'];
    for (const text of ['a', 'b'])
      await expect(commits.write(() => add(text))).rejects.toThrow('nor could that be taken back');
    await expect(commits.read(entries), 'it would see what is not stored').rejects.toThrow('disk I/O error');

    fails = [];
    expect(await commits.read(entries)).toEqual([]);
    await commits.write(() => add('c'));
    expect(entries()).toEqual(['c']);
  });

  test('rejects everybody of the batch even when the work hides that the disk is full', async () => {
    db.exec('PRAGMA max_page_count = 1');
    const outcomes = await Promise.allSettled([
      commits.write(() => add('small')),
      commits.write(() => expect(() => add('x'.repeat(100_000))).toThrow('full')),
    ]);

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    }
    expect(entries()).toEqual([]);
  });
});
