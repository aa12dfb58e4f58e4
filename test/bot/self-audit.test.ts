import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSelfAudit, type SelfAudit } from '../../src/bot/self-audit.ts';
import { shoutOnce } from '../../src/bot/shout-once.ts';
import type { EffectOf } from '../../src/core/effect.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { readHead } from '../../src/trust/audit/head.ts';
import { secret } from '../../src/trust/secrets.ts';
import { newSigningKey } from '../../src/trust/signing-key.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';
import { policies } from '../support/given.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const [key, newer] = [newSigningKey(), newSigningKey()];
let root: string;
let store: Store;
let audit: SelfAudit;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-self-audit-'));
  await open();
});
afterEach(async () => {
  await close();
  await rm(root, { recursive: true });
});

async function open(signingKey = key): Promise<void> {
  store = await openSqliteStore({ path: join(root, 'lastgood.db'), now: () => noon });
  audit = createSelfAudit({
    store,
    storeId: 'k3x9w2',
    signingKey: secret(signingKey.privatePem),
    clock: { now: () => noon },
    log: silent,
    shout: shoutOnce({ store, policies: () => policies, now: () => noon, engine: { poke: () => undefined } }),
  });
}
async function close(): Promise<void> {
  await audit.stop();
  await store.close();
}

/** Somebody changes the file while the bot is down. */
async function meanwhile(...statements: readonly string[]): Promise<void> {
  await close();
  const db = new DatabaseSync(join(root, 'lastgood.db'));
  for (const statement of statements) db.exec(statement);
  db.close();
  await open();
}
const said = async () =>
  (await store.outboxDue(noon, 100)).map(({ effect }) => (effect as EffectOf<'page.slack'>).text);
const newest = async () => readHead((await store.audit.newestHead()) ?? '')?.head;
const change = (by: number) => `UPDATE event SET at = at + ${by} WHERE stream = 'INC-1' AND seq = 2`;

test('what was written since is sealed, and passes', async () => {
  expect(audit.lastAudit()).toBeUndefined();
  await writeStream(store, move('INC-1', 0, 3));
  await audit.seal();
  await audit.look('new');

  expect(await newest()).toMatchObject({ number: 1, store: 'k3x9w2', key: key.id });
  expect(audit.lastAudit()).toEqual({ at: noon, passed: true });
  expect([...audit.notes(), ...(await said())]).toEqual([]);
});

test('what was written before it stops is sealed, and nothing when nothing was', async () => {
  await writeStream(store, move('INC-1', 0));
  await close();
  await open();
  expect(await newest()).toMatchObject({ number: 1 });
  await close();
  await open();

  expect(await newest()).toMatchObject({ number: 1 });
});

test('a look at what is new reads only that, and goes on where the last one ended, also after a restart', async () => {
  await writeStream(store, move('INC-1', 0, 3));
  await audit.seal();
  await audit.look('new');
  await meanwhile(change(1));
  await writeStream(store, move('INC-2', 0));
  await audit.look('new');
  expect(audit.lastAudit()).toMatchObject({ passed: true });

  await audit.look('all');
  expect(audit.lastAudit()).toMatchObject({
    passed: false,
    where: 'INC-1/2',
    what: 'was changed, or the event before it, with its hash',
  });
});

test('what is found is told once, is in force after a restart, and ends when all of it is right again', async () => {
  await writeStream(store, move('INC-1', 0, 3));
  await meanwhile(change(1));
  await audit.look('all');
  await audit.look('all');
  const words = 'INC-1/2 was changed, or the event before it, with its hash';
  expect(await said()).toEqual([`What Lastgood has stored is not as it was written: ${words}.`]);
  expect(audit.notes()).toEqual([`The audit of what is stored found: ${words}`]);

  await meanwhile();
  audit.start();
  await audit.look('new');
  expect(audit.lastAudit()).toMatchObject({ passed: false, where: 'INC-1/2' });

  await meanwhile(change(-1));
  audit.start();
  await audit.look('new');
  expect(audit.lastAudit()).toEqual({ at: noon, passed: true });
  expect(await said()).toHaveLength(1);
});

test('with a new key, the newest head is by that one, though nothing has happened', async () => {
  await writeStream(store, move('INC-1', 0));
  await close();
  await open(newer);
  await audit.seal();
  await audit.look('all');

  expect(await newest()).toMatchObject({ number: 2, key: newer.id });
  expect(audit.lastAudit()).toMatchObject({ passed: true });
});

test('whoever audits from outside finds everything sealed', async () => {
  await writeStream(store, move('INC-1', 0, 3));

  const { store: id, settled, head } = await audit.state();

  expect({ id, settled }).toEqual({ id: 'k3x9w2', settled: 3 });
  expect(readHead(head ?? '')?.head).toMatchObject({ number: 1, to: 3 });
});
