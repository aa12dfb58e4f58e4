import type { EffectOf } from '../../core/effect.ts';
import { sayPromotion } from '../../core/incident/describe.ts';
import type { Incident } from '../../core/incident/state.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { severityIcons } from './incident-card.ts';
import { sayDuration, type Instant } from '../../core/time.ts';
import { fallback, join, mrkdwn, shown, type Markup } from './text.ts';

/**
 * A page: to one person with a button that takes it, to a conversation as a shout.
 * @param incident the state of the stream that pages; undefined when that is no incident
 */
export function pageMessage(page: EffectOf<'page.slack'>, incident: Incident | undefined): View {
  const icon = severityIcons[page.severity];
  const text = fallback(`${icon} ${page.text}`);
  if (page.person === undefined || !incident)
    return { text, blocks: [section(mrkdwn`${icon} *${shown(page.text, 1_000)}*`)] };

  const { id, suspect, title, serviceTitle, app, channel, openedAt, firing } = incident;
  const alerts = Object.values(firing).slice(0, 3);
  return {
    text,
    blocks: [
      header(`📟 ${page.severity} ${title}`),
      section(mrkdwn`${icon} You are called for *${id}*: *${serviceTitle}* on *${app}/${channel}*.`),
      ...(alerts.length > 0
        ? [
            section(
              join(
                alerts.map((alert) => mrkdwn`• ${shown(alert.title, 200)}${said(alert.summary)}`),
                '\n',
              ),
            ),
          ]
        : []),
      ...(suspect
        ? [
            facts([
              ['Live', mrkdwn`${suspect.live}, ${ageOf(suspect.liveSince, openedAt)}`],
              ...(suspect.promotion
                ? [['Promotion', mrkdwn`${sayPromotion(suspect.promotion)}`] as const]
                : []),
              ['Last good', mrkdwn`${suspect.lastGood ?? 'none is known'}`],
            ]),
          ]
        : []),
      actions([button('incident.acknowledge', 'Acknowledge', { id }, { style: 'primary' })]),
      context(mrkdwn`The live card is in ${conversationLink(incident.conversation)}.`),
    ],
  };
}

function said(summary: string): Markup {
  return summary === '' ? mrkdwn`` : mrkdwn` — ${shown(summary, 300)}`;
}

function ageOf(liveSince: Instant, openedAt: Instant): string {
  return liveSince <= openedAt
    ? `for ${sayDuration(openedAt - liveSince)} when this began`
    : 'since this began';
}

/** Slack writes the conversation's name; the id comes from our policies and has no other characters. */
function conversationLink(id: string): { readonly markup: string } {
  return /^[CGD][A-Z0-9]+$/.test(id) ? { markup: `<#${id}>` } : shown(id, 50);
}
