import { z } from 'zod';
import type { AlertSource } from '../core/source.ts';
import { readJson } from './json-body.ts';
import {
  prometheusAlert,
  prometheusGroup,
  readPrometheusAlert,
  readPrometheusGroup,
} from './prometheus-alert.ts';

const notification = z.object({
  version: z.literal('1'),
  alerts: z.array(prometheusAlert),
  ...prometheusGroup,
});

/** The webhook contact point of Grafana's unified alerting, since Grafana 9; the same shape as Alertmanager's. */
export const grafana = {
  name: 'grafana',
  parse: (body: Buffer) => {
    const { alerts, ...said } = readJson(body, notification);
    const group = readPrometheusGroup(said);
    return alerts.map((one) => readPrometheusAlert('grafana', one, group));
  },
} satisfies AlertSource;
