import type { RoutedAlert } from '../core/incident/route-alert.ts';
import { worst } from '../core/severity.ts';
import type { Alert } from '../core/source.ts';
import { lookAtItself } from './own-alert.ts';

interface Routed {
  readonly alert: Alert;
  readonly route: RoutedAlert;
}

const prefix = 'lastgood:left-out/';

/**
 * Alerts of one group on their way to one incident, with one of our own that fires for as long as the group's
 * notifications leave some out: those may fire, and nothing that is shown can say that all is over. It is as bad as the
 * worst that is shown, and ends with the first notification that leaves out none.
 */
export function withLeftOut(told: readonly Routed[], source: string): readonly Routed[] {
  const [first] = told;
  if (!first?.alert.group) return told;
  const { key, leftOut } = first.alert.group;
  const fingerprint = `${prefix}${source}/${key}`;
  const title = `Alerts that ${source} left out`;
  const where = { ...first.route, note: undefined, unknownSeverity: undefined };
  if (leftOut === 0) {
    const alert = { fingerprint, status: 'resolved', title, summary: '', labels: {} } as const;
    return [...told, { alert, route: where }];
  }
  const firing = told.filter(({ alert }) => alert.status === 'firing');
  const shown = (firing.length > 0 ? firing : told).map(({ route }) => route.severity);
  const summary = `It left out ${leftOut} of a group: whether those fire or are over, nobody hears. ${lookAtItself(source)} And let it leave out none: no max_alerts in Alertmanager, no Max Alerts in Grafana.`;
  const alert = { fingerprint, status: 'firing', title, summary, labels: {} } as const;
  // Ends last: a long one is decided in parts, after none of which all may seem to be over.
  return [
    ...firing,
    { alert, route: { ...where, severity: worst(shown) ?? where.severity } },
    ...told.filter(({ alert }) => alert.status === 'resolved'),
  ];
}

/** Whether this is our own about what a source leaves out. */
export function isLeftOut({ fingerprint }: Pick<Alert, 'fingerprint'>): boolean {
  return fingerprint.startsWith(prefix);
}
