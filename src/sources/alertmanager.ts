import { z } from 'zod';
import type { AlertSource } from '../core/source.ts';
import { readJson } from './json-body.ts';
import { prometheusAlert, readPrometheusAlert } from './prometheus-alert.ts';

const notification = z.object({
  version: z.literal('4'),
  alerts: z.array(prometheusAlert),
  /** How many alerts of the group `max_alerts` left out. */
  truncatedAlerts: z.int().min(0).default(0),
});

/** Prometheus Alertmanager's webhook, version 4: one notification carries the alerts of a group. */
export const alertmanager = {
  name: 'alertmanager',
  parse: (body: Buffer) => {
    const { alerts, truncatedAlerts } = readJson(body, notification);
    const more =
      truncatedAlerts === 0 ? '' : `(Alertmanager left out ${truncatedAlerts} more of this group.)`;
    return alerts.map((one, index) => readPrometheusAlert('alertmanager', one, index === 0 ? more : ''));
  },
} satisfies AlertSource;
