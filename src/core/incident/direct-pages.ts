import type { Effect } from '../effect.ts';
import { noteCard } from '../settle-card.ts';
import type { Recorded, Wanted } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import type { Incident } from './state.ts';

/** A ladder that climbs all night calls often; the button of an older message still answers who has it. */
const mostKept = 30;

/** Remembers where a direct message stands that called somebody, to be told in place that somebody has it. */
export function withDirectPage(
  { cards = {} }: Incident,
  { page, person, receipt }: Recorded<Extract<IncidentEvent, { type: 'page.delivered' }>>,
): Pick<Incident, 'cards'> {
  const { ts, channel } = receipt;
  if (person === undefined || ts === undefined || channel === undefined) return {};
  const noted = noteCard(cards, { type: 'card.posted', card: page, conversation: channel, ts });
  return { cards: Object.fromEntries(Object.entries(noted).slice(-mostKept)) };
}

/**
 * Those messages lose their button once somebody has the incident, or it is resolved; nobody is notified by that.
 * @param page only this one, which was delivered a moment ago and maybe too late; left out: all
 */
export function directPagesOver(state: Incident, page?: string): readonly Effect[] {
  if (!isOver(state)) return [];
  const { severity } = state;
  return Object.entries(state.cards ?? {}).flatMap(([card, { conversation }]) =>
    page === undefined || card === page ? [{ type: 'slack.card', conversation, card, severity }] : [],
  );
}

/** While nobody has it (any more), the button is as good as ever. */
export function directPageWanted(state: Incident): Wanted {
  return isOver(state) ? { wanted: true } : { wanted: false, why: 'nobody has it any more' };
}

function isOver({ acknowledged, resolved }: Incident): boolean {
  return acknowledged !== undefined || resolved !== undefined;
}
