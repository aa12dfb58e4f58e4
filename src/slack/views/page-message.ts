import type { EffectOf } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/state.ts';
import { actions, button, context, facts, header, section, type View } from './blocks.ts';
import { severityIcons } from './incident-card.ts';
import { fallback, mrkdwn, shown } from './text.ts';

/**
 * A page: to one person with a button that takes it, to a conversation as a shout.
 * @param incident the state of the stream that pages; undefined when that is no incident
 */
export function pageMessage(page: EffectOf<'page.slack'>, incident: Incident | undefined): View {
  const icon = severityIcons[page.severity];
  const text = fallback(`${icon} ${page.text}`);
  if (page.person === undefined || !incident)
    return { text, blocks: [section(mrkdwn`${icon} *${shown(page.text, 1_000)}*`)] };

  const { id, suspect, title, serviceTitle, app, channel } = incident;
  return {
    text,
    blocks: [
      header(`📟 ${page.severity} ${title}`),
      section(mrkdwn`${icon} You are called for *${id}*: *${serviceTitle}* on *${app}/${channel}*.`),
      ...(suspect
        ? [
            facts([
              ['Live', mrkdwn`${suspect.live}`],
              ['Last good', mrkdwn`${suspect.lastGood ?? 'none is known'}`],
            ]),
          ]
        : []),
      actions([button('incident.acknowledge', 'Acknowledge', { id }, { style: 'primary' })]),
      context(mrkdwn`The live card is in ${conversationLink(incident.conversation)}.`),
    ],
  };
}

/** Slack writes the conversation's name; the id comes from our policies and has no other characters. */
function conversationLink(id: string): { readonly markup: string } {
  return /^[CGD][A-Z0-9]+$/.test(id) ? { markup: `<#${id}>` } : shown(id, 50);
}
