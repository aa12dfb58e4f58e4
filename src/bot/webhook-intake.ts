import type { WireRequest } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import type { Inbox } from '../engine/inbox.ts';
import { StoreUnavailable } from '../store/store.ts';
import type { WebhookDoor } from '../trust/webhook-doors.ts';
import type { Repeats } from './repeats.ts';
import { keptHeaders, webhookItem, webhookKey } from './webhook-item.ts';
import { mayRepeat } from './webhooks.ts';

/**
 * Takes authentic webhooks: what may change something is stored before it is acknowledged, and what is known to change
 * nothing is acknowledged alone. One with an id of its own is stored in any case, since that id counts once.
 * @param options.drawId as of `webhookItem`
 * @returns the id under which it was stored; undefined when it was not
 * @throws StoreUnavailable
 */
export function webhookIntake(options: {
  readonly inbox: Pick<Inbox, 'receive'>;
  readonly repeats: Pick<Repeats, 'changesNothing'>;
  readonly now: () => Instant;
  readonly drawId?: () => string;
}): (door: WebhookDoor, request: WireRequest) => Promise<string | undefined> {
  const { inbox, repeats, now, drawId } = options;

  async function isRepeat(door: WebhookDoor, request: WireRequest): Promise<boolean> {
    const { source, keeps } = door;
    if (!mayRepeat(source) || door.deliveryId(request) !== undefined) return false;
    try {
      return await repeats.changesNothing(webhookKey(source, keptHeaders(keeps, request), request.body));
    } catch (error) {
      // What cannot be looked up is stored like anything else, or refused there.
      if (error instanceof StoreUnavailable) return false;
      throw error;
    }
  }

  return async (door, request) => {
    if (await isRepeat(door, request)) return undefined;
    const item = webhookItem(door, request, now(), drawId);
    await inbox.receive(item);
    return item.id;
  };
}
