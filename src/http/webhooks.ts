import type { Instant } from '../core/time.ts';
import type { WebhookDoor } from '../trust/webhook-doors.ts';
import type { Route, WireRequest, WireResponse } from './wire.ts';

/**
 * `POST /webhooks/<source>`: authentic, then durable, then answered; understood later. A body that cannot be read is
 * accepted all the same and goes into quarantine, since its sender would not know what to do about it.
 * Alertmanager tries again only after a 5xx, so what cannot be stored is answered 503. What is too large would be too
 * large again: somebody is told, where its headers alone say who sends it.
 */
export function webhookRoutes(options: {
  readonly doors: readonly WebhookDoor[];
  readonly now: () => Instant;
  readonly receive: (door: WebhookDoor, request: WireRequest) => Promise<void>;
  readonly tooLarge: (source: string) => Promise<void>;
  readonly failed: (error: unknown, source: string) => void;
}): readonly Route[] {
  const { doors, now, receive, tooLarge, failed } = options;
  // No signature is one of no body: this opens to a bearer token only.
  const isKnown = (door: WebhookDoor, { headers }: Pick<WireRequest, 'headers'>): boolean =>
    door.isAuthentic({ headers, body: Buffer.alloc(0) }, now());
  return doors.map((door) => ({
    method: 'POST',
    path: `/webhooks/${door.source}`,
    handle: async (request) => {
      if (!door.isAuthentic(request, now())) return refused(door);
      try {
        await receive(door, request);
        return { status: 202, json: { accepted: true } };
      } catch (error) {
        failed(error, door.source);
        return { status: 503, json: { error: 'This could not be stored; send it again.' } };
      }
    },
    takesLarge: (request) => isKnown(door, request),
    turnsAway: (request) => (door.takesSignatures || isKnown(door, request) ? undefined : refused(door)),
    tooLarge: async (request) => {
      if (!isKnown(door, request)) return undefined;
      try {
        await tooLarge(door.source);
        return undefined;
      } catch (error) {
        failed(error, door.source);
        return {
          status: 503,
          json: { error: 'This is too large, and nobody could be told; send it again.' },
        };
      }
    },
  }));
}

function refused({ refusal }: WebhookDoor): WireResponse {
  return { status: 401, json: { error: refusal } };
}
