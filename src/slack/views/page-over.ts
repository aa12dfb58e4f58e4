import { isOpen, type Incident } from '../../core/incident/state.ts';
import type { Instant } from '../../core/time.ts';
import { context, header, section, type View } from './blocks.ts';
import { theCard } from './page-message.ts';
import { conversationLink, fallback, moment, mrkdwn, type Markup } from './text.ts';

/** What a page's direct message says once somebody has the incident, or it is resolved: nothing is left to press. */
export function pageOver(incident: Incident, now: Instant, cardUrl?: string): View {
  const { id, severity, title, serviceTitle, app, channel, conversation, acknowledged, resolved } = incident;
  const by = resolved?.by ?? acknowledged?.by ?? '';
  return {
    text: fallback(`✅ ${id} ${isOpen(incident) ? 'acknowledged' : 'resolved'} by ${by}: ${title}`),
    blocks: [
      header(`✅ ${severity} ${title}`),
      section(howItEnded(incident, now)),
      context(
        mrkdwn`You were called for *${id}*: *${serviceTitle}* on *${app}/${channel}*. ${theCard(incident, cardUrl)} is in ${conversationLink(conversation)}.`,
      ),
    ],
  };
}

function howItEnded({ acknowledged, resolved }: Incident, now: Instant): Markup {
  if (resolved) return mrkdwn`✅ *Resolved* by *${resolved.by}* at ${moment(resolved.at, now)}.`;
  return acknowledged
    ? mrkdwn`✅ *Acknowledged* by *${acknowledged.by}* at ${moment(acknowledged.at, now)}.`
    : mrkdwn`Nobody has it any more; whoever is called next gets a new message.`;
}
