import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { readAnchors, type Anchor } from '../../src/trust/audit/anchor.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { verifyTrail, type Verdict } from '../../src/trust/audit/verify.ts';
import { secret } from '../../src/trust/secrets.ts';
import { newSigningKey, signerOf, type SigningKey } from '../../src/trust/signing-key.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';
import { chainAnew, postgresVault, sqliteVault, type Vault } from './support/vandal.ts';

const store = 'k3x9w2';
const [ours, another] = [newSigningKey(), newSigningKey()];

async function seal(db: Store, key: SigningKey = ours): Promise<void> {
  await sealTrail(db.audit, { store, now: () => noon, signer: signerOf(secret(key.privatePem)) });
}

/** INC-1 and INC-2 under three heads, and what happened to INC-3 since. */
async function write({ inStore }: Vault): Promise<void> {
  await inStore(async (db) => {
    await writeStream(db, move('INC-1', 0, 2));
    await writeStream(db, move('INC-2', 0));
    await seal(db);
    await writeStream(db, move('INC-2', 1, 2));
    await writeStream(db, move('INC-1', 2));
    await seal(db);
    await writeStream(db, move('INC-1', 3));
    await seal(db);
    await writeStream(db, move('INC-3', 0, 2));
  });
}

function verify({ inStore }: Vault, anchors: readonly Anchor[] = []): Promise<Verdict> {
  const keys = new Map([[ours.id, createPublicKey(ours.publicPem)]]);
  return inStore((db) => verifyTrail(db.audit, { store, keys, anchors }));
}

/** The heads as they are, kept elsewhere. @param brief without where each stream stood, as in a commit or mail */
async function copies({ inStore }: Vault, brief = false): Promise<readonly Anchor[]> {
  const heads = await inStore((db) => db.audit.heads(0, 10));
  const lines = heads.map((head) =>
    brief ? JSON.stringify({ ...JSON.parse(head), ends: undefined }) : head,
  );
  const read = readAnchors(['What the audit says:', ...lines].join('\n'), 'anchors.jsonl');
  if ('problem' in read) throw new Error(read.problem);
  return read.anchors;
}

const of = (stream: string, seq: number) => `WHERE stream = '${stream}' AND seq = ${seq}`;
const flip = `SET data = replace(data, 'Entry', 'No entry')`;
const dropped = `DELETE FROM event ${of('INC-1', 4)}`;

const deeds: Readonly<Record<string, { readonly sql: readonly string[]; readonly found: string }>> = {
  'what was said is changed': {
    sql: [`UPDATE event ${flip} ${of('INC-1', 2)}`],
    found: 'INC-1/2 was changed',
  },
  'who said it is changed': {
    sql: [`UPDATE event SET by = '{"kind":"source","name":"Ana"}' ${of('INC-2', 1)}`],
    found: 'INC-2/1 was changed',
  },
  'when it was said is changed': {
    sql: [`UPDATE event SET at = at + 1 ${of('INC-2', 3)}`],
    found: 'INC-2/3 was',
  },
  'what no head covers yet is changed': {
    sql: [`UPDATE event ${flip} ${of('INC-3', 1)}`],
    found: 'INC-3/1 was',
  },
  'an event is dropped': { sql: [`DELETE FROM event ${of('INC-1', 2)}`], found: 'INC-1/2 is missing' },
  'the first one is dropped': { sql: [`DELETE FROM event ${of('INC-2', 1)}`], found: 'INC-2/1 is missing' },
  'the last one is dropped': { sql: [`DELETE FROM event ${of('INC-3', 2)}`], found: 'INC-3/2 is missing' },
  'all of a stream’s last ones are dropped': {
    sql: [`DELETE FROM event WHERE stream = 'INC-1' AND seq > 2`],
    found: 'INC-1/3 is missing',
  },
  'two change places': {
    sql: [
      `UPDATE event SET seq = 9 ${of('INC-2', 2)}`,
      `UPDATE event SET seq = 2 ${of('INC-2', 3)}`,
      `UPDATE event SET seq = 3 ${of('INC-2', 9)}`,
    ],
    found: 'INC-2/3 was changed',
  },
  'one is dropped, and those behind it take its number': {
    sql: [
      `DELETE FROM event ${of('INC-2', 1)}`,
      `UPDATE event SET seq = 1 ${of('INC-2', 2)}`,
      `UPDATE event SET seq = 2 ${of('INC-2', 3)}`,
    ],
    found: 'INC-2/1 is missing: head 1',
  },
  'one is moved into another stream': {
    sql: [`UPDATE event SET stream = 'INC-3', seq = 3 ${of('INC-1', 4)}`],
    found: 'INC-3/3 was changed',
  },
  'a hash is taken away': {
    sql: [`UPDATE event SET hash = NULL ${of('INC-1', 3)}`],
    found: 'INC-1/3 has no hash',
  },
  'a stream’s row is set back with its events': {
    sql: [
      dropped,
      `UPDATE stream SET version = 3, hash = (SELECT hash FROM event ${of('INC-1', 3)}) WHERE id = 'INC-1'`,
    ],
    found: 'INC-1/4 is missing: head 3',
  },
  'a stream vanishes': {
    sql: [`DELETE FROM event WHERE stream = 'INC-2'`, `DELETE FROM stream WHERE id = 'INC-2'`],
    found: 'INC-2/1 is missing: head 1',
  },
  'a head is dropped': { sql: [`DELETE FROM audit_head WHERE number = 2`], found: 'head 2 is missing' },
  'a head is changed': {
    sql: [`UPDATE audit_head SET head = replace(head, '12:00', '13:00') WHERE number = 2`],
    found: `head 2 was changed: it is not what key ${ours.id} has signed`,
  },
};

