import { isPage, type Effect } from '../effect.ts';
import { mentionOf, type Mentioned } from '../mention.ts';
import type { Recorded, Wanted } from '../stream.ts';
import type { Policies } from '../policies/policies.ts';
import { describeIncidentEvent } from './describe.ts';
import { directPagesOver, directPagesToCard, directPageWent, goingBack } from './direct-pages.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import { firingCount } from './firing.ts';
import { linksOf } from './links.ts';
import { headlineOf, mailText, pageDetails } from './page-text.ts';
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
  const line = (broadcast = false, concerned?: Mentioned): readonly Effect[] => {
    const text = describeIncidentEvent(event);
    if (text === undefined) return [];
    const said = { type: 'slack.thread', conversation, text, broadcast, at: event.at, severity } as const;
    return [concerned ? { ...said, rings: mentionOf(concerned, policies) } : said];
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
      return [card, ...(firingCount(state) + state.alertsResolved <= alertsTold ? line() : [])];
    case 'alerts.cleared':
    case 'timers.late':
    case 'clock.set-back':
    case 'records.restored':
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
        // They may be at work on it, and would hear of it last.
        ...line(false, event.from),
        ...directPagesOver(state, policies),
      ];
    case 'incident.resolved':
      return [
        ...pagerdutyEnd(state, 'resolve', `Resolved by ${event.name}`),
        card,
        ...line(true),
        { type: 'slack.postmortem', conversation },
        ...directPagesOver(state, policies),
      ];
    case 'operation.noted':
      return [card, ...line(event.loud, event.concerns)];
    case 'page.failed':
    case 'page.withheld':
      return [card, ...line()];
    case 'request.refused':
      return event.quiet ? [] : [card, ...line()];
    case 'pagerduty.noted':
      return line();
    case 'page.delivered':
      // The card counts receipts; a line for each of them would only bury the others.
      return [
        card,
        ...(event.note === undefined ? [] : line(true)),
        ...directPageWent(state, event.page, policies),
      ];
    case 'card.failed':
      // Where the card should be nobody sees anything; the emergency conversation may work.
      return [shout(state, describeIncidentEvent(event) ?? '')];
    case 'card.posted':
      return directPagesToCard(state, policies);
    default:
      return event satisfies never;
  }
}

/** Read again just before every send: nobody is woken for an incident that somebody has. */
export function incidentWants(state: Incident, effect: Effect): Wanted {
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
  const headline = headlineOf(state);
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
    case 'slack': {
      const said = { type: 'page.slack', person, to: page.to[0] ?? state.emergency, text, severity } as const;
      return person === undefined ? said : { ...said, ...goingBack(state, policies) };
    }
    default:
      return page.by satisfies never;
  }
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
