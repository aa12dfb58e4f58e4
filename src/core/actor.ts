/** Where a person was when they asked for something, as the timeline names it. */
export type Via = 'slack' | 'terminal' | 'api' | 'pagerduty';

/** What a person may do; given to people in `policies/roster.yml`. */
export type Role = 'responder' | 'approver' | 'lead';

/** What a bearer token may do; a `reader` only reads, as every token may. Given in `API_TOKENS`. */
export const tokenRoles = ['responder', 'approver', 'lead', 'release-bot', 'reader'] as const;
export type TokenRole = (typeof tokenRoles)[number];

/**
 * Who did something. A person is named by the roster, whichever account was used, so that two accounts of one person
 * never count as two people. Somebody who is not in the roster is `person: undefined` and can do nothing that needs a role.
 */
export type Actor =
  | {
      readonly kind: 'person';
      readonly person: string | undefined;
      /** The account that was used: `slack U0ANA`, `token ana-laptop`, `pagerduty PANA123`. */
      readonly account?: string;
      readonly name: string;
      readonly roles: readonly Role[];
      /** The token that was used gives fewer roles than the roster does. */
      readonly narrowed?: true;
      readonly via: Via;
    }
  /** A bearer token that stands for no person. It may ask for things; what takes a person's word is not its to give. */
  | {
      readonly kind: 'token';
      readonly name: string;
      readonly roles: readonly TokenRole[];
      readonly via: Via;
    }
  /** A system that sends alerts, or a file: `alertmanager`, `the channel registry`. */
  | { readonly kind: 'source'; readonly name: string }
  | { readonly kind: 'lastgood'; readonly name: 'Lastgood' };

export const lastgood: Actor = { kind: 'lastgood', name: 'Lastgood' };

/** `Ana Ruiz (slack)`: who, and from where. */
export function sayActor(actor: Actor): string {
  return 'via' in actor ? `${actor.name} (${actor.via})` : actor.name;
}

export function hasRole(actor: Actor, roles: readonly Role[]): boolean {
  if (actor.kind !== 'person' && actor.kind !== 'token') return false;
  const held: readonly TokenRole[] = actor.roles;
  return roles.some((role) => held.includes(role));
}

/**
 * Compares people, not accounts; but one account is never two people, whatever the roster calls it meanwhile. A token
 * that stands for nobody is the same as itself, so that it can take back what it asked for.
 */
export function isSamePerson(a: Actor, b: Actor): boolean {
  if (a.kind === 'token' && b.kind === 'token') return a.name === b.name;
  if (a.kind !== 'person' || b.kind !== 'person') return false;
  const samePerson = a.person !== undefined && a.person === b.person;
  return samePerson || (a.account !== undefined && a.account === b.account);
}
