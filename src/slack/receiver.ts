import type { App, Receiver } from '@slack/bolt';
import type { Instant } from '../core/time.ts';
import { readItem, type SlackItem } from './item.ts';

/** What came of an item: a handler had it, or it was nobody's, and why. */
export type Processed = { readonly status: 'handled' } | { readonly status: 'ignored'; readonly why: string };

/** Travels through Bolt with one item; in its listeners it is `context.delivery`. */
export interface Delivery {
  readonly inboxId: string;
  readonly at: Instant;
  processed: Processed;
}

export interface SlackReceiver extends Receiver {
  /** Works on an item from the inbox, also one of an earlier life. Rejects with what a handler threw. */
  readonly process: (item: Pick<SlackItem, 'id' | 'at' | 'body'>) => Promise<Processed>;
}

/**
 * Bolt's `Receiver`, fed from the inbox: whichever way something came in (`http-intake.ts`, `socket-mode.ts`), it was
 * stored and acknowledged there, and is worked on here.
 */
export function slackReceiver(): SlackReceiver {
  let app: Pick<App, 'processEvent'> | undefined;
  return {
    init(bolt) {
      app = bolt;
    },
    // Nothing to listen to: the ways in start and stop by themselves.
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),

    async process(item) {
      if (!app) throw new Error('the receiver was given to no Bolt app');
      const body = readItem(item);
      if (!body) return { status: 'ignored', why: 'the body cannot be read' };
      const delivery: Delivery = {
        inboxId: item.id,
        at: item.at,
        processed: { status: 'ignored', why: 'nothing here listens to it' },
      };
      // It was acknowledged when it came in.
      await app.processEvent({ body, ack: () => Promise.resolve(), customProperties: { delivery } });
      return delivery.processed;
    },
  };
}
