import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { reveal, secret } from '../../src/trust/secrets.ts';
import { newSigningKey, signerOf, signingKey } from '../../src/trust/signing-key.ts';

const { privatePem, publicPem, id } = newSigningKey();

describe('SIGNING_KEY', () => {
  it('is an Ed25519 key in PEM, also in one line, and a secret from then on', () => {
    for (const given of [privatePem, privatePem.trim(), privatePem.replaceAll('\n', '\\n')]) {
      const read = signingKey.parse(given);
      expect(signerOf(read).keyId).toBe(id);
      expect(String(read)).toBe('[secret]');
    }
    expect(reveal(signingKey.parse(privatePem))).toBe(privatePem);
  });

  it.each([
    ['the public half', publicPem],
    ['a key of another kind', rsa()],
    ['half a key', privatePem.slice(0, 60)],
    ['no key', 'a-password'],
  ])('is not %s', (_what, given) => {
    const { error } = signingKey.safeParse(given);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'is no Ed25519 private key in PEM (lastgood key create makes one)',
    ]);
  });

  it('signs so that the public half can tell, the same each time', () => {
    const { sign, keyId } = signerOf(secret(privatePem));
    const signature = sign('1.5.0 ⛔');
    expect(sign('1.5.0 ⛔')).toBe(signature);
    expect(verify(null, Buffer.from('1.5.0 ⛔'), publicPem, Buffer.from(signature, 'base64'))).toBe(true);
    const der = Buffer.from(publicPem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    expect(createHash('sha256').update(der).digest('hex').slice(0, 16)).toBe(keyId);
  });
});

function rsa(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}
