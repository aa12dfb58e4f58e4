import { z } from 'zod';
import type { Alert, AlertGroup } from '../core/source.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { cleanLabels, cleanText, cleanUrl, fingerprintOf, limits, readTime } from './untrusted.ts';

/** One alert as Alertmanager says it, and Grafana after it. Only what is used; either may add what it likes. */
export const prometheusAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.string().optional(),
  generatorURL: z.string().optional(),
  /** Grafana's; empty where the alert belongs to no dashboard. */
  panelURL: z.string().optional(),
  dashboardURL: z.string().optional(),
  /** Alertmanager before 0.19 has none. */
  fingerprint: z.string().min(1).optional(),
  /** Grafana's values at this moment, for whoever wrote no summary. */
  valueString: z.string().optional(),
});

/** What a notification says of the group whose alerts it carries. */
export const prometheusGroup = {
  groupKey: z.string().default(''),
  /** How many alerts of the group are not in it: `max_alerts` of Alertmanager, Grafana's “Max Alerts”. */
  truncatedAlerts: z.int().min(0).default(0),
};

export function readPrometheusGroup(said: {
  readonly groupKey: string;
  readonly truncatedAlerts: number;
}): AlertGroup {
  return { key: sha256Hex(said.groupKey), leftOut: said.truncatedAlerts };
}

export function readPrometheusAlert(
  source: string,
  { status, labels, annotations, valueString, ...said }: z.infer<typeof prometheusAlert>,
  group: AlertGroup,
): Alert {
  const words = annotations['summary'] ?? annotations['description'] ?? valueString ?? '';
  const began = readTime(said.startsAt);
  const url = cleanUrl(said.generatorURL);
  const dashboard = cleanUrl(said.panelURL || said.dashboardURL);
  // What everybody calls it who writes rules for Prometheus, and Grafana after them.
  const runbook = cleanUrl(annotations['runbook_url']);
  return {
    fingerprint: fingerprintOf(source, said.fingerprint ?? identityOf(labels)),
    status,
    title: cleanText(labels['alertname'] ?? '', limits.title) || 'Alert without a name',
    summary: cleanText(words, limits.summary),
    labels: cleanLabels(labels),
    group,
    ...(began === undefined ? {} : { startsAt: began }),
    ...(url === undefined ? {} : { url }),
    ...(dashboard === undefined ? {} : { dashboard }),
    ...(runbook === undefined ? {} : { runbook }),
  };
}

/** Its labels are what makes an alert the same alert. */
function identityOf(labels: Readonly<Record<string, string>>): string {
  return sha256Hex(JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
