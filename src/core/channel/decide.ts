import { nothing, type Context, type Decision, type Message } from '../stream.ts';
import type { ChannelEvent } from './event.ts';
import { settleChannelCard } from './cards.ts';
import { begin } from './begin.ts';
import { move, noteHold, release } from './hold.ts';
import type { ChannelIntent, Of } from './intent.ts';
import { hearFromSource, lookAgain } from './look-again.ts';
import { place } from './place.ts';
import { reportDeployment } from './report-deployment.ts';
import { reportHealth } from './report-health.ts';
import { askForPromotion, recheckPromotion, weighPromotion } from './request-promotion.ts';
import { requestRollback } from './request-rollback.ts';
import { importMoves, setVersion } from './set-version.ts';
import type { Channel } from './state.ts';
import { compareRegistry, takeSide } from './take-side.ts';
import { suspectOf } from './suspect.ts';

/** What an intent makes happen to a release channel: the guard of everything that changes production there. */
export function decideChannel(
  state: Channel | undefined,
  message: Message<ChannelIntent>,
  context: Context,
): Decision<ChannelEvent> {
  const { events, tells } = decideIntent(state, message, context);
  return { events, tells: [...tells, ...lookAgain(state, events, message, context)] };
}

function decideIntent(
  state: Channel | undefined,
  message: Message<ChannelIntent>,
  context: Context,
): Decision<ChannelEvent> {
  const { intent } = message;
  switch (intent.type) {
    case 'rollback.request':
      return requestRollback(state, { ...message, intent }, context);
    case 'promotion.request':
      return askForPromotion(state, { ...message, intent }, context);
    case 'promotion.weigh':
      return weighPromotion(state, { ...message, intent }, context);
    case 'promotion.recheck':
      return recheckPromotion(state, { ...message, intent }, context);
    case 'channel.set':
      return setVersion(state, { ...message, intent }, context);
    case 'channel.import':
      return importMoves(state, { ...message, intent });
    case 'channel.note-incident':
      return noteIncident(state, { ...message, intent }, context);
    case 'channel.begin':
      return begin(state, { ...message, intent }, context);
    case 'channel.note-hold':
      return noteHold(state, { ...message, intent }, context);
    case 'promotion.look-again':
      return hearFromSource(state, { ...message, intent });
    case 'channel.move':
      return move(state, { ...message, intent }, context);
    case 'channel.release':
      return release(state, { ...message, intent }, context);
    case 'health.report':
      return reportHealth(state, { ...message, intent }, context);
    case 'deployment.report':
      return reportDeployment(state, { ...message, intent }, context);
    case 'registry.compare':
      return compareRegistry(state, { ...message, intent }, context);
    case 'drift.take':
      return takeSide(state, { ...message, intent }, context);
    case 'effect.settled':
      return settleChannelCard(state, intent);
    case 'clock.tick':
    case 'effect.progressed':
      return nothing;
    default:
      return intent satisfies never;
  }
}

function noteIncident(
  state: Channel | undefined,
  message: Of<'channel.note-incident'>,
  context: Context,
): Decision<ChannelEvent> {
  const { type: _note, ...noted } = message.intent;
  const { incident, severity } = noted;
  const event: ChannelEvent = { type: 'incident.noted', ...noted };
  const isNew = severity !== undefined && state?.incidents[incident] === undefined;
  if (!isNew) return { events: [event], tells: [] };
  const suspect = state && suspectOf(state, place(context).policy, message.at);
  return {
    events: [event],
    tells: [{ to: { kind: 'incident', id: incident }, intent: { type: 'incident.name-suspect', suspect } }],
  };
}
