/** Alerts as one system says them to another: number `n` is the same alert each time. */
export interface Alerts {
  /** Alert `n` is of service `n % services`. */
  readonly services: number;
  /** How many there are: number `n` and `n + different` are the same. */
  readonly different: number;
  readonly severity?: 'critical' | 'warning';
  /** When they began, which whoever repeats them says each time; left out: at the moment of the request. */
  readonly startsAt?: string;
  /** All of them fire, then all resolve, and so on: each time one of them is sent, something has changed. */
  readonly flapping?: boolean;
}

/** After so many numbers everything is said again. */
export function repeatAfter({ different, flapping = false }: Alerts): number {
  return flapping ? 2 * different : different;
}

function isResolved(number: number, { different, flapping = false }: Alerts): boolean {
  return flapping && number % (2 * different) >= different;
}

export function serviceName(number: number): string {
  return `service-${number}`;
}

function alert(number: number, { services, different, severity = 'critical', startsAt }: Alerts) {
  const which = number % different;
  return {
    labels: {
      alertname: 'InstanceDown',
      service: serviceName(which % services),
      instance: `10.0.${which >> 8}.${which & 255}:9100`,
      severity,
    },
    annotations: {
      summary: `Instance ${which} of ${serviceName(which % services)} has been down for more than 5 minutes.`,
      runbook_url: 'https://runbooks.example.com/instance-down',
    },
    // Alertmanager waits for the rest of a group only as long as the alert is young.
    startsAt: startsAt ?? new Date().toISOString(),
    generatorURL: 'https://prometheus.example.com/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  };
}

/** What Prometheus posts to Alertmanager (`/api/v2/alerts`). */
export function toAlertmanager(numbers: readonly number[], alerts: Alerts): string {
  const endsAt = new Date().toISOString();
  return JSON.stringify(
    numbers.map((number) => ({
      ...alert(number, alerts),
      ...(isResolved(number, alerts) ? { endsAt } : {}),
    })),
  );
}

/** What Alertmanager posts to us (its webhook, version 4). */
export function toLastgood(numbers: readonly number[], alerts: Alerts): string {
  const status = numbers.every((number) => isResolved(number, alerts)) ? 'resolved' : 'firing';
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{alertname="InstanceDown"}',
    status,
    receiver: 'lastgood',
    groupLabels: { alertname: 'InstanceDown' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'https://alertmanager.example.com',
    truncatedAlerts: 0,
    alerts: numbers.map((number) => ({
      status: isResolved(number, alerts) ? 'resolved' : 'firing',
      endsAt: isResolved(number, alerts) ? new Date().toISOString() : '0001-01-01T00:00:00Z',
      fingerprint: (number % alerts.different).toString(16).padStart(16, '0'),
      ...alert(number, alerts),
    })),
  });
}