function tamperingContract(name: string, makeVault: () => Promise<Vault>): void {
  describe(`In ${name},`, () => {
    let vault: Vault;
    beforeAll(async () => {
      vault = await makeVault();
      await write(vault);
      await vault.keep();
    });
    beforeEach(() => vault.restore());
    afterAll(() => vault.close());

    test('what is as it was written passes', async () => {
      expect(await verify(vault, await copies(vault))).toMatchObject({
        wrong: undefined,
        events: 9,
        streams: 3,
        heads: 3,
        uncovered: 2,
        anchored: 3,
        newest: { head: { number: 3 }, signature: 'good' },
      });
    });

    test.for(Object.entries(deeds))('the place is named when %s', async ([, { sql, found }]) => {
      await vault.sql(...sql);

      expect(said(await verify(vault))).toContain(found);
    });

    test('an event that is written anew with its hash is found by what follows it, or by the head over it', async () => {
      await vault.sql(`UPDATE event ${flip} ${of('INC-3', 1)}`);
      await chainAnew(vault, 'INC-3');
      await vault.sql(`UPDATE event SET hash = '${'0'.repeat(64)}' ${of('INC-3', 2)}`);

      expect(said(await verify(vault))).toContain(
        'INC-3/2 was changed, or the event before it, with its hash',
      );
    });

    test('a stream that is written anew from its beginning is found by the heads', async () => {
      await vault.sql(`UPDATE event ${flip} ${of('INC-1', 3)}`);
      await chainAnew(vault, 'INC-1');

      expect(said(await verify(vault))).toContain('INC-1/3 was written anew: head 2');
    });

    test('heads that are sealed anew without our key are not signed by it', async () => {
      await vault.sql(`UPDATE event ${flip} ${of('INC-1', 1)}`, 'DELETE FROM audit_head');
      await chainAnew(vault, 'INC-1');
      await vault.inStore((db) => seal(db, another));

      expect(await verify(vault)).toMatchObject({ wrong: undefined, newest: { signature: 'unknown' } });
    });

    test('with our key and everything else in their hands, the copies tell', async () => {
      const [kept, brief] = [await copies(vault), await copies(vault, true)];
      await vault.sql(`UPDATE event ${flip} ${of('INC-1', 1)}`, 'DELETE FROM audit_head');
      await chainAnew(vault, 'INC-1');
      await vault.inStore(seal);

      expect(await verify(vault)).toMatchObject({ wrong: undefined, newest: { signature: 'good' } });
      expect(said(await verify(vault, kept))).toContain(
        'INC-1/2 was written anew, or what is before it: head 1',
      );
      expect(said(await verify(vault, brief))).toMatch(
        /^head 1 is not the one in anchors\.jsonl line 2: .*INC-1\/1–4/,
      );
    });

    test('an end that is cut off, heads and all, is missed by whoever has a copy', async () => {
      const kept = await copies(vault, true);
      await vault.sql(
        'DELETE FROM audit_head WHERE number = 3',
        `DELETE FROM event ${of('INC-1', 4)}`,
        `DELETE FROM event WHERE stream = 'INC-3'`,
        `DELETE FROM stream WHERE id = 'INC-3'`,
      );
      await chainAnew(vault, 'INC-1');

      expect(said(await verify(vault))).toBe('nothing is wrong');
      expect(said(await verify(vault, kept))).toContain('head 3 is missing, with what was written since');
    });

    test('nothing is sealed over what is wrong', async () => {
      await vault.sql(`UPDATE event ${flip} ${of('INC-3', 2)}`);

      await expect(vault.inStore(seal)).rejects.toThrow('INC-3/2 was changed');
    });

    test('after a change of keys the newest head is signed by the new one, and vouches for those of before', async () => {
      await vault.inStore(async (db) => {
        await seal(db);
        await seal(db, another);
      });
      const keys = new Map([[another.id, createPublicKey(another.publicPem)]]);
      const verdict = () => vault.inStore((db) => verifyTrail(db.audit, { store, keys }));
      expect(await verdict()).toMatchObject({ wrong: undefined, heads: 5, newest: { signature: 'good' } });

      await vault.sql(`UPDATE audit_head SET head = replace(head, '12:00', '13:00') WHERE number = 1`);
      expect(said(await verdict())).toContain('head 2 does not follow the one before it');
    });
  });
}

function said({ wrong }: Verdict): string {
  return wrong ? `${wrong.where} ${wrong.what}` : 'nothing is wrong';
}

describe('An incident log that somebody tampers with', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));
  tamperingContract('a SQLite file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lastgood-tampering-'));
    folders.push(folder);
    return sqliteVault(join(folder, 'lastgood.db'));
  });

  describeOnPostgres('where there is a server', (server) => {
    tamperingContract('PostgreSQL', () => postgresVault(server()));
  });
});
