/** Alerts as one system says them to another: number `n` is the same alert each time. */
export interface Alerts {
  /** Alert `n` is of service `n % services`. */
  readonly services: number;
  /** How many there are: number `n` and `n + different` are the same. */
  readonly different: number;
  readonly severity?: 'critical' | 'warning';
}

export function serviceName(number: number): string {
  return `service-${number}`;
}

function alert(number: number, { services, different, severity = 'critical' }: Alerts) {
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
    // Fresh: Alertmanager waits for the rest of a group only as long as the alert is young.
    startsAt: new Date().toISOString(),
    generatorURL: 'https://prometheus.example.com/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  };
}

/** What Prometheus posts to Alertmanager (`/api/v2/alerts`). */
export function toAlertmanager(numbers: readonly number[], alerts: Alerts): string {
  return JSON.stringify(numbers.map((number) => alert(number, alerts)));
}

/** What Alertmanager posts to us (its webhook, version 4). */
export function toLastgood(numbers: readonly number[], alerts: Alerts): string {
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{alertname="InstanceDown"}',
    status: 'firing',
    receiver: 'lastgood',
    groupLabels: { alertname: 'InstanceDown' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'https://alertmanager.example.com',
    truncatedAlerts: 0,
    alerts: numbers.map((number) => ({
      status: 'firing',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: (number % alerts.different).toString(16).padStart(16, '0'),
      ...alert(number, alerts),
    })),
  });
}
