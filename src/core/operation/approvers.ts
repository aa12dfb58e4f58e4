import { isSamePerson, type Actor, type Role } from '../actor.ts';
import type { Policies } from '../policies/policies.ts';
import { onCallAt, type PersonPolicy, type RosterPolicy } from '../policies/roster.ts';
import { severities, type Severity } from '../severity.ts';
import type { Instant } from '../time.ts';
import type { Operation } from './state.ts';

/** Somebody who is asked to approve, and where. */
export interface Asked {
  /** The roster key. */
  readonly person: string;
  readonly name: string;
  readonly slack: string | undefined;
  readonly email: string | undefined;
}

/** Who is asked to approve; `more` others may, too, and are not asked one by one. */
export interface Asks {
  readonly people: readonly Asked[];
  readonly more: number;
}

/** A message to more people than that would be read by none of them as meant for themselves. */
const mostAsked = 8;

/**
 * Whom to ask for an approval: those on call who may give it, by rung, and everybody else who may only when these are
 * too few. On call is who stands on any rung for a service of that channel, or for the service of the open incident.
 * @param request `severity` is the open incident's; without one the rungs of every severity count
 */
export function approversToAsk(
  request: {
    readonly app: string;
    readonly channel: string;
    readonly service: string | undefined;
    readonly severity: Severity | undefined;
    readonly rule: { readonly approvals: number; readonly roles: readonly Role[] };
    readonly requestedBy: Actor;
  },
  policies: Policies,
  at: Instant,
): Asks {
  const { rule, requestedBy } = request;
  const may = new Map(mayApprove(policies.roster, rule.roles, [requestedBy]));
  const onCall = new Set(onCallFor(request, policies, at).filter((person) => may.has(person)));
  const chosen = [...(onCall.size >= rule.approvals ? onCall : new Set([...onCall, ...may.keys()]))];
  const people = chosen.slice(0, mostAsked).flatMap((person): readonly Asked[] => {
    const { name, slack = [], email } = may.get(person) ?? {};
    return name === undefined ? [] : [{ person, name, slack: slack[0], email }];
  });
  return { people, more: chosen.length - people.length };
}

/** People of the roster, by their keys, who hold one of the roles and are none of those `without` whom it has to be. */
export function mayApprove(
  { people }: RosterPolicy,
  roles: readonly Role[],
  without: readonly Actor[],
): readonly (readonly [string, PersonPolicy])[] {
  return Object.entries(people).filter(([person, { name, roles: held }]) => {
    const them = { kind: 'person', person, name, roles: held, via: 'slack' } as const;
    return held.some((role) => roles.includes(role)) && !without.some((by) => isSamePerson(by, them));
  });
}

/** Those of people who have left the roster since, or lost the role, are `gone`. */
export function countApprovals(
  { approvals, rule, requestedBy }: Pick<Operation, 'approvals' | 'rule' | 'requestedBy'>,
  { roster }: Policies,
): { readonly counted: Operation['approvals']; readonly gone: Operation['approvals'] } {
  const may = new Set(mayApprove(roster, rule.roles, [requestedBy]).map(([person]) => person));
  return {
    counted: approvals.filter(({ person }) => may.has(person)),
    gone: approvals.filter(({ person }) => !may.has(person)),
  };
}

/** `Ben Okafor, Dana Levi and 3 more` */
export function sayAsked({ people, more }: Asks): string {
  const names = people.map(({ name }) => name);
  return more === 0 ? names.join(', ') : `${names.join(', ')} and ${more} more`;
}

function onCallFor(
  { app, channel, service, severity }: Parameters<typeof approversToAsk>[0],
  { services: { services }, escalation, roster }: Policies,
  at: Instant,
): readonly string[] {
  const concerned = Object.entries(services)
    .filter(([name, each]) => name === service || (each.app === app && each.channel === channel))
    // Whoever is called for the incident comes first.
    .toSorted(([a], [b]) => Number(b === service) - Number(a === service));
  return concerned.flatMap(([, { rotation, escalation: ladders }]) =>
    (severity === undefined ? severities : [severity])
      .flatMap((each) => escalation.policies[ladders]?.[each].rungs ?? [])
      .flatMap(({ page }) => page)
      .flatMap((target) => {
        if ('on_call' in target) return onCallAt(roster, rotation, target.on_call, at);
        return 'person' in target ? [target.person] : [];
      }),
  );
}
