import { isPage, type Effect, type EffectOf } from '../effect.ts';
import type { Recorded, Wanted } from '../stream.ts';
import type { Policies } from '../policies/policies.ts';
import { describeIncidentEvent } from './describe.ts';
import { directPagesOver, directPageWanted } from './direct-pages.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import { linksOf } from './links.ts';
import { mailText, pageDetails } from './page-text.ts';
import { pagerdutyCall, pagerdutyEnd } from './pagerduty-pages.ts';
import { isOpen, type Incident } from './state.ts';

/** So many alerts of an incident get a line of their own in its thread. */
const alertsTold = 10;

/** What an event makes happen outside: pages first, then the card, then a line in the thread. */
export function incidentEffects(
  state: Incident,
  event: Recorded<IncidentEvent>,
  policies: Policies,
): readonly Effect[] {
  const { conversation, severity } = state;
  const card: Effect = { type: 'slack.card', conversation, severity };
  const line = (broadcast = false, rings?: EffectOf<'slack.thread'>['rings']): readonly Effect[] => {
    const text = describeIncidentEvent(event);
    if (text === undefined) return [];
    const said = { type: 'slack.thread', conversation, text, broadcast, at: event.at, severity } as const;
    return [rings ? { ...said, rings } : said];
  };
  switch (event.type) {
    case 'incident.opened':
    case 'severity.unknown':
    case 'suspect.named':
    case 'clock.missed':
    case 'rung.empty':
      return [card, ...line()];
    case 'alert.fired':
    case 'alert.resolved':
      // In a storm the card counts them; a line for each would bury everything else.
      return [card, ...(Object.keys(state.firing).length + state.alertsResolved <= alertsTold ? line() : [])];
    case 'alerts.cleared':
    case 'timers.late':
    case 'clock.set-back':
    case 'acknowledgement.expired':
      return [card, ...line(true)];
    case 'severity.changed':
      return [card, ...line(true)];
    case 'rung.fired':
      return [
        ...event.pages.map((page) => pageEffect(state, event, page, policies)),
        card,
        ...line(event.rung > 1 || event.round > 1),
      ];
    case 'ladder.ended':
      return [shout(state, describeIncidentEvent(event) ?? ''), card, ...line(true)];
    case 'incident.acknowledged':
      return [
        ...pagerdutyEnd(state, 'acknowledge', `Acknowledged by ${event.name}`),
        card,
        ...line(false, formerHolder(event, policies)),
        ...directPagesOver(state),
      ];
    case 'incident.resolved':
      return [
        ...pagerdutyEnd(state, 'resolve', `Resolved by ${event.name}`),
        card,
        ...line(true),
        { type: 'slack.postmortem', conversation },
        ...directPagesOver(state),
      ];
    case 'operation.noted':
      return [card, ...line(event.loud)];
    case 'page.failed':
    case 'page.withheld':
      return [card, ...line()];
    case 'request.refused':
      return event.quiet ? [] : [card, ...line()];
    case 'pagerduty.noted':
      return line();
    case 'page.delivered':
      // The card counts receipts; a line for each of them would only bury the others.
      return [card, ...(event.note === undefined ? [] : line(true)), ...directPagesOver(state, event.page)];
    case 'card.failed':
      // Where the card should be nobody sees anything; the emergency conversation may work.
      return [shout(state, describeIncidentEvent(event) ?? '')];
    case 'card.posted':
      return [];
    default:
      return event satisfies never;
  }
}

/** Read again just before every send: nobody is woken for an incident that somebody has. */
export function incidentWants(state: Incident, effect: Effect): Wanted {
  if (effect.type === 'slack.card' && effect.card !== undefined) return directPageWanted(state);
  const calls = isPage(effect) && !(effect.type === 'page.pagerduty' && effect.action !== 'trigger');
  if (!calls) return { wanted: true };
  if (!isOpen(state)) return { wanted: false, why: `${state.id} was resolved in the meantime` };
  if (state.acknowledged)
    return { wanted: false, why: `${state.acknowledged.by} had acknowledged in the meantime` };
  if (state.cleared) return { wanted: false, why: 'all alerts had resolved in the meantime' };
  return { wanted: true };
}

function pageEffect(
  state: Incident,
  event: Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>,
  page: PlannedPage,
  policies: Policies,
): Effect {
  const { severity, id, service } = state;
  const headline = `${severity} ${id}: ${state.title} (${state.serviceTitle}, ${state.app}/${state.channel})`;
  const { person } = page;
  const text =
    person === undefined ? `${headline}. Nobody has it yet. Take it: /incident ack ${id}` : headline;
  switch (page.by) {
    case 'pagerduty':
      return {
        type: 'page.pagerduty',
        action: 'trigger',
        ...pagerdutyCall(state, page),
        severity,
        summary: headline,
        service,
        person,
        details: pageDetails(state, event, policies),
        links: linksOf(state),
      };
    case 'mail':
      return {
        type: 'page.mail',
        person,
        to: page.to,
        subject: headline,
        text: mailText(state, event, policies),
        severity,
      };
    case 'slack':
      return { type: 'page.slack', person, to: page.to[0] ?? state.emergency, text, severity };
    default:
      return page.by satisfies never;
  }
}

/** They may be at work on it, and would hear of it last. */
function formerHolder(
  { from }: Extract<IncidentEvent, { type: 'incident.acknowledged' }>,
  { roster }: Policies,
): EffectOf<'slack.thread'>['rings'] {
  if (!from) return undefined;
  const [slack] = from.person === undefined ? [] : (roster.people[from.person]?.slack ?? []);
  return { slack, name: from.name };
}

function shout(state: Incident, text: string): Effect {
  const headline = `${state.severity} ${state.id} (${state.title}): ${text}`;
  return {
    type: 'page.slack',
    person: undefined,
    to: state.emergency,
    text: headline,
    severity: state.severity,
  };
}
