import { hasRole, type Actor, type Role } from './actor.ts';
import { refuse, type Refusal } from './refusal.ts';

/** @returns the refusal, or undefined when the actor may do it. Lastgood itself and alert sources hold no roles. */
export function lacksPermission(actor: Actor, roles: readonly Role[], what: string): Refusal | undefined {
  const isPerson = actor.kind === 'person' && actor.person !== undefined;
  if (!isPerson && actor.kind !== 'token') {
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
    `This takes the role ${roles.join(' or ')}; ${actor.name} has ${actor.roles.join(', ') || 'none'}. ${whereRolesAre(actor)}`,
  );
}

/** Some words only a person can give: that they have it, that they approve, that they have looked. */
export function takesPerson(actor: Actor, what: string): Refusal | undefined {
  if (actor.kind !== 'token') return undefined;
  return refuse(
    'person-needed',
    what,
    `This takes a person’s word, and the token ${actor.name} stands for nobody. It takes a token that names a person: lastgood token create api <name> --person <their key in policies/roster.yml> makes one, where the bot runs. Or do it in Slack.`,
  );
}

function whereRolesAre(actor: Extract<Actor, { kind: 'person' | 'token' }>): string {
  if (actor.kind === 'token') return 'Roles of tokens are in API_TOKENS.';
  return actor.narrowed === true
    ? 'The roster gives more, and this token does not: its roles are in API_TOKENS.'
    : 'Roles are in policies/roster.yml.';
}

/** Whoever may handle an incident: everybody with any role. */
export const anyRole: readonly Role[] = ['responder', 'approver', 'lead'];
