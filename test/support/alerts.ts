import type { IncidentEvent, Suspect } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Severity } from '../../src/core/severity.ts';
import type { Alert } from '../../src/core/source.ts';
import { alertmanager, given, minute, start, type Example } from './given.ts';

type Received = Extract<IncidentIntent, { type: 'alerts.receive' }>;

/** Alerts that came in one delivery, on their way to the incident of a service on shop/stable. */
export function receive(...alerts: Received['alerts']): Received {
  return { type: 'alerts.receive', alerts };
}

export function firing(
  fingerprint: string,
  severity: Severity,
  summary = '',
  service = 'checkout',
): Received['alerts'][number] {
  return routed(
    { fingerprint, status: 'firing', title: `${fingerprint} fails`, summary, labels: {} },
    severity,
    service,
  );
}

export function resolved(fingerprint: string): Received['alerts'][number] {
  return routed(
    { fingerprint, status: 'resolved', title: `${fingerprint} fails`, summary: '', labels: {} },
    'P2',
    'checkout',
  );
}

function routed(alert: Alert, severity: Severity, service: string): Received['alerts'][number] {
  return {
    alert,
    route: { service, app: 'shop', channel: 'stable', severity, note: undefined },
  };
}

/** The release that is live on shop/stable, twenty minutes old. */
export const suspect: Suspect = { live: '1.5.0', liveSince: start - 20 * minute, lastGood: '1.4.2' };

/** An incident that has just opened for an alert, and has heard from its channel that nothing is known to be live. */
export function opened(
  severity: Severity,
  current?: Policies,
): Example<Incident, IncidentIntent, IncidentEvent> {
  const circumstances = { by: alertmanager, ...(current ? { policies: current } : {}) };
  return given(incidentKind)
    .when(receive(firing('5xx', severity)), circumstances)
    .when({ type: 'incident.name-suspect', suspect: undefined }, circumstances);
}
