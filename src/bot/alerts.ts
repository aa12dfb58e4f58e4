import { incidentAlias } from '../core/incident/state.ts';
import { routeAlert } from '../core/incident/route-alert.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { Alert } from '../core/source.ts';
import type { Instant } from '../core/time.ts';
import { withLeftOut } from './left-out.ts';

/** What alerts of one source ask for: all of one service and channel go to their incident together. */
export function alertIntents(
  alerts: readonly Alert[],
  source: string,
  at: Instant,
  policies: Policies,
): readonly Envelope[] {
  const routed = alerts.map((alert) => ({ alert, route: routeAlert(alert, policies) }));
  const byIncident = new Map<string, typeof routed>();
  for (const one of routed) {
    const alias = incidentAlias(one.route);
    const together = byIncident.get(alias);
    if (together) together.push(one);
    else byIncident.set(alias, [one]);
  }
  const by = { kind: 'source', name: source } as const;
  const fires = (some: typeof routed) => some.some(({ alert }) => alert.status === 'firing');
  const firesSomewhere = fires(routed);
  return [...byIncident].map(([alias, together]) => ({
    // What was left out calls somebody for what fires, or, where nothing that is shown does, for what has just ended.
    to: { kind: 'incident', alias, open: fires(together) || !firesSomewhere },
    at,
    by,
    intent: { type: 'alerts.receive', alerts: withLeftOut(together, source) },
  }));
}
