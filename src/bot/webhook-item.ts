import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeptHeaders, WireRequest } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import type { InboxItem } from '../store/store.ts';
import { sha256Hex } from '../trust/sha256.ts';
import type { WebhookDoor } from '../trust/webhook-doors.ts';

const stored = z.strictObject({ headers: z.record(z.string(), z.string()), raw: z.string() });

/**
 * An authentic webhook as the inbox keeps it. What is delivered again has the same id, and is a no-op.
 * @param drawId for one that may say the same again and mean it
 */
export function webhookItem(
  { source, deliveryId, keeps }: Pick<WebhookDoor, 'source' | 'deliveryId' | 'keeps'>,
  request: WireRequest,
  at: Instant,
  drawId: () => string = randomUUID,
): InboxItem {
  const body: z.infer<typeof stored> = {
    headers: keptHeaders(keeps, request),
    raw: request.body.toString('utf8'),
  };
  return {
    id: `${source}/${deliveryId(request) ?? drawId()}`,
    source,
    at,
    body: JSON.stringify(body),
  };
}

export function keptHeaders(keeps: WebhookDoor['keeps'], { headers }: WireRequest): KeptHeaders {
  const kept = keeps.flatMap((name): readonly (readonly [string, string])[] => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value.slice(0, 200)]] : [];
  });
  return Object.fromEntries(kept);
}

/** The same for the same words of the same source, as its reader reads them, and for nothing else. */
export function webhookKey(source: string, headers: KeptHeaders, body: Buffer): string {
  return `${source} ${JSON.stringify(headers)} ${sha256Hex(body)}`;
}

/** @throws when it is no webhook's item */
export function readWebhookItem({ body }: Pick<InboxItem, 'body'>): {
  readonly headers: KeptHeaders;
  readonly body: Buffer;
} {
  const { headers, raw } = stored.parse(JSON.parse(body));
  return { headers, body: Buffer.from(raw) };
}
