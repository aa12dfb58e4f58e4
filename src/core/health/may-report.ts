import type { Actor } from '../actor.ts';
import { anyRole, lacksPermission } from '../permission.ts';
import { refuse, type Refusal } from '../refusal.ts';

/** @returns why the actor may not say how a version does or where it is live; undefined when they may */
export function mayNotReport(actor: Actor, what: string): Refusal | undefined {
  switch (actor.kind) {
    // Webhooks and listed Slack apps proved who they are where they came in.
    case 'source':
    case 'lastgood':
      return undefined;
    case 'token': {
      if (actor.roles.includes('release-bot') || !lacksPermission(actor, anyRole, what)) return undefined;
      const has = actor.roles.join(', ') || 'none';
      const why = `This takes the role release-bot, or one of ${anyRole.join(', ')}; ${actor.name} has ${has}. Roles of tokens are in API_TOKENS.`;
      return refuse('role-missing', what, why);
    }
    case 'person':
      return lacksPermission(actor, anyRole, what);
    default:
      return actor satisfies never;
  }
}
