import type { Once } from '../../core/envelope.ts';
import type { Instant } from '../../core/time.ts';
import { sha256Hex } from '../../trust/sha256.ts';
import type { WireRequest, WireResponse } from '../wire.ts';
import { idempotencyKey } from './command-shapes.ts';

/** What an `Idempotency-Key` makes of a request: nothing without one, and a refusal when it is none. */
export function onceOf(
  { path, headers, body }: WireRequest,
  token: string,
  at: Instant,
): { readonly once: Once | undefined } | { readonly refused: WireResponse } {
  const given = headers['idempotency-key'];
  if (given === undefined) return { once: undefined };
  const key = idempotencyKey.safeParse(given).data;
  if (key === undefined) {
    const error = 'Idempotency-Key takes one value of at most 200 visible characters without spaces.';
    return { refused: { status: 400, json: { error } } };
  }
  // One name for each token: what others send under the same key is none of its business.
  return {
    once: { id: `api/${token}/${key}`, request: sha256Hex(`${path}\n${body.toString('base64')}`), at },
  };
}

export function keyWasUsed(): WireResponse {
  const error =
    'This Idempotency-Key was used for another request. Take a new one for each thing you ask for.';
  return { status: 422, json: { error } };
}
