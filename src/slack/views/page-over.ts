import type { Whereabouts } from '../../core/card-url.ts';
import { isOpen, type Incident } from '../../core/incident/state.ts';
import type { Instant } from '../../core/time.ts';
import { context, header, section, type View } from './blocks.ts';
import { theCard } from './page-message.ts';
import { conversationLink, fallback, moment, mrkdwn } from './text.ts';

/**
 * What a page's direct message says once somebody has the incident, or it is resolved: nothing is left to press.
 * @returns undefined while nobody has it
 */
export function pageOver(incident: Incident, now: Instant, where?: Whereabouts): View | undefined {
  const { id, severity, title, serviceTitle, app, channel, conversation, acknowledged, resolved } = incident;
  const over = resolved ?? acknowledged;
  if (!over) return undefined;
  const { by, at } = over;
  const word = isOpen(incident) ? 'acknowledged' : 'resolved';
  return {
    text: fallback(`✅ ${id} ${word} by ${by}: ${title}`),
    blocks: [
      header(`✅ ${severity} ${title}`),
      section(
        mrkdwn`✅ *${word === 'resolved' ? 'Resolved' : 'Acknowledged'}* by *${by}* at ${moment(at, now)}.`,
      ),
      context(
        mrkdwn`You were called for *${id}*: *${serviceTitle}* on *${app}/${channel}*. ${theCard(where)} is in ${conversationLink(conversation)}.`,
      ),
    ],
  };
}
