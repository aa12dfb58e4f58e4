import type { Settled } from './effect.ts';
import { nothing, type Decision } from './stream.ts';

type CardEvent =
  | { readonly type: 'card.posted'; readonly conversation: string; readonly ts: string }
  | { readonly type: 'card.failed'; readonly why: string };

/** Where a stream's card stands, or why nobody can see it: told once for each reason. */
export function settleCard(
  state: { readonly card: { readonly ts: string } | undefined; readonly cardTrouble: string | undefined },
  conversation: string,
  outcome: Settled,
): Decision<CardEvent> {
  if (outcome.status === 'failed') {
    return outcome.why === state.cardTrouble
      ? nothing
      : { events: [{ type: 'card.failed', why: outcome.why }], tells: [] };
  }
  const ts = outcome.status === 'done' ? outcome.receipt['ts'] : undefined;
  if (ts === undefined || ts === state.card?.ts) return nothing;
  return { events: [{ type: 'card.posted', conversation, ts }], tells: [] };
}
