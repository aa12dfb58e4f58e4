import type { Envelope } from '../core/envelope.ts';
import { incidentAlias } from '../core/incident/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import { cleanText, limits } from '../sources/untrusted.ts';

/** An alert of our own about what a source sends: for the service that takes what nobody claims. */
export function ownAlert(
  { services, channels }: Policies,
  source: string,
  { note, ...said }: Record<'fingerprint' | 'title' | 'summary', string> & { readonly note?: string },
  at: Instant,
): Envelope {
  const service = services.unclaimed;
  const policy = services.services[service];
  if (!policy || !channels.apps[policy.app]) throw new Error(`service ${service} is not in services.yml`);
  // Nobody knows how bad it is: as bad as what wakes people.
  const route = { service, app: policy.app, channel: policy.channel, severity: 'P1', note } as const;
  const summary = cleanText(said.summary, limits.summary);
  const alert = { ...said, summary, status: 'firing', labels: {} } as const;
  return {
    to: { kind: 'incident', alias: incidentAlias(route), open: true },
    at,
    by: { kind: 'source', name: source },
    intent: { type: 'alerts.receive', alerts: [{ alert, route }] },
  };
}

/** What helps until it can be read. */
export function lookAtItself(source: string): string {
  return `Look at ${source} itself: any outage may be behind it.`;
}
