import { incidentAlias } from '../core/incident/state.ts';
import { routeAlert } from '../core/incident/route-alert.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Alert, AlertSource } from '../core/source.ts';
import type { Engine } from '../engine/engine.ts';
import type { InboxReader } from '../engine/inbox.ts';
import type { Instant } from '../core/time.ts';

/** Reads one source's webhooks into intents: all alerts of one service and channel go to their incident together. */
export function alertReader(
  source: AlertSource,
  engine: Engine,
  policies: () => Policies,
  // The time of reading: pages for an alert that had to wait are as urgent as for one that did not.
  now: () => Instant,
): InboxReader {
  return {
    source: source.name,
    inOrder: true,
    read: async ({ id, body }) => {
      const alerts = source.parse(Buffer.from(body));
      await engine.submit(alertIntents(alerts, source.name, now(), policies()), { settles: id });
    },
  };
}

function alertIntents(
  alerts: readonly Alert[],
  source: string,
  at: Instant,
  policies: Policies,
): readonly Envelope[] {
  const routed = alerts.map((alert) => ({ alert, route: routeAlert(alert, policies) }));
  const byIncident = new Map<string, typeof routed>();
  for (const one of routed) {
    const alias = incidentAlias(one.route);
    byIncident.set(alias, [...(byIncident.get(alias) ?? []), one]);
  }
  const by = { kind: 'source', name: source } as const;
  return [...byIncident].map(([alias, together]) => ({
    to: { kind: 'incident', alias, open: true },
    at,
    by,
    intent: { type: 'alerts.receive', alerts: together },
  }));
}
