import { z } from 'zod';
import { isAmong, presentedHash, tokenHashes } from './bearer-token.ts';

/** `WEBHOOK_TOKENS` after `JSON.parse`: source → hash, or hashes while a token is being replaced. */
export const webhookTokens = z.record(z.string(), tokenHashes);

export type WebhookTokens = z.infer<typeof webhookTokens>;

/** Whether an `Authorization` header carries one of the source's bearer tokens. A source without tokens lets nobody in. */
export function isWebhookToken(
  tokens: WebhookTokens,
  source: string,
  authorization: string | readonly string[] | undefined,
): boolean {
  const presented = presentedHash(authorization);
  if (presented === undefined || !Object.hasOwn(tokens, source)) return false;
  return isAmong(presented, tokens[source] ?? []);
}
