import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { reveal, secret, type Secret } from './secrets.ts';
import { sha256Hex } from './sha256.ts';

/** An Ed25519 pair; the private half is for `SIGNING_KEY`. */
export interface SigningKey {
  /** PKCS #8. */
  readonly privatePem: string;
  /** SPKI. */
  readonly publicPem: string;
  readonly id: string;
}

export function newSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    id: signingKeyId(createPublicKey(privateKey)),
  };
}

/** By which a signature names its key: the first 16 hex digits of the SHA-256 of the public key's DER (SPKI). */
export function signingKeyId(publicKey: KeyObject): string {
  return sha256Hex(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16);
}

/** `SIGNING_KEY`: PEM as `lastgood key create` writes it; in one line, its line breaks may be written `\\n`. */
export const signingKey = z
  .string()
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine(isEd25519, 'is no Ed25519 private key in PEM (lastgood key create makes one)')
  .transform(secret);

/** What signs, and under which id others find the public half. Ed25519: the same text has the same signature. */
export interface Signer {
  readonly keyId: string;
  /** Of the text's UTF-8 bytes, in base64. */
  readonly sign: (text: string) => string;
}

export function signerOf(pem: Secret): Signer {
  const key = createPrivateKey(reveal(pem));
  return {
    keyId: signingKeyId(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}
