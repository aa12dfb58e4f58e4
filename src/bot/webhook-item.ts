import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { KeptHeaders, WireRequest } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import type { InboxItem } from '../store/store.ts';
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
  const kept = keeps.flatMap((name): readonly (readonly [string, string])[] => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value.slice(0, 200)]] : [];
  });
  const body: z.infer<typeof stored> = {
    headers: Object.fromEntries(kept),
    raw: request.body.toString('utf8'),
  };
  return {
    id: `${source}/${deliveryId(request) ?? drawId()}`,
    source,
    at,
    body: JSON.stringify(body),
  };
}

/** @throws when it is no webhook's item */
export function readWebhookItem({ body }: Pick<InboxItem, 'body'>): {
  readonly headers: KeptHeaders;
  readonly body: Buffer;
} {
  const { headers, raw } = stored.parse(JSON.parse(body));
  return { headers, body: Buffer.from(raw) };
}
