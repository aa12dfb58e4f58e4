import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { closeDatabase } from '../../src/store/sqlite-open.ts';
import { storeIdOf } from '../../src/store/store-id.ts';
import type { Store } from '../../src/store/store.ts';
import { verifyTrail } from '../../src/trust/audit/verify.ts';
import { reveal } from '../../src/trust/secrets.ts';
import { move, writeStream } from '../contract/store-samples.ts';
import { asBefore } from '../support/earlier-schema.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { startNeighbourhood, type Neighbourhood } from './support/neighbourhood.ts';
import { launch, until, type Environment } from './support/process.ts';

let town: Neighbourhood;
beforeEach(async () => {
  town = await startNeighbourhood();
});
afterEach(() => town.close());

describe('kill -9 while a store of before is brought up to date', () => {
  test('half-way, on SQLite: nothing of it was done, and the next start does it', async () => {
    // So many that what is done of them is in the log beside the file long before all of it is.
    const events = 20_000;
    await town.readStore((store) => writeStream(store, move('INC-1', 0, events)));
    const db = new DatabaseSync(file());
    db.exec(asBefore.sqlite);
    db.close();
    const before = schemaVersion();

    // Whoever watches comes first, however busy the machine.
    await killWhen('part of it is written', isUnderWay, {}, 'renice -n 19 $$ >/dev/null');
    expect(schemaVersion()).toBe(before);

    await startAndStop();
    expect(schemaVersion()).toBeGreaterThan(before);
    await town.readStore((store) => expectWhole(store, events));
  });

  const file = (): string => join(town.folders.dataDir, 'lastgood.db');
  const isUnderWay = (): boolean =>
    (statSync(`${file()}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 100_000;

  /** Looked up in a copy: this file is nobody's but the bot's, and what it left is for it to recover. */
  function schemaVersion(): number {
    const copy = join(town.folders.dataDir, 'copy.db');
    for (const end of ['', '-wal'])
      if (existsSync(file() + end)) copyFileSync(file() + end, copy + end);
      else rmSync(copy + end, { force: true });
    const db = new DatabaseSync(copy);
    try {
      return (db.prepare('PRAGMA user_version').get() as { readonly user_version: number }).user_version;
    } finally {
      closeDatabase(db);
    }
  }

  describeOnPostgres('PostgreSQL', (server) => {
    test('half-way, on PostgreSQL: nothing of it was done, and the next start does it', async () => {
      const { url, database } = await server().lend();
      const inStore = async (work: (store: Store) => Promise<void>): Promise<void> => {
        const store = await openPostgresStore({ url });
        try {
          await work(store);
        } finally {
          await store.close();
        }
      };
      const version = () =>
        server().query<{ readonly version: string }>('SELECT version FROM lastgood.schema_version', database);
      await inStore((store) => writeStream(store, move('INC-1', 0, 3)));
      await server().query(`DELETE FROM lastgood.replica; ${asBefore.postgres}`, database);
      const before = await version();

      // Somebody reads the events, as a backup does: the step has made its tables, and waits to change that one.
      const reader = new Client({ connectionString: reveal(url) });
      await reader.connect();
      onTestFinished(() => reader.end());
      await reader.query('BEGIN; LOCK TABLE lastgood.event IN ACCESS SHARE MODE');
      const waiting = `SELECT FROM pg_locks WHERE relation = 'lastgood.event'::regclass AND NOT granted`;
      const environment = { DATABASE_URL: reveal(url) };
      await killWhen(
        'it waits',
        async () => (await server().query(waiting, database)).length > 0,
        environment,
      );
      await reader.query('COMMIT');
      expect(await version()).toEqual(before);

      await startAndStop(environment);
      expect(await version()).not.toEqual(before);
      await inStore((store) => expectWhole(store, 3));
    });
  });

  async function killWhen(
    what: string,
    isNow: () => boolean | Promise<boolean>,
    environment: Environment = {},
    limits = '',
  ): Promise<void> {
    const { child, ended } = launch({ ...town.environment, ...environment }, { limits });
    await until(what, isNow);
    child.kill('SIGKILL');
    await ended;
  }

  async function startAndStop(environment: Environment = {}): Promise<void> {
    const bot = await town.start(environment);
    expect((await bot.terminate()).code).toBe(0);
  }
});

async function expectWhole(store: Store, events: number): Promise<void> {
  expect(await store.readEvents('INC-1')).toHaveLength(events);
  expect(
    (await verifyTrail(store.audit, { store: await storeIdOf(store), keys: new Map() })).wrong,
  ).toBeUndefined();
}
