import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { people } from '../../src/sandbox/cast.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { storePath } from '../../src/store/store-path.ts';
import { canonicalJson } from '../../src/trust/audit/canonical-json.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { newSigningKey, signerOf } from '../../src/trust/signing-key.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';
import { apiOf } from '../http/api-world.ts';
import { stillWorld } from '../threats/support/still-world.ts';
import { emptyFolder, lastgood, terminalOf } from './support/run.ts';

const key = newSigningKey();
const folder = emptyFolder();
afterAll(folder.remove);
const file = (name: string) => join(folder.path, name);

function offline(words: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  return lastgood(['audit', ...words, '--offline'], { DATA_DIR: folder.path, ...settings }, folder.path);
}

beforeAll(async () => {
  await writeFile(file('public.pem'), key.publicPem);
  await writeFile(file('other.pem'), newSigningKey().publicPem);
  const store = await openSqliteStore({ path: storePath(folder.path), now: () => noon });
  await store.keepMark('store-id', 'k3x9w2');
  await writeStream(store, move('INC-1', 0, 3));
  await writeStream(store, move('INC-2', 0, 2));
  const signer = signerOf(secret(key.privatePem));
  await sealTrail(store.audit, { store: 'k3x9w2', now: () => noon, signer });
  await writeFile(file('anchors.jsonl'), `${(await store.audit.heads(0, 1))[0]!}\n`);
  await writeStream(store, move('INC-2', 2));
  await store.close();
});

test('with the key and the copies, the store of a bot that is down passes', async () => {
  const { code, stdout } = await offline(['verify', '--key', 'public.pem', '--anchors', 'anchors.jsonl']);

  expect(stdout).toBe(
    [
      '6 events of 2 streams and 1 head fit together.',
      'Copies that agree with their heads: 1 of 1.',
      `The newest head is 1, of 2026-11-22T12:00:00.000Z, signed by key ${key.id}; events since, under none yet: 1.`,
      '',
    ].join('\n'),
  );
  expect(code).toBe(0);
});

test('a copy that was cut off vouches for nothing, and keeps none of the others from it', async () => {
  const whole = await readFile(file('anchors.jsonl'), 'utf8');
  await writeFile(file('cut.jsonl'), `${whole.slice(0, 100)}\n${whole}`);
  const { code, stdout } = await offline(['verify', '--key', 'public.pem', '--anchors', 'cut.jsonl']);

  expect(stdout).toContain('Copies that agree with their heads: 1 of 1.');
  expect(stdout).toContain('1 copy cannot be read and vouched for nothing: cut.jsonl line 1.');
  expect(code).toBe(0);
});

test('SIGNING_KEY is key enough; without any, nobody vouches for it', async () => {
  const own = await offline(['verify', '--json'], { SIGNING_KEY: key.privatePem });
  const none = await offline(['verify']);

  expect(own.code).toBe(0);
  expect(JSON.parse(own.stdout)).toEqual({
    verdict: 'passed',
    wrong: null,
    events: 6,
    streams: 2,
    heads: 1,
    uncovered: 1,
    anchored: 0,
    unreadable: [],
    newest: { number: 1, at: '2026-11-22T12:00:00.000Z', key: key.id, signature: 'good' },
  });
  expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('--key FILE') });
});

test('a head by another key than was given fails', async () => {
  const { code, stderr } = await offline(['verify', '--key', 'other.pem']);

  expect(code).toBe(1);
  expect(stderr).toContain(`It says that key ${key.id} has signed it; it has to be by a key that was given`);
});

test('files that are none are told apart from a trail that is wrong', async () => {
  await writeFile(file('empty.jsonl'), 'nothing here\n');
  const head = JSON.parse(await readFile(file('anchors.jsonl'), 'utf8')) as object;
  await writeFile(file('theirs.jsonl'), JSON.stringify({ ...head, store: 'b7d2q1' }));

  const mistakes = [
    [['--key', 'anchors.jsonl'], 'is no Ed25519 public key'],
    [['--key', 'missing.pem'], 'missing.pem cannot be read: ENOENT'],
    [['--anchors', 'empty.jsonl'], 'empty.jsonl holds no head'],
    [['--anchors', 'theirs.jsonl'], 'of another store (b7d2q1; this one is k3x9w2)'],
  ] as const;

  const told = await Promise.all(mistakes.map(([words]) => offline(['verify', ...words])));

  expect(told).toEqual(
    mistakes.map(([, said]) => ({ code: 2, stdout: '', stderr: expect.stringContaining(said) })),
  );
});

test('it is exported as one chain that anybody can check, and that shows where it ends', async () => {
  const { code, stdout } = await offline(['export', 'chain.jsonl']);

  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: '6 events are in chain.jsonl, and where it ends in chain.jsonl.state.json.\n',
  });
  const lines = (await readFile(file('chain.jsonl'), 'utf8')).trimEnd().split('\n');
  let prev = '0'.repeat(64);
  for (const [n, line] of lines.entries()) {
    const { entry_hash: hash, ...entry } = JSON.parse(line) as Record<string, unknown>;
    expect(entry).toMatchObject({ seq: n + 1, prev_hash: prev });
    expect(hash).toBe(sha256Hex(canonicalJson(entry)));
    prev = String(hash);
  }
  expect(JSON.parse(lines[0]!)).toMatchObject({
    ts: '2026-11-22T12:00:00.001Z',
    stream: 'INC-1',
    stream_seq: 1,
    action: 'incident.updated',
  });
  expect(JSON.parse(await readFile(file('chain.jsonl.state.json'), 'utf8'))).toEqual({
    seq: 6,
    entry_hash: prev,
  });
});

test('what was changed is named, and not exported', async () => {
  const db = new DatabaseSync(storePath(folder.path));
  db.exec(`UPDATE event SET at = at + 1 WHERE stream = 'INC-1' AND seq = 2`);
  db.close();
  try {
    const verified = await offline(['verify', '--key', 'public.pem']);
    const exported = await offline(['export', 'changed.jsonl']);

    expect(verified).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^INC-1\/2 was changed/),
    });
    expect(exported).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was exported') });
    await expect(readFile(file('changed.jsonl'))).rejects.toThrow('ENOENT');
  } finally {
    const again = new DatabaseSync(storePath(folder.path));
    again.exec(`UPDATE event SET at = at - 1 WHERE stream = 'INC-1' AND seq = 2`);
    again.close();
  }
});

test('a running bot is asked page by page, once it has sealed what it has written', async () => {
  const world = await stillWorld();
  try {
    await world.type(people.ana.id, '/incident declare P1 checkout It answers 500');
    const words = ['audit', 'verify', '--json'];
    const settings = { ...terminalOf(world, 'reader'), SIGNING_KEY: reveal(world.settings.signingKey!) };
    const { code, stdout } = await lastgood(words, settings, folder.path);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'passed',
      uncovered: 0,
      newest: { signature: 'good' },
    });
    const api = apiOf(world, 'reader');
    for (const query of ['events?after=-1', 'events?limit=0', 'ends?limit=501', 'heads?after=x'])
      expect((await api.get(`/api/v1/audit/${query}`)).status).toBe(400);
  } finally {
    await world.close();
  }
});
