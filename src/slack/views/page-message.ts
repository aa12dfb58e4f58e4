import type { Whereabouts } from '../../core/card-url.ts';
import type { EffectOf } from '../../core/effect.ts';
import { sayLive, sayPromotion } from '../../core/incident/describe.ts';
import { allFiring } from '../../core/incident/firing.ts';
import { headlineOf } from '../../core/incident/page-text.ts';
import type { Incident } from '../../core/incident/state.ts';
import { actions, button, context, facts, header, plainSection, section, type View } from './blocks.ts';
import { alertLinks } from './alert-links.ts';
import { severityIcons } from './incident-card.ts';
import { sayBetween, type Instant } from '../../core/time.ts';
import { conversationLink, fallback, join, link, mrkdwn, shown, type Markup } from './text.ts';

/**
 * A page: to one person with a button that takes it, to a conversation as a shout.
 * @param incident the state of the stream that pages; undefined when that is no incident
 * @param where the card is, or will be, as far as that is known
 */
export function pageMessage(
  page: EffectOf<'page.slack'>,
  incident: Incident | undefined,
  where?: Whereabouts,
): View {
  if (page.person !== undefined && incident) return directPage(incident, page.goBack, where);
  const icon = severityIcons[page.severity];
  const { lines = [] } = page;
  const below = lines.length === 0 ? [] : [plainSection(lines.join('\n'))];
  const there = where === undefined ? mrkdwn`` : mrkdwn` · ${link(where.url, `To its ${where.what}`)}`;
  return {
    text: fallback(`${icon} ${page.text}`),
    blocks: [section(mrkdwn`${icon} *${shown(page.text, 1_000)}*${there}`), ...below],
  };
}

/**
 * What calls one person, drawn from the incident as it is.
 * @param goBack what to type to go back; undefined where there is nothing to go back to
 */
export function directPage(incident: Incident, goBack?: string, where?: Whereabouts): View {
  const { id, severity, suspect, title, serviceTitle, app, channel, openedAt } = incident;
  const icon = severityIcons[severity];
  const alerts = allFiring(incident).slice(0, 3);
  return {
    text: fallback(`${icon} ${headlineOf(incident)}`),
    blocks: [
      header(`📟 ${severity} ${title}`),
      section(mrkdwn`${icon} You are called for *${id}*: *${serviceTitle}* on *${app}/${channel}*.`),
      ...(alerts.length > 0
        ? [
            section(
              join(
                alerts.map(([, alert]) => mrkdwn`• ${shown(alert.title, 200)}${said(alert.summary)}`),
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
      ...(goBack === undefined ? [] : [section(mrkdwn`To go back: \`${goBack}\``)]),
      actions([button('incident.acknowledge', 'Acknowledge', { id }, { style: 'primary' })]),
      context(mrkdwn`${theCard(where)} is in ${conversationLink(incident.conversation)}.`),
    ],
  };
}

/** The conversation is linked anyway, and its address would promise more than that. */
export function theCard(where: Whereabouts | undefined, title = 'The live card'): Markup {
  return where?.what === 'card' ? link(where.url, title) : { markup: title };
}

function said(summary: string): Markup {
  return summary === '' ? mrkdwn`` : mrkdwn` — ${shown(summary, 300)}`;
}

function ageOf(liveSince: Instant, openedAt: Instant): string {
  return liveSince <= openedAt
    ? `for ${sayBetween(liveSince, openedAt)} when this began`
    : 'since this began';
}
