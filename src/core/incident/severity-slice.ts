import type { Policies } from '../policies/policies.ts';
import type { Severity } from '../severity.ts';
import type { Clocks } from './event.ts';
import type { Incident } from './state.ts';

/** What a severity means for a service: its clocks and its ladder, to be copied into the incident; undefined when the policies have no such service. */
export function severitySlice(
  service: string,
  severity: Severity,
  policies: Policies,
): { readonly clocks: Clocks; readonly ladder: Incident['ladder'] } | undefined {
  const level = policies.severity.levels[severity];
  const escalation = policies.services.services[service]?.escalation ?? '';
  const ladder = policies.escalation.policies[escalation]?.[severity];
  if (!ladder) return undefined;
  return {
    ladder,
    clocks: {
      acknowledgeWithin: level.acknowledge_within,
      rollbackStartWithin: level.rollback_start_within,
      rollbackBudget: level.rollback_budget,
      resolveWithin: level.resolve_within,
      acknowledgedFor: level.acknowledged_for,
    },
  };
}
