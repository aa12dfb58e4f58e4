import { createHmac } from 'node:crypto';
import type { SigningSource } from '../../../src/trust/webhook-doors.ts';
import type { StillWorld } from './still-world.ts';

/** How each system signs: in which header, and what it writes before the digits. */
export const signing = {
  pagerduty: { header: 'X-PagerDuty-Signature', prefix: 'v1=' },
  sentry: { header: 'Sentry-Hook-Signature', prefix: '' },
  github: { header: 'X-Hub-Signature-256', prefix: 'sha256=' },
  grafana: { header: 'X-Grafana-Alerting-Signature', prefix: '' },
} as const satisfies Record<SigningSource, object>;

export const signingSources = Object.keys(signing) as readonly SigningSource[];

/** What else stands in the headers, and is not signed. */
const unsigned: Readonly<Record<SigningSource, Readonly<Record<string, string>>>> = {
  pagerduty: { 'X-Webhook-Id': 'delivery-1' },
  sentry: { 'Sentry-Hook-Resource': 'metric_alert', 'Request-ID': 'delivery-1' },
  github: { 'X-GitHub-Event': 'deployment_status', 'X-GitHub-Delivery': 'delivery-1' },
  grafana: {},
};

export function hmac(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** The headers of a genuine delivery of this body. */
export function signed(
  world: Pick<StillWorld, 'webhookSecrets'>,
  source: SigningSource,
  body: string,
): Readonly<Record<string, string>> {
  const { header, prefix } = signing[source];
  return { ...unsigned[source], [header]: `${prefix}${hmac(world.webhookSecrets[source], body)}` };
}

/** One delivery of each that would change something. */
export const genuine: Readonly<Record<SigningSource, string>> = {
  pagerduty: JSON.stringify({
    event: {
      id: '01BZYH1JJY09P9LEIST8HG2PMN',
      event_type: 'incident.acknowledged',
      agent: { id: 'PBEN', type: 'user_reference', summary: 'Ben Okafor' },
      data: { title: 'P0 INC-1: Nobody can pay', incident_key: 'lastgood/k3x9w2/INC-1/rung-1.1' },
    },
  }),
  sentry: JSON.stringify({
    action: 'critical',
    data: { metric_alert: { id: '7', alert_rule: { name: 'Too many errors', environment: 'production' } } },
  }),
  github: JSON.stringify({
    deployment_status: { id: 1, state: 'success', environment: 'production' },
    deployment: { ref: 'v1.5.1', environment: 'production', payload: {} },
    repository: { full_name: 'shop/storefront' },
  }),
  grafana: JSON.stringify({
    version: '1',
    alerts: [{ status: 'firing', labels: { alertname: 'Disk full' }, fingerprint: 'f' }],
  }),
};
