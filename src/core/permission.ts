import { hasRole, type Actor, type Role } from './actor.ts';
import { refuse, type Refusal } from './refusal.ts';

/** @returns the refusal, or undefined when the actor may do it. Lastgood itself and alert sources hold no roles. */
export function lacksPermission(actor: Actor, roles: readonly Role[], what: string): Refusal | undefined {
  if (actor.kind !== 'person' || actor.person === undefined) {
    return refuse(
      'not-in-roster',
      what,
      `${actor.name} is not in the roster. Ask a lead to add you to policies/roster.yml, or ask somebody on call (/oncall).`,
    );
  }
  if (hasRole(actor, roles)) return undefined;
  return refuse(
    'role-missing',
    what,
    `This takes the role ${roles.join(' or ')}; ${actor.name} has ${actor.roles.join(', ') || 'none'}. Roles are in policies/roster.yml.`,
  );
}

/** Whoever may handle an incident: everybody with any role. */
export const anyRole: readonly Role[] = ['responder', 'approver', 'lead'];
