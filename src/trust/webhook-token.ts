import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { sha256Hex } from './sha256.ts';

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a token, 64 hex digits in lower case');

/** `WEBHOOK_TOKENS` after `JSON.parse`: source → hash, or hashes while a token is being replaced. */
export const webhookTokens = z.record(
  z.string(),
  z.union([hash.transform((only) => [only]), z.array(hash).min(1)], {
    error: 'expected the SHA-256 of a token, 64 hex digits in lower case, or a list of them',
  }),
);

export type WebhookTokens = z.infer<typeof webhookTokens>;

/** Whether an `Authorization` header carries one of the source's bearer tokens. A source without tokens lets nobody in. */
export function isWebhookToken(
  tokens: WebhookTokens,
  source: string,
  authorization: string | readonly string[] | undefined,
): boolean {
  const token = typeof authorization === 'string' ? /^Bearer ([^\s]+)$/i.exec(authorization)?.[1] : undefined;
  if (token === undefined || !Object.hasOwn(tokens, source)) return false;
  const presented = Buffer.from(sha256Hex(token));
  // Every hash is compared, so that the time says nothing about which one was right.
  return (tokens[source] ?? []).map((known) => isSame(Buffer.from(known), presented)).includes(true);
}

function isSame(known: Buffer, presented: Buffer): boolean {
  return known.length === presented.length && timingSafeEqual(known, presented);
}
