import { isPage, meansOf, type EffectSettled, type PageEffect } from '../effect.ts';
import type { Policies } from '../policies/policies.ts';
import { settleCard, withoutCard } from '../settle-card.ts';
import { nothing, only, type Decision } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import { recipientOf } from './ladder.ts';
import { accountCalled } from './pagerduty-pages.ts';
import type { Incident } from './state.ts';

/** A page's receipt, or why there is none; and where the card was posted. */
export function settle(
  state: Incident,
  { id, effect, outcome }: EffectSettled,
  policies: Policies,
): Decision<IncidentEvent> {
  if (isPage(effect)) return settlePage(state, { id, outcome }, effect, policies);
  // Of direct messages that say who has it, the pages themselves are on record.
  return effect.type === 'slack.card' && effect.card === undefined
    ? settleCard(state, effect.conversation, outcome)
    : nothing;
}

function settlePage(
  state: Incident,
  { id, outcome }: Pick<EffectSettled, 'id' | 'outcome'>,
  effect: PageEffect,
  policies: Policies,
): Decision<IncidentEvent> {
  const calls = effect.type !== 'page.pagerduty' || effect.action === 'trigger';
  if (!calls && outcome.status !== 'failed') return nothing;
  const page = { page: id, name: recipientOf(effect, policies), means: meansOf(effect) };
  switch (outcome.status) {
    case 'done': {
      const { note } = outcome;
      const { [withoutCard]: alone, ...receipt } = outcome.receipt;
      const called = effect.type === 'page.slack' && effect.person !== undefined;
      return only({
        type: 'page.delivered',
        ...page,
        receipt,
        ...(called ? { person: effect.person } : {}),
        ...(called && alone !== undefined ? { withoutCard: true } : {}),
        ...accountCalled(effect, receipt),
        ...(note === undefined ? {} : { note }),
      });
    }
    case 'withheld': {
      // The state is read in the transaction that withholds it.
      const cleared = state.status === 'triggered' && state.cleared;
      return only({ type: 'page.withheld', ...page, why: outcome.why, ...(cleared && { cleared }) });
    }
    case 'failed':
    case 'unknown':
      return only({ type: 'page.failed', ...page, certain: outcome.status === 'failed', why: outcome.why });
    default:
      return outcome satisfies never;
  }
}
