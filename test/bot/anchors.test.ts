import { createPublicKey } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { anchoragesOf } from '../../src/bot/anchor-places.ts';
import { createAnchors, type Anchors } from '../../src/bot/anchors.ts';
import { startGithub, type Github } from '../../src/sandbox/neighbours/github.ts';
import { startMail, type MailServer } from '../../src/sandbox/neighbours/mail.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { anchorPlaces } from '../../src/trust/audit/anchor-place.ts';
import { readAnchors } from '../../src/trust/audit/anchor.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { verifyTrail } from '../../src/trust/audit/verify.ts';
import { secret } from '../../src/trust/secrets.ts';
import { newSigningKey, signerOf } from '../../src/trust/signing-key.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';

const token = 'ghp_for_anchors';
const minute = 60_000;
const key = newSigningKey();
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

let root: string;
let store: Store;
let github: Github;
let mail: MailServer;
let now: number;
let written: number;

beforeEach(async () => {
  [now, written] = [noon, 0];
  root = await mkdtemp(join(tmpdir(), 'lastgood-anchors-'));
  store = await openSqliteStore({ path: join(root, 'lastgood.db'), now: () => now });
  const clock = () => new Date(now);
  github = await startGithub({ now: clock, token, owner: 'acme', repo: 'audit', workflows: [] });
  mail = await startMail({ now: clock });
});
afterEach(async () => {
  await Promise.all([store.close(), github.close(), mail.close()]);
  await rm(root, { recursive: true });
});

/** Something happens, and a head is sealed over it. */
async function sealOne(): Promise<void> {
  await writeStream(store, move('INC-1', written));
  written += 1;
  const signer = signerOf(secret(key.privatePem));
  await sealTrail(store.audit, { store: 'k3x9w2', now: () => now, signer });
}

function anchorsIn(setting: string): Anchors {
  const settings = {
    auditAnchors: anchorPlaces.parse(setting),
    github: { token: secret(token), apiUrl: github.url },
    mail: { smtpUrl: secret(mail.url), from: 'Lastgood <lastgood@acme.example>' },
  };
  const places = anchoragesOf(settings, new AbortController().signal);
  return createAnchors({ store, places, now: () => now, log: silent });
}

/** Which heads a text has copies of; all of them have to be as the store has them. */
async function copiesIn(text: string): Promise<readonly number[]> {
  const read = readAnchors(text, 'copies');
  if ('problem' in read) throw new Error(read.problem);
  const keys = new Map([[key.id, createPublicKey(key.publicPem)]]);
  const verdict = await verifyTrail(store.audit, { store: 'k3x9w2', keys, anchors: read.anchors });
  expect(verdict).toMatchObject({ wrong: undefined, anchored: read.anchors.length });
  return read.anchors.map(({ head }) => head.number);
}

async function committed(): Promise<string> {
  const response = await fetch(`${github.url}/repos/acme/audit/contents/lastgood/k3x9w2/2026-11.jsonl`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { content } = (await response.json()) as { content: string };
  return Buffer.from(content, 'base64').toString();
}

test('a file gets every head once, and what it missed', async () => {
  const path = join(root, 'outside', 'heads.jsonl');
  const anchors = anchorsIn(path);
  await sealOne();
  await anchors.bring('this machine');
  expect(anchors.notes()).toEqual(['No copy of the newest audit head could be kept in a file']);

  await mkdir(join(root, 'outside'));
  for (let n = 0; n < 24; n += 1) await sealOne();
  await anchors.bring('this machine');
  await anchors.bring('this machine');
  await sealOne();
  await anchorsIn(path).bring('this machine');

  expect(anchors.notes()).toEqual([]);
  expect(await copiesIn(await readFile(path, 'utf8'))).toEqual(Array.from({ length: 26 }, (_, n) => n + 1));
});

test('a file goes on where it stood, also when a full disk or a power cut has cut off its last line', async () => {
  const path = join(root, 'heads.jsonl');
  const anchors = anchorsIn(path);
  await sealOne();
  await sealOne();
  await anchors.bring('this machine');
  const whole = await readFile(path, 'utf8');
  await writeFile(path, whole.slice(0, -100));

  await sealOne();
  await anchorsIn(path).bring('this machine');
  expect(await copiesIn(await readFile(path, 'utf8'))).toEqual([1, 2, 3]);
  expect(readAnchors(await readFile(path, 'utf8'), 'heads.jsonl')).toMatchObject({
    unreadable: ['heads.jsonl line 2'],
  });
});

test.skipIf(process.geteuid?.() !== 0)(
  'a file that may be appended to and not read gets every head, on lines of their own (tried as root)',
  async () => {
    const path = join(root, 'heads.jsonl');
    await writeFile(path, 'cut off');
    await chmod(root, 0o711);
    await chmod(path, 0o222);
    const anchors = anchorsIn(path);
    for (let n = 0; n < 2; n += 1) {
      await sealOne();
      process.seteuid?.(65_534);
      try {
        await anchors.bring('this machine');
      } finally {
        process.seteuid?.(0);
      }
    }

    expect(anchors.notes()).toEqual([]);
    expect(await copiesIn(await readFile(path, 'utf8'))).toEqual([1, 2]);
  },
);

test('a file goes on with the heads of this store behind those of one that a restore has replaced', async () => {
  const path = join(root, 'heads.jsonl');
  await sealOne();
  const [first = ''] = await store.audit.heads(0, 1);
  const lost = `${first.replace('"number":1,', '"number":2,')}\n`;
  await writeFile(path, `${first}\n${lost}`);
  await sealOne();
  await anchorsIn(path).bring('this machine');
  expect(await readFile(path, 'utf8')).toBe(`${first}\n${lost}${(await store.audit.heads(1, 1))[0]}\n`);
});

test('a repository gets a commit an hour with the newest head', async () => {
  const anchors = anchorsIn('github:acme/audit');
  await sealOne();
  await anchors.bring('all replicas');
  await sealOne();
  now += 59 * minute;
  await anchors.bring('all replicas');
  expect(await copiesIn(await committed())).toEqual([1]);

  await sealOne();
  now += minute;
  await anchors.bring('all replicas');
  expect(await copiesIn(await committed())).toEqual([1, 3]);
});

test('a mailbox gets a mail a day, which is a copy as it stands', async () => {
  const anchors = anchorsIn('mailto:audit@acme.example');
  await sealOne();
  await anchors.bring('all replicas');
  await sealOne();
  now += 23 * 60 * minute;
  await anchors.bring('all replicas');

  expect(mail.mails()).toMatchObject([
    { to: ['audit@acme.example'], subject: 'Lastgood audit head 1 of k3x9w2' },
  ]);
  expect(await copiesIn(mail.mails()[0]!.text)).toEqual([1]);

  now += 60 * minute;
  await anchors.bring('all replicas');
  expect(mail.mails()).toHaveLength(2);
});

test('one place that is away does not keep the others from theirs, and is tried again', async () => {
  const anchors = anchorsIn('github:acme/audit, mailto:audit@acme.example');
  await sealOne();
  github.fail({ error: 'Server Error' });
  await anchors.bring('all replicas');
  expect(anchors.notes()).toEqual(['No copy of the newest audit head could be kept in a repository']);
  expect(mail.mails()).toHaveLength(1);

  github.heal();
  await anchors.bring('all replicas');
  expect(anchors.notes()).toEqual([]);
  expect(await copiesIn(await committed())).toEqual([1]);
});
