import { liftersBesides, liftsTogether } from '../../core/freeze/lifters.ts';
import type { ApprovalRule } from '../../core/policies/approvals.ts';
import type { Policies } from '../../core/policies/policies.ts';
import type { Check } from '../examine.ts';
import { ok, wrong, type Looked } from '../finding.ts';

/**
 * Approval rules of which everything hangs on single people: when one of them sleeps, or is the one who asks, nobody is
 * left who could approve.
 */
export const approvals: Check = {
  area: 'Policies',
  name: 'approvals',
  look: ({ policies }) => [
    ...(policies?.approvals.rules ?? []).map((rule, index) => {
      const name = `approvals.yml, rule ${index + 1}`;
      if (rule.approvals === 0) return ok(name, `${rule.channels.join(', ')}: needs no approval`);
      const who = holders(rule, policies);
      const needs = `${rule.channels.join(', ')}: ${rule.approvals} of ${who.join(', ')}`;
      if (who.length > rule.approvals) return ok(name, needs);
      return wrong(
        name,
        `${needs}: nobody can stand in, and nobody approves what they ask for themselves`,
        `Give one more person the role ${rule.roles.join(' or ')} in roster.yml.`,
      );
    }),
    ...(policies ? lifters(policies) : []),
  ],
};

/** The kill switch is anybody’s to turn on, and takes two to turn off. */
function lifters(policies: Policies): readonly Looked[] {
  const who = liftersBesides(policies, []);
  if (who.length >= liftsTogether) return [];
  return [
    wrong(
      'roster.yml',
      'names fewer than two people: nobody could lift /lastgood freeze, which takes two',
      'Name one more person in roster.yml, with a role.',
    ),
  ];
}

function holders({ roles }: ApprovalRule, policies: Policies | undefined): readonly string[] {
  return Object.values(policies?.roster.people ?? {})
    .filter((person) => person.roles.some((role) => roles.includes(role)))
    .map(({ name }) => name);
}
