import type { Effect, EffectOf } from '../effect.ts';
import type { Policies } from '../policies/policies.ts';
import { noteCard } from '../settle-card.ts';
import type { Recorded } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import type { Incident } from './state.ts';
import { commandBack } from './way-back.ts';

/** A ladder that climbs all night calls often; the button of an older message still answers who has it. */
const mostKept = 30;

/** Remembers where a direct message stands that called somebody, to be told in place that somebody has it. */
export function withDirectPage(
  { cards = {} }: Incident,
  { page, person, receipt, withoutCard }: Recorded<Extract<IncidentEvent, { type: 'page.delivered' }>>,
): Pick<Incident, 'cards'> {
  const { ts, channel } = receipt;
  if (person === undefined || ts === undefined || channel === undefined) return {};
  const posted = { type: 'card.posted', card: page, conversation: channel, ts } as const;
  const noted = noteCard(cards, { ...posted, ...(withoutCard && { withoutCard }) });
  return { cards: Object.fromEntries(Object.entries(noted).slice(-mostKept)) };
}

/** What a message that calls somebody says of the way back, which takes the policies to know. */
export function goingBack(
  state: Incident,
  policies: Policies,
): Pick<EffectOf<'page.slack' | 'slack.card'>, 'goBack'> {
  const goBack = commandBack(state, policies);
  return goBack === undefined ? {} : { goBack };
}

/** Those messages lose their button once somebody has the incident, or it is resolved; nobody is notified by that. */
export function directPagesOver(state: Incident, policies: Policies): readonly Effect[] {
  return Object.keys(state.cards ?? {}).flatMap((page) => redrawn(state, page, policies));
}

/** Pages do not wait for the card: those that went before it lead to it from now on, in place, too. */
export function directPagesToCard(state: Incident, policies: Policies): readonly Effect[] {
  return Object.entries(state.cards ?? {}).flatMap(([page, { withoutCard }]) =>
    withoutCard ? redrawn(state, page, policies) : [],
  );
}

/** One that was delivered a moment ago: maybe after somebody had it, and maybe written before the card was there. */
export function directPageWent(state: Incident, page: string, policies: Policies): readonly Effect[] {
  const { acknowledged, resolved, card, cards } = state;
  const isOver = acknowledged !== undefined || resolved !== undefined;
  const mayLead = card !== undefined && cards?.[page]?.withoutCard;
  return isOver || mayLead ? redrawn(state, page, policies) : [];
}

function redrawn(state: Incident, page: string, policies: Policies): readonly Effect[] {
  const known = state.cards?.[page];
  if (!known) return [];
  const { conversation } = known;
  const { severity } = state;
  return [{ type: 'slack.card', conversation, card: page, severity, ...goingBack(state, policies) }];
}
