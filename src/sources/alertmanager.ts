import { z } from 'zod';
import type { Alert, AlertSource } from '../core/source.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { readJson } from './json-body.ts';
import { cleanLabels, cleanText, cleanUrl, fingerprintOf, limits, readTime } from './untrusted.ts';

// Only what is used; Alertmanager may add what it likes.
const alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.string().optional(),
  generatorURL: z.string().optional(),
  /** Alertmanager before 0.19 has none. */
  fingerprint: z.string().min(1).optional(),
});

const notification = z.object({
  version: z.literal('4'),
  alerts: z.array(alert),
  /** How many alerts of the group `max_alerts` left out. */
  truncatedAlerts: z.int().min(0).default(0),
});

/** Prometheus Alertmanager's webhook, version 4: one notification carries the alerts of a group. */
export const alertmanager: AlertSource = {
  name: 'alertmanager',
  parse: (body) => {
    const { alerts, truncatedAlerts } = readJson(body, notification);
    return alerts.map((one, index) => readAlert(one, index === 0 ? truncatedAlerts : 0));
  },
};

function readAlert(
  { status, labels, annotations, startsAt, generatorURL, fingerprint }: z.infer<typeof alert>,
  leftOut: number,
): Alert {
  const summary = cleanText(annotations['summary'] ?? annotations['description'] ?? '', limits.summary);
  const more = leftOut === 0 ? '' : `(Alertmanager left out ${leftOut} more of this group.)`;
  const began = readTime(startsAt);
  const url = cleanUrl(generatorURL);
  return {
    fingerprint: fingerprintOf('alertmanager', fingerprint ?? identityOf(labels)),
    status,
    title: cleanText(labels['alertname'] ?? '', limits.title) || 'Alert without a name',
    summary: [summary, more].filter((part) => part !== '').join(' '),
    labels: cleanLabels(labels),
    ...(began === undefined ? {} : { startsAt: began }),
    ...(url === undefined ? {} : { url }),
  };
}

/** Its labels are what makes an alert the same alert. */
function identityOf(labels: Readonly<Record<string, string>>): string {
  return sha256Hex(JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
