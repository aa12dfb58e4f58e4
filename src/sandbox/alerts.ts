import type { Instant } from '../core/time.ts';
import type { World } from './world.ts';

/** What can go wrong in the sandbox's shop, as its monitoring says it. */
export const alerts = [
  {
    name: 'checkout-5xx',
    title: 'Checkout answers 500',
    summary: 'A P0 on shop/stable, twelve minutes after 1.5.0 went out',
    severity: 'P0',
    source: 'alertmanager',
  },
  {
    name: 'canary-latency',
    title: 'The canary is slow',
    summary: 'A P2 on shop/canary; nobody’s phone rings',
    severity: 'P2',
    source: 'generic',
  },
] as const;

export type AlertName = (typeof alerts)[number]['name'];

const beginning: Instant = Date.parse('0001-01-01T00:00:00Z');

/** Sends an alert to the bot's webhook, firing or resolved, in its monitoring system's own format. */
export async function sendAlert(world: World, name: AlertName, status: 'firing' | 'resolved'): Promise<void> {
  const at = new Date(world.clock.now());
  if (name === 'checkout-5xx') await world.deliver('alertmanager', alertmanagerBody(status, at));
  else await world.deliver('generic', genericBody(status, at));
}

function alertmanagerBody(status: 'firing' | 'resolved', at: Date): unknown {
  const labels = {
    alertname: 'CheckoutErrors',
    service: 'checkout',
    severity: 'critical',
    channel: 'stable',
  };
  const annotations = {
    summary: '12 % of requests to /pay answer 500',
    description: 'The limit is 1 %.',
    runbook_url: 'https://wiki.shop.example/checkout-errors',
  };
  const alert = {
    status,
    labels,
    annotations,
    startsAt: at.toISOString(),
    endsAt: new Date(status === 'resolved' ? at.getTime() : beginning).toISOString(),
    generatorURL: 'https://prometheus.shop.example/graph?g0.expr=checkout_errors',
    fingerprint: 'b1c11497b32ce15e',
  };
  return {
    version: '4',
    groupKey: '{}:{alertname="CheckoutErrors"}',
    truncatedAlerts: 0,
    status,
    receiver: 'lastgood',
    groupLabels: { alertname: 'CheckoutErrors' },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'https://alertmanager.shop.example',
    alerts: [alert],
  };
}

function genericBody(status: 'firing' | 'resolved', at: Date): unknown {
  return {
    key: 'canary-latency',
    status,
    title: 'Checkout is slow on the canary',
    summary: 'p95 is 2.4 s, the limit is 800 ms',
    service: 'checkout',
    channel: 'canary',
    version: '1.6.0-rc.1',
    severity: 'P2',
    starts_at: at.toISOString(),
    labels: {},
  };
}
