import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { storeIdOf } from '../../src/store/store-id.ts';

test('A store has one name, whenever it is asked', async () => {
  const path = await placeForStore();
  const first = await openSqliteStore({ path });
  const name = await storeIdOf(first);
  await first.close();
  const again = await openSqliteStore({ path });
  expect(name).toMatch(/^[0-9a-z]{6}$/);
  expect(await storeIdOf(again)).toBe(name);
  await again.close();
});

test('Two stores have two names', async () => {
  const stores = [await placeForStore(), await placeForStore()].map((path) => openSqliteStore({ path }));
  const [one, other] = await Promise.all(stores.map(async (store) => storeIdOf(await store)));
  expect(one).not.toBe(other);
  for (const store of stores) await (await store).close();
});

async function placeForStore(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-store-id-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'lastgood.db');
}
