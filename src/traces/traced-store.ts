import type { Context, Span, SpanContext } from '@opentelemetry/api';
import type { Effect } from '../core/effect.ts';
import type { Store, Transaction } from '../store/store.ts';
import { contextOfItem, writeTraceparent } from './ids.ts';
import { failed, type Spans } from './spans.ts';

/** Beside what the effect says, in the same column: whoever carries it out may be another process, after a restart. */
export type Traced<E extends Effect = Effect> = E & { readonly traceparent?: string };

/**
 * The same store, with a span for each item that is new and for each transaction that decides something. What is to be
 * done because of it is stored with the trace it belongs to.
 * @param say the ids of the next root span
 * @param attemptOn the attempt on an effect whose outcome is being stored
 */
export function tracedStore(
  store: Store,
  spans: Spans,
  say: (ids: SpanContext) => void,
  attemptOn: (id: string) => Context | undefined,
): Store {
  return {
    ...store,
    receive: async (item) => {
      const startTime = Date.now();
      const received = await store.receive(item);
      const { id, source } = item;
      const first = contextOfItem(id);
      // What comes again has nothing to say but that.
      if (received.new) say(first);
      const attributes = { 'lastgood.source': source, 'lastgood.item': id, 'lastgood.new': received.new };
      const links = received.new ? [] : [{ context: first }];
      spans.begin(`receive ${source}`, { startTime, attributes, links }, undefined).end();
      return received;
    },
    transact: async (work) => {
      const startTime = Date.now();
      const parent = spans.current();
      let deciding: Span | undefined;
      try {
        return await store.transact((transaction) => {
          // When it is run again after a conflict, what came before has not happened, and is told to nobody.
          deciding = undefined;
          let under = parent;
          const begin = (): Span => (deciding ??= spans.begin('decide', { startTime }, under));
          const conclude = (id: string): void => {
            under = attemptOn(id) ?? under;
          };
          return work(noting(transaction, begin, conclude));
        });
      } catch (error) {
        if (deciding) failed(deciding, error);
        throw error;
      } finally {
        deciding?.end();
      }
    },
  };
}

function noting(transaction: Transaction, begin: () => Span, conclude: (id: string) => void): Transaction {
  const streams: string[] = [];
  const events: string[] = [];
  return {
    ...transaction,
    inHand: (id) => {
      conclude(id);
      return transaction.inHand(id);
    },
    write: async (write) => {
      await transaction.write(write);
      streams.push(write.id);
      events.push(...write.events.map(({ type }) => type));
      begin().setAttributes({ 'lastgood.streams': streams, 'lastgood.events': events });
    },
    enqueue: (rows) => {
      if (rows.length === 0) return transaction.enqueue(rows);
      const traceparent = writeTraceparent(begin().spanContext());
      return transaction.enqueue(
        rows.map((row) => ({ ...row, effect: { ...row.effect, traceparent } satisfies Traced })),
      );
    },
  };
}
