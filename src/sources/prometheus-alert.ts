import { z } from 'zod';
import type { Alert } from '../core/source.ts';
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

/** @param more what the notification says of itself, for the end of the summary */
export function readPrometheusAlert(
  source: string,
  { status, labels, annotations, valueString, ...said }: z.infer<typeof prometheusAlert>,
  more: string,
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
    summary: [cleanText(words, limits.summary), more].filter((part) => part !== '').join(' '),
    labels: cleanLabels(labels),
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
