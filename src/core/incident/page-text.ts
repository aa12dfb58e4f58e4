import type { Policies } from '../policies/policies.ts';
import type { Recorded } from '../stream.ts';
import { sayBetween, sayDate } from '../time.ts';
import { sayLive, sayPromotion } from './describe.ts';
import type { IncidentEvent } from './event.ts';
import { allFiring } from './firing.ts';
import { linksOf } from './links.ts';
import type { Incident } from './state.ts';
import { commandBack } from './way-back.ts';

type Called = Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>;

/** The line by which every page is known. */
export function headlineOf({ severity, id, title, serviceTitle, app, channel }: Incident): string {
  return `${severity} ${id}: ${title} (${serviceTitle}, ${app}/${channel})`;
}

/** What a person reads at 3 am on a phone, before opening anything. */
export function mailText(state: Incident, event: Called, policies: Pick<Policies, 'channels'>): string {
  const { suspect } = state;
  const alerts = allFiring(state).slice(0, 10);
  const links = linksOf(state);
  const back = commandBack(state, policies);
  return [
    `${state.severity} on ${state.serviceTitle} (${state.app}/${state.channel}), open since ${sayDate(state.openedAt)}.`,
    '',
    ...alerts.map(([, alert]) => `- ${alert.title}${alert.summary === '' ? '' : ` — ${alert.summary}`}`),
    ...(alerts.length === 0 ? [state.title] : []),
    '',
    suspect
      ? `Live: ${sayLive(suspect)}, for ${sayBetween(suspect.liveSince, event.at)} (since ${sayDate(suspect.liveSince)}).`
      : 'No release is known to be live.',
    ...(suspect?.promotion ? [sayPromotion(suspect.promotion)] : []),
    suspect?.lastGood === undefined ? 'No earlier good release is known.' : `Last good: ${suspect.lastGood}.`,
    ...Object.entries(state.operations).map(
      ([id, progress]) =>
        `Rollback so far: ${id}, ${progress}${['failed', 'stopped', 'unknown'].includes(progress) ? ': look what runs now' : ''}.`,
    ),
    ...Object.entries(state.promotions ?? {}).map(
      ([id, progress]) => `Promotion so far: ${id}, ${progress}.`,
    ),
    ...(links.length > 0 ? ['', ...links.map(({ label, url }) => `${label}: ${url}`)] : []),
    '',
    `You are called by rung ${Math.min(event.rung, event.of)} of ${event.of}. In Slack: /incident ack ${state.id}`,
    ...(back === undefined ? [] : [`To go back: ${back}`]),
  ].join('\n');
}

/** The same for PagerDuty's `custom_details`: what may have done it, and what to type. */
export function pageDetails(
  state: Incident,
  event: Called,
  policies: Pick<Policies, 'channels'>,
): Readonly<Record<string, string>> {
  const { suspect } = state;
  const back = commandBack(state, policies);
  return {
    channel: `${state.app}/${state.channel}`,
    live: suspect
      ? `${sayLive(suspect)}, for ${sayBetween(suspect.liveSince, event.at)}`
      : 'no release is known to be live',
    ...(suspect?.promotion && { promotion: sayPromotion(suspect.promotion) }),
    last_good: suspect?.lastGood ?? 'none is known',
    to_take_it: `/incident ack ${state.id}`,
    ...(back !== undefined && { to_go_back: back }),
  };
}
