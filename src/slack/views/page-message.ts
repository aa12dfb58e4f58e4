import type { EffectOf } from '../../core/effect.ts';
import { sayLive, sayPromotion } from '../../core/incident/describe.ts';
import type { Incident } from '../../core/incident/state.ts';
import { actions, button, context, facts, header, plainSection, section, type View } from './blocks.ts';
import { alertLinks } from './alert-links.ts';
import { severityIcons } from './incident-card.ts';
import { sayDuration, type Instant } from '../../core/time.ts';
import { conversationLink, fallback, join, link, mrkdwn, shown, type Markup } from './text.ts';

/**
 * A page: to one person with a button that takes it, to a conversation as a shout.
 * @param incident the state of the stream that pages; undefined when that is no incident
 * @param cardUrl where the card is, or will be, as far as that is known
 */
export function pageMessage(
  page: EffectOf<'page.slack'>,
  incident: Incident | undefined,
  cardUrl?: string,
): View {
  const icon = severityIcons[page.severity];
  const text = fallback(`${icon} ${page.text}`);
  if (page.person === undefined || !incident) {
    const { lines = [] } = page;
    const below = lines.length === 0 ? [] : [plainSection(lines.join('\n'))];
    const card = cardUrl === undefined ? mrkdwn`` : mrkdwn` · ${link(cardUrl, 'To its card')}`;
    return { text, blocks: [section(mrkdwn`${icon} *${shown(page.text, 1_000)}*${card}`), ...below] };
  }

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
      ...alertLinks(incident),
      ...(suspect
        ? [
            facts([
              ['Live', mrkdwn`${sayLive(suspect)}, ${ageOf(suspect.liveSince, openedAt)}`],
              ...(suspect.promotion
                ? [['Promotion', mrkdwn`${sayPromotion(suspect.promotion)}`] as const]
                : []),
              ['Last good', mrkdwn`${suspect.lastGood ?? 'none is known'}`],
            ]),
          ]
        : []),
      actions([button('incident.acknowledge', 'Acknowledge', { id }, { style: 'primary' })]),
      context(mrkdwn`${theCard(incident, cardUrl)} is in ${conversationLink(incident.conversation)}.`),
    ],
  };
}

/** The conversation is linked anyway, and its address would promise more than that. */
export function theCard(
  { card }: Pick<Incident, 'card'>,
  url: string | undefined,
  title = 'The live card',
): Markup {
  return card === undefined || url === undefined ? { markup: title } : link(url, title);
}

function said(summary: string): Markup {
  return summary === '' ? mrkdwn`` : mrkdwn` — ${shown(summary, 300)}`;
}

function ageOf(liveSince: Instant, openedAt: Instant): string {
  return liveSince <= openedAt
    ? `for ${sayDuration(openedAt - liveSince)} when this began`
    : 'since this began';
}
