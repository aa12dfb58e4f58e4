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
  version: z.literal('4'),
  alerts: z.array(prometheusAlert),
  ...prometheusGroup,
});

/** Prometheus Alertmanager's webhook, version 4: one notification carries the alerts of a group. */
export const alertmanager = {
  name: 'alertmanager',
  parse: (body: Buffer) => {
    const { alerts, ...said } = readJson(body, notification);
    const group = readPrometheusGroup(said);
    return alerts.map((one) => readPrometheusAlert('alertmanager', one, group));
  },
} satisfies AlertSource;
