import type { EffectOf, Settled } from './effect.ts';
import { nothing, type Decision } from './stream.ts';

type CardEvent =
  | { readonly type: 'card.posted'; readonly conversation: string; readonly ts: string }
  | { readonly type: 'card.failed'; readonly why: string };

/** One of several cards of a stream: where it stands, or why nobody can see it. */
export interface NamedCard {
  readonly conversation: string;
  readonly ts: string | undefined;
  readonly trouble: string | undefined;
}

/** A stream's named cards. */
export type NamedCards = Readonly<Record<string, NamedCard>>;

export type NamedCardEvent = CardEvent & { readonly card: string };

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
  const receipt = outcome.status === 'done' ? outcome.receipt : {};
  const ts = receipt['ts'];
  if (ts === undefined || ts === state.card?.ts) return nothing;
  // What is posted to a person stands in the conversation with them, which has an id of its own.
  return {
    events: [{ type: 'card.posted', conversation: receipt['channel'] ?? conversation, ts }],
    tells: [],
  };
}

/** The same for one card of several. */
export function settleNamedCard(
  cards: NamedCards | undefined,
  card: string,
  { conversation }: Pick<EffectOf<'slack.card'>, 'conversation'>,
  outcome: Settled,
): Decision<NamedCardEvent> {
  const known = cards?.[card];
  const { events } = settleCard(
    { card: known?.ts === undefined ? undefined : { ts: known.ts }, cardTrouble: known?.trouble },
    conversation,
    outcome,
  );
  return { events: events.map((event) => ({ ...event, card })), tells: [] };
}

/** What becomes of a stream's named cards when one of them was posted, or could not be. */
export function noteCard(cards: NamedCards | undefined, event: NamedCardEvent): NamedCards {
  const known = cards?.[event.card];
  const card: NamedCard =
    event.type === 'card.posted'
      ? { conversation: event.conversation, ts: event.ts, trouble: undefined }
      : { conversation: known?.conversation ?? '', ts: known?.ts, trouble: event.why };
  return { ...cards, [event.card]: card };
}
