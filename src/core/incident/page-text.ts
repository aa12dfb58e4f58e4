import type { Policies } from '../policies/policies.ts';
import type { Recorded } from '../stream.ts';
import { sayDate, sayDuration } from '../time.ts';
import { sayLive, sayPromotion } from './describe.ts';
import type { IncidentEvent } from './event.ts';
import { linksOf } from './links.ts';
import type { Incident } from './state.ts';
import { wayBack } from './way-back.ts';

type Called = Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>;

/** What a person reads at 3 am on a phone, before opening anything. */
export function mailText(state: Incident, event: Called, policies: Pick<Policies, 'channels'>): string {
  const { suspect } = state;
  const alerts = Object.values(state.firing).slice(0, 10);
  const links = linksOf(state);
  const back = rollbackCommand(state, policies);
  return [
    `${state.severity} on ${state.serviceTitle} (${state.app}/${state.channel}), open since ${sayDate(state.openedAt)}.`,
    '',
    ...alerts.map((alert) => `- ${alert.title}${alert.summary === '' ? '' : `: ${alert.summary}`}`),
    ...(alerts.length === 0 ? [state.title] : []),
    '',
    suspect
      ? `Live: ${sayLive(suspect)}, for ${sayDuration(event.at - suspect.liveSince)} (since ${sayDate(suspect.liveSince)}).`
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
  const back = rollbackCommand(state, policies);
  return {
    channel: `${state.app}/${state.channel}`,
    live: suspect
      ? `${sayLive(suspect)}, for ${sayDuration(event.at - suspect.liveSince)}`
      : 'no release is known to be live',
    ...(suspect?.promotion && { promotion: sayPromotion(suspect.promotion) }),
    last_good: suspect?.lastGood ?? 'none is known',
    to_take_it: `/incident ack ${state.id}`,
    ...(back !== undefined && { to_go_back: back }),
  };
}

/** `/rollback stable 1.4.2 <reason>`; undefined where there is nothing to go back to. */
function rollbackCommand(state: Incident, { channels }: Pick<Policies, 'channels'>): string | undefined {
  const version = wayBack(state);
  if (version === undefined) return undefined;
  const { app, channel } = state;
  const others = Object.entries(channels.apps).filter(([name]) => name !== app);
  const isTaken = others.some(([, other]) => Object.hasOwn(other.channels, channel));
  return `/rollback ${isTaken ? `${app}/${channel}` : channel} ${version} <reason>`;
}
