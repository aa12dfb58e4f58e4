import { freezes, type Severity } from '../severity.ts';
import type { Recorded } from '../stream.ts';
import { withCalm } from './period.ts';
import type { Channel } from './state.ts';

/** An incident of the channel was opened, has another severity, or is resolved (then it has none). */
export interface IncidentNoted {
  readonly type: 'incident.noted';
  readonly incident: string;
  readonly severity: Severity | undefined;
  /** The worst it was before somebody who is no lead lowered it, where that still freezes promotions. */
  readonly was?: Severity | undefined;
  readonly conversation: string;
  /** Its service; events of earlier versions do not say. */
  readonly service?: string | undefined;
}

export interface OpenIncident {
  readonly severity: Severity;
  readonly was?: Severity | undefined;
  readonly conversation: string;
  readonly service?: string | undefined;
}

export function worstOpen(channel: Channel): (OpenIncident & { readonly incident: string }) | undefined {
  const [first] = Object.entries(channel.incidents).toSorted(([, a], [, b]) =>
    a.severity < b.severity ? -1 : 1,
  );
  return first && { incident: first[0], ...first[1] };
}

/** A P0 or P1, or what was one until somebody who is no lead lowered it. */
export function isBad({ severity, was }: Pick<OpenIncident, 'severity' | 'was'>): boolean {
  return freezes(was ?? severity);
}

/** Whether promotions are frozen, and nothing that is live earns a good name. */
export function isTroubled({ incidents }: Pick<Channel, 'incidents'>): boolean {
  return Object.values(incidents).some(isBad);
}

export function withIncident(channel: Channel, event: Recorded<IncidentNoted>): Channel {
  const { [event.incident]: known, ...others } = channel.incidents;
  const { severity, was, conversation, service } = event;
  const noted = severity && { severity, was, conversation, service };
  const incidents = noted ? { ...others, [event.incident]: noted } : others;
  const live = channel.periods.at(-1);
  if (!live) return { ...channel, incidents };
  const period = withCalm(live, !isTroubled({ incidents }), event.at);
  // From P0 to P1 or back is no second one.
  const opens = noted !== undefined && isBad(noted) && !(known && isBad(known));
  return {
    ...channel,
    incidents,
    periods: [...channel.periods.slice(0, -1), opens ? { ...period, troubledAt: event.at } : period],
  };
}
