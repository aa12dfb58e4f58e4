import type { Effect } from '../effect.ts';
import type { Policies } from '../policies/policies.ts';
import type { Recorded, Wanted } from '../stream.ts';
import { cardsToRedraw, driftCardName, healthCardName, subjectOf } from './cards.ts';
import { describeChannelEvent } from './describe.ts';
import type { ChannelEvent } from './event.ts';
import { worstOpen } from './open-incidents.ts';
import { policyOf } from './place.ts';
import type { Channel } from './state.ts';

/** What an event makes happen outside: the registry file, and cards in the channel's conversation. */
export function channelEffects(
  state: Channel,
  event: Recorded<ChannelEvent>,
  policies: Policies,
): readonly Effect[] {
  const name = policyOf({ id: state.id, policies })?.conversation ?? '';
  const conversation = policies.notifications.conversations[name] ?? '';
  const worst = worstOpen(state)?.severity;
  const card = (about: string): Effect => ({
    type: 'slack.card',
    conversation,
    card: about,
    severity: worst,
  });
  const line = (about: string, broadcast: boolean): Effect => ({
    type: 'slack.thread',
    conversation,
    card: about,
    text: describeChannelEvent(event) ?? '',
    broadcast,
    at: event.at,
    severity: worst,
  });
  const shout = (): Effect => ({
    type: 'page.slack',
    person: undefined,
    to: policies.notifications.conversations['emergency'] ?? '',
    text: `${state.name}: ${describeChannelEvent(event) ?? ''}`,
    severity: worst ?? 'P2',
  });
  switch (event.type) {
    case 'channel.moved': {
      const cards = cardsToRedraw(state, event.from).map(card);
      // An import came out of the file; writing it back would only change its time.
      return event.cause === 'import' ? cards : [{ type: 'registry.publish' }, ...cards];
    }
    case 'channel.locked':
    case 'channel.queued':
    case 'channel.begun':
    case 'hold.noted':
    case 'channel.released':
    case 'channel.doubted':
      return cardsToRedraw(state).map(card);
    case 'health.reported': {
      const { verdict } = event.judgement;
      const about = healthCardName(event.report.version);
      const begins = event.report.severity === 'critical' && event.critical?.reports === 1;
      const warns = verdict === 'inconclusive' && begins;
      const isNews =
        warns || (verdict !== event.before && (event.before !== undefined || verdict === 'fail'));
      return [card(about), ...(isNews ? [line(about, verdict === 'fail')] : [])];
    }
    case 'drift.noticed': {
      const about = driftCardName(event.seq);
      if (event.side === 'file') return [card(about)];
      // Something changes production behind the back of whoever has just repaired it.
      const loud = event.cause === 'left-by-rollback' && worst !== undefined;
      return [...(loud ? [shout()] : []), card(about), line(about, true)];
    }
    case 'drift.settled': {
      const about = driftCardName(event.drift);
      const publish: readonly Effect[] = event.how === 'kept' ? [{ type: 'registry.publish' }] : [];
      return [...publish, card(about), line(about, false)];
    }
    case 'card.failed':
      return [shout()];
    case 'card.posted':
    case 'deployment.known':
    case 'incident.noted':
    case 'request.refused':
      return [];
    default:
      return event satisfies never;
  }
}

/** A card about what the channel has forgotten meanwhile could not be drawn. */
export function channelWants(state: Channel, effect: Effect): Wanted {
  if (effect.type !== 'slack.card' && effect.type !== 'slack.thread') return { wanted: true };
  const known = effect.card !== undefined && subjectOf(state, effect.card) !== undefined;
  return known ? { wanted: true } : { wanted: false, why: `${state.name} no longer follows it` };
}
