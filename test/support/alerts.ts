import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Severity } from '../../src/core/severity.ts';
import type { Alert } from '../../src/core/source.ts';

type Received = Extract<IncidentIntent, { type: 'alerts.receive' }>;

/** Alerts that came in one delivery, on their way to the incident of checkout on shop/stable. */
export function receive(...alerts: Received['alerts']): Received {
  return { type: 'alerts.receive', alerts };
}

export function firing(fingerprint: string, severity: Severity, summary = ''): Received['alerts'][number] {
  return routed(
    { fingerprint, status: 'firing', title: `${fingerprint} fails`, summary, labels: {} },
    severity,
  );
}

export function resolved(fingerprint: string): Received['alerts'][number] {
  return routed(
    { fingerprint, status: 'resolved', title: `${fingerprint} fails`, summary: '', labels: {} },
    'P2',
  );
}

function routed(alert: Alert, severity: Severity): Received['alerts'][number] {
  return {
    alert,
    route: { service: 'checkout', app: 'shop', channel: 'stable', severity, note: undefined },
  };
}
