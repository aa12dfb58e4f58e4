import { isSamePerson, type Actor, type Role } from '../actor.ts';
import { anyRole } from '../permission.ts';
import type { Policies } from '../policies/policies.ts';
import type { PersonPolicy } from '../policies/roster.ts';

/** How many people it takes to lift a freeze; any one may begin it. */
export const liftsTogether = 2;

/**
 * Who may lift a freeze: whoever may approve something by approvals.yml. Where fewer than two people may, everybody with a
 * role: a switch that nobody can turn back is one that nobody dares to turn.
 */
export function liftRoles({ approvals, roster }: Policies): readonly Role[] {
  const roles = [...new Set(approvals.rules.flatMap((rule) => rule.roles))];
  const holders = Object.values(roster.people).filter((person) => holdsOne(person, roles));
  return holders.length >= liftsTogether ? roles : anyRole;
}

/** Those in the roster who may, by name, without those who have confirmed already. */
export function liftersBesides(policies: Policies, confirmed: readonly Actor[]): readonly string[] {
  const roles = liftRoles(policies);
  return Object.entries(policies.roster.people).flatMap(([person, { name, roles: held }]) => {
    const self: Actor = { kind: 'person', person, name, roles: held, via: 'slack' };
    const has = confirmed.some((by) => isSamePerson(by, self));
    return holdsOne({ roles: held }, roles) && !has ? [name] : [];
  });
}

/** `Dana Levi`, `Ben Okafor and Dana Levi`, `two of Ana Ruiz, Ben Okafor or Dana Levi`; of many, the first few. */
export function sayLifters(names: readonly string[], given = 0): string {
  const needed = liftsTogether - given;
  if (names.length === 0) return 'nobody that the roster knows';
  if (names.length <= needed) return names.join(' and ');
  const shown = names.slice(0, 8);
  const more = names.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  const any = `${all.slice(0, -1).join(', ')} or ${all.at(-1) ?? ''}`;
  return needed === 1 ? any : `two of ${any}`;
}

function holdsOne({ roles: held }: Pick<PersonPolicy, 'roles'>, roles: readonly Role[]): boolean {
  return held.some((role) => roles.includes(role));
}
