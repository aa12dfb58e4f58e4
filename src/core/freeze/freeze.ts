import type { Effect } from '../effect.ts';
import type { Policies } from '../policies/policies.ts';
import type { Recorded, StreamKind, Wanted } from '../stream.ts';
import { decideFreeze } from './decide.ts';
import { describeFreezeEvent } from './describe.ts';
import type { FreezeEvent } from './event.ts';
import type { FreezeIntent } from './intent.ts';
import { evolveFreeze, freezeCardName, inForce, type FreezeSwitch } from './state.ts';

/** The kill switch: while it is on, nothing that changes production begins. */
export const freezeKind: StreamKind<FreezeSwitch, FreezeIntent, FreezeEvent> = {
  name: 'freeze',
  decide: decideFreeze,
  evolve: evolveFreeze,
  effects: freezeEffects,
  wakeAt: () => undefined,
  alias: (state) => (inForce(state) ? 'production' : undefined),
  rank: () => '',
  wanted: freezeWants,
};

/** A card for each freeze in the emergency conversation, and what happens to it below. */
function freezeEffects(
  state: FreezeSwitch,
  event: Recorded<FreezeEvent>,
  { notifications }: Policies,
): readonly Effect[] {
  const { last } = state;
  if (!last || event.type === 'card.posted' || event.type === 'card.failed') return [];
  const place = {
    conversation: notifications.conversations['emergency'] ?? '',
    card: freezeCardName(last),
    // Whoever looks there because something burns has to see that nothing begins.
    severity: 'P0',
  } as const;
  const card: Effect = { type: 'slack.card', ...place };
  const text = describeFreezeEvent(event);
  const isFirst = event.type === 'production.frozen' && !event.again;
  if (text === undefined || isFirst) return event.type === 'request.refused' ? [] : [card];
  const isNews = event.type === 'production.frozen' || event.type === 'production.thawed';
  const line: Effect = { type: 'slack.thread', ...place, text, broadcast: isNews, at: event.at };
  // A refusal changes nothing that the card shows; and once it is lifted, nobody follows it there.
  if (event.type !== 'request.refused') return [card, line];
  return inForce(state) ? [line] : [];
}

/** A card about an earlier freeze could not be drawn. */
function freezeWants({ last }: FreezeSwitch, effect: Effect): Wanted {
  const named = effect.type === 'slack.card' || effect.type === 'slack.thread' ? effect.card : undefined;
  return last && named === freezeCardName(last)
    ? { wanted: true }
    : { wanted: false, why: 'production has been frozen anew since then' };
}
