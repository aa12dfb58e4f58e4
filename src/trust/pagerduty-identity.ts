import type { Actor } from '../core/actor.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';

/** Who stands behind a PagerDuty account: a person of the roster, or only PagerDuty itself, which can take nothing on. */
export function pagerdutyActor(userId: string | undefined, roster: RosterPolicy): Actor {
  const found = Object.entries(roster.people).find(([, person]) => person.pagerduty === userId);
  if (userId === undefined || !found) return { kind: 'source', name: 'PagerDuty' };
  const [person, { name, roles }] = found;
  return { kind: 'person', person, account: `pagerduty ${userId}`, name, roles, via: 'pagerduty' };
}
