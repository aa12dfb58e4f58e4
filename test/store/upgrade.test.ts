import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { takesUnmarkedButtons } from '../../src/store/store-id.ts';
import type { Store } from '../../src/store/store.ts';
import { verifyTrail } from '../../src/trust/audit/verify.ts';
import { move, writeStream } from '../contract/store-samples.ts';
import { asBefore } from '../support/earlier-schema.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lastgood-upgrade-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function inStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ path: join(folder, 'lastgood.db') });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** As the version of Lastgood left it that knew only the first step of the schema. */
function asAtFirst(): void {
  const db = new DatabaseSync(join(folder, 'lastgood.db'));
  db.exec(
    `${asBefore.sqlite}; DROP INDEX stream_open; ALTER TABLE stream DROP COLUMN rank; PRAGMA user_version = 1`,
  );
  db.close();
}

test('only a store that was there before buttons said whose they are takes those that do not', async () => {
  await inStore((store) => writeStream(store, move('INC-1', 0)));
  expect(await inStore(takesUnmarkedButtons), 'begun since').toBe(false);
  asAtFirst();
  expect(await inStore(takesUnmarkedButtons), 'begun before').toBe(true);
});

test('a store that was empty then has drawn no such button', async () => {
  await inStore((store) => store.writeMark('alive-at', '1'));
  asAtFirst();
  expect(await inStore(takesUnmarkedButtons)).toBe(false);
});

test('the incidents that are open are found the worst first, also those of before', async () => {
  await inStore(async (store) => {
    for (const [id, severity] of [
      ['INC-1', 'P3'],
      ['INC-2', 'P0'],
      ['INC-3', 'P1'],
    ] as const)
      await writeStream(store, { ...move(id, 0, 1, { alias: id }), state: { severity } });
  });
  asAtFirst();
  const { streams } = await inStore((store) => store.firstOpen('incident', 2));
  expect(streams.map(({ id }) => id)).toEqual(['INC-2', 'INC-3']);
});

test('events of before are chained, as if they had always been', async () => {
  const hashes = (store: Store) =>
    store.audit.events(0, 100).then((events) => events.map(({ stream, seq, hash }) => [stream, seq, hash]));
  const written = await inStore(async (store) => {
    await writeStream(store, move('INC-1', 0, 2));
    await writeStream(store, move('INC-2', 0));
    await writeStream(store, move('INC-1', 2));
    return hashes(store);
  });
  asAtFirst();

  expect(await inStore(hashes)).toEqual(written);
  await inStore((store) => writeStream(store, move('INC-1', 3)));
  const verdict = await inStore((store) => verifyTrail(store.audit, { store: '', keys: new Map() }));
  expect(verdict).toMatchObject({ wrong: undefined, events: 5, streams: 2 });
});
