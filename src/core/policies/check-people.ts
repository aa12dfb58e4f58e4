import type { Role } from '../actor.ts';
import { unknownName, type Finding } from './finding.ts';
import type { Policies } from './policies.ts';
import type { PersonPolicy } from './roster.ts';

export function checkPeople({ roster }: Pick<Policies, 'roster'>): readonly Finding[] {
  const known = Object.keys(roster.people);
  const rotations = Object.entries(roster.rotations).flatMap(([rotation, levels]) =>
    Object.entries(levels).flatMap(([level, { people }]) =>
      people.flatMap((person, index) => {
        if (known.includes(person)) return [];
        const path = ['rotations', rotation, level, 'people', index];
        return [unknownName('roster', path, 'a person of this file', person, known)];
      }),
    ),
  );
  return [
    ...rotations,
    ...checkShared(roster, 'slack', ({ slack }) => slack),
    ...checkShared(roster, 'email', ({ email }) => (email === undefined ? [] : [email])),
    ...checkShared(roster, 'github', ({ github }) => (github === undefined ? [] : [github])),
    ...checkShared(roster, 'pagerduty', ({ pagerduty }) => (pagerduty === undefined ? [] : [pagerduty])),
  ];
}

/** Two people with one account could approve each other's requests, or themselves. */
function checkShared(
  roster: Policies['roster'],
  key: 'slack' | 'email' | 'github' | 'pagerduty',
  accountsOf: (person: PersonPolicy) => readonly string[],
): readonly Finding[] {
  const owners = new Map<string, string>();
  return Object.entries(roster.people).flatMap(([person, policy]) =>
    accountsOf(policy).flatMap((account): readonly Finding[] => {
      const owner = owners.get(account.toLowerCase());
      owners.set(account.toLowerCase(), person);
      if (owner === undefined || owner === person) return [];
      const message = `expected an account of one person; found "${account}", which ${owner} has, too`;
      return [{ policy: 'roster', path: ['people', person, key], message }];
    }),
  );
}

/** Whether some rule fits everything, and whether there is somebody else to ask, whoever requests. */
export function checkApprovals({
  approvals,
  roster,
}: Pick<Policies, 'approvals' | 'roster'>): readonly Finding[] {
  const holders = (roles: readonly Role[]): readonly string[] =>
    Object.entries(roster.people)
      .filter(([, person]) => person.roles.some((role) => roles.includes(role)))
      .map(([key]) => key);
  const requesters = holders(approvals.may_request);
  const findings: Finding[] = [];
  if (requesters.length === 0) {
    const message = `expected at least one person of roster.yml to be ${approvals.may_request.join(' or ')}; found nobody`;
    findings.push({ policy: 'approvals', path: ['may_request'], message });
  }
  approvals.rules.forEach((rule, index) => {
    const path = ['rules', index];
    const everything =
      rule.severities === undefined && rule.channels.some((pattern) => pattern === '*' || pattern === '*/*');
    const last = index === approvals.rules.length - 1;
    if (last && !everything) {
      const message =
        'expected the last rule to fit everything: channels ["*"], no severities; found one that leaves requests without a rule';
      findings.push({ policy: 'approvals', path, message });
    }
    if (!last && everything) {
      const message =
        'expected only the last rule to fit everything; found one that hides the rules after it';
      findings.push({ policy: 'approvals', path, message });
    }
    const others = (requester: string): readonly string[] =>
      holders(rule.roles).filter((key) => key !== requester);
    const stranded = requesters.find((requester) => others(requester).length < rule.approvals);
    if (stranded !== undefined) {
      const left = others(stranded).join(', ') || 'nobody';
      const message = `expected ${rule.approvals} besides the requester who may approve (${rule.roles.join(' or ')}); found ${left} when ${stranded} requests`;
      findings.push({ policy: 'approvals', path: [...path, 'approvals'], message });
    }
  });
  return findings;
}
