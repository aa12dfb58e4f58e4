import { severities } from '../severity.ts';
import type { Finding } from './finding.ts';
import type { Policies } from './policies.ts';

/** Who is called in PagerDuty by name needs an account there, for each service that has one of its own there. */
export function checkPagerduty({
  services,
  escalation,
  roster,
}: Pick<Policies, 'services' | 'escalation' | 'roster'>): readonly Finding[] {
  const lacking = new Map<string, string>();
  for (const [service, { pagerduty, rotation, escalation: ladder }] of Object.entries(services.services)) {
    if (pagerduty === undefined) continue;
    const rungs = severities.flatMap((severity) => escalation.policies[ladder]?.[severity].rungs ?? []);
    for (const target of rungs.flatMap(({ page }) => page)) {
      if (!('by' in target) || !target.by.includes('pagerduty')) continue;
      const people =
        'person' in target ? [target.person] : (roster.rotations[rotation]?.[target.on_call]?.people ?? []);
      for (const key of people) {
        const person = roster.people[key];
        if (person && person.pagerduty === undefined && !lacking.has(key)) lacking.set(key, service);
      }
    }
  }
  return [...lacking].map(([key, service]) => ({
    policy: 'roster',
    path: ['people', key],
    message: `expected a pagerduty id, since ${service} in services.yml has one and its ladder pages ${key} by pagerduty; found none`,
  }));
}
