import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
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
