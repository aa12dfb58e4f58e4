import { z } from 'zod';
import type { AlertSource } from '../core/source.ts';
import { readJson } from './json-body.ts';
import { prometheusAlert, readPrometheusAlert } from './prometheus-alert.ts';

const notification = z.object({
  version: z.literal('1'),
  alerts: z.array(prometheusAlert),
  /** How many alerts of the group the contact point's “Max Alerts” left out. */
  truncatedAlerts: z.int().min(0).default(0),
});

/** The webhook contact point of Grafana's unified alerting, since Grafana 9; the same shape as Alertmanager's. */
export const grafana = {
  name: 'grafana',
  parse: (body: Buffer) => {
    const { alerts, truncatedAlerts } = readJson(body, notification);
    const more = truncatedAlerts === 0 ? '' : `(Grafana left out ${truncatedAlerts} more of this group.)`;
    return alerts.map((one, index) => readPrometheusAlert('grafana', one, index === 0 ? more : ''));
  },
} satisfies AlertSource;
