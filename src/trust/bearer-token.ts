import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { sha256Hex } from './sha256.ts';

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a token, 64 hex digits in lower case');

/** In a setting: the SHA-256 of a token, or of several while one is being replaced. Always a list when it was read. */
export const tokenHashes = z.union([hash.transform((only) => [only]), z.array(hash).min(1)], {
  error: 'expected the SHA-256 of a token, 64 hex digits in lower case, or a list of them',
});

/** The hash of what an `Authorization` header carries; undefined when that is no single bearer token. */
export function presentedHash(authorization: string | readonly string[] | undefined): string | undefined {
  const token = typeof authorization === 'string' ? /^Bearer ([^\s]+)$/i.exec(authorization)?.[1] : undefined;
  return token === undefined ? undefined : sha256Hex(token);
}

/** Every hash is compared to its end, so that the time says nothing about which one was right. */
export function isAmong(presented: string, known: readonly string[]): boolean {
  return known.map((each) => isSame(Buffer.from(each), Buffer.from(presented))).includes(true);
}

function isSame(known: Buffer, presented: Buffer): boolean {
  return known.length === presented.length && timingSafeEqual(known, presented);
}
