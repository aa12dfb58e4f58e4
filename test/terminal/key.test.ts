import { createPublicKey, sign, verify } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sha256Hex } from '../../src/trust/sha256.ts';
import { emptyFolder, lastgood } from './support/run.ts';

const folder = emptyFolder();
afterAll(folder.remove);

/** Signs with the private half, checks with the public one that was shown; and the id is that key's. */
function expectPair(privatePem: string, shown: string): void {
  const publicPem = /-----BEGIN PUBLIC KEY-----[^]+-----END PUBLIC KEY-----/.exec(shown)?.[0] ?? '';
  const message = Buffer.from('1.5.0 is revoked');
  expect(verify(undefined, message, publicPem, sign(undefined, message, privatePem))).toBe(true);
  const key = createPublicKey(publicPem);
  expect(key.asymmetricKeyType).toBe('ed25519');
  const id = sha256Hex(key.export({ type: 'spki', format: 'der' })).slice(0, 16);
  expect(shown).toContain(`Key id: ${id}\n`);
}

test('key create writes a private key for its owner alone, and shows the public half', async () => {
  const { code, stdout } = await lastgood(['key', 'create', '--out', 'signing.pem'], {}, folder.path);
  expect(code).toBe(0);
  const path = join(folder.path, 'signing.pem');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const pem = await readFile(path, 'utf8');
  expectPair(pem, stdout);
  expect(stdout).not.toContain('PRIVATE');

  const again = await lastgood(['key', 'create', '--out', 'signing.pem'], {}, folder.path);
  expect(again).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('was left as it is') });
  expect(await readFile(path, 'utf8')).toBe(pem);
});

test('without a file the private key alone goes to stdout, for a pipe', async () => {
  const { code, stdout, stderr } = await lastgood(['key', 'create'], {}, folder.path);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/);
  expectPair(stdout, stderr);
});
