import { isPage, type Effect } from '../effect.ts';
import type { Recorded, Wanted } from '../stream.ts';
import { sayDate } from '../time.ts';
import { describeIncidentEvent, sayPromotion } from './describe.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import { isOpen, type Incident } from './state.ts';

/** So many alerts of an incident get a line of their own in its thread. */
const alertsTold = 10;

/** What an event makes happen outside: pages first, then the card, then a line in the thread. */
export function incidentEffects(state: Incident, event: Recorded<IncidentEvent>): readonly Effect[] {
  const { conversation, severity } = state;
  const card: Effect = { type: 'slack.card', conversation, severity };
  const line = (broadcast = false): readonly Effect[] => {
    const text = describeIncidentEvent(event);
    return text === undefined
      ? []
      : [{ type: 'slack.thread', conversation, text, broadcast, at: event.at, severity }];
  };
  switch (event.type) {
    case 'incident.opened':
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
    case 'acknowledgement.expired':
      return [card, ...line(true)];
    case 'severity.changed':
      return [card, ...line(true)];
    case 'rung.fired':
      return [
        ...event.pages.map((page) => pageEffect(state, event, page)),
        card,
        ...line(event.rung > 1 || event.round > 1),
      ];
    case 'ladder.ended':
      return [shout(state, describeIncidentEvent(event) ?? ''), card, ...line(true)];
    case 'incident.acknowledged':
      return [...pagerduty(state, 'acknowledge', `Acknowledged by ${event.name}`), card, ...line()];
    case 'incident.resolved':
      return [
        ...pagerduty(state, 'resolve', `Resolved by ${event.name}`),
        card,
        ...line(true),
        { type: 'slack.postmortem', conversation },
      ];
    case 'operation.noted':
      return [card, ...line(event.loud)];
    case 'page.failed':
    case 'page.withheld':
    case 'request.refused':
      return [card, ...line()];
    case 'pagerduty.noted':
      return line();
    case 'page.delivered':
      // The card counts receipts; a line for each of them would only bury the others.
      return [card];
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
        // The key of this very call, which the state has just noted.
        dedupKey: state.pagerdutyKeys.at(-1) ?? id,
        severity,
        summary: headline,
        service,
        person,
      };
    case 'mail':
      return {
        type: 'page.mail',
        person,
        to: page.to,
        subject: headline,
        text: mailText(state, event),
        severity,
      };
    case 'slack':
      return { type: 'page.slack', person, to: page.to[0] ?? state.emergency, text, severity };
    default:
      return page.by satisfies never;
  }
}

/** What a person reads at 3 am on a phone, before opening anything. */
function mailText(state: Incident, event: Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>): string {
  const { suspect } = state;
  const alerts = Object.values(state.firing).slice(0, 10);
  return [
    `${state.severity} on ${state.serviceTitle} (${state.app}/${state.channel}), open since ${sayDate(state.openedAt)}.`,
    '',
    ...alerts.map((alert) => `- ${alert.title}${alert.summary === '' ? '' : `: ${alert.summary}`}`),
    ...(alerts.length === 0 ? [state.title] : []),
    '',
    suspect
      ? `Live: ${suspect.live}, since ${sayDate(suspect.liveSince)}.`
      : 'No release is known to be live.',
    ...(suspect?.promotion ? [sayPromotion(suspect.promotion)] : []),
    suspect?.lastGood === undefined ? 'No earlier good release is known.' : `Last good: ${suspect.lastGood}.`,
    ...Object.entries(state.operations).map(([id, progress]) => `Rollback so far: ${id}, ${progress}.`),
    ...Object.entries(state.promotions ?? {}).map(
      ([id, progress]) => `Promotion so far: ${id}, ${progress}.`,
    ),
    '',
    `You are called by rung ${Math.min(event.rung, event.of)} of ${event.of}. In Slack: /incident ack ${state.id}`,
    ...(suspect?.lastGood === undefined ? [] : [`To go back: /rollback ${state.channel} last-good <reason>`]),
  ].join('\n');
}

function pagerduty(state: Incident, action: 'acknowledge' | 'resolve', summary: string): readonly Effect[] {
  return state.pagerdutyKeys.map((dedupKey) => ({
    type: 'page.pagerduty',
    action,
    dedupKey,
    severity: state.severity,
    summary,
    service: state.service,
    person: undefined,
  }));
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
