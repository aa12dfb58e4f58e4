/** Where a person was when they asked for something, as the timeline names it. */
export type Via = 'slack' | 'terminal' | 'api';

/** What a person may do; given to people in `policies/roster.yml`. */
export type Role = 'responder' | 'approver' | 'lead';

/**
 * Who did something. A person is named by the roster, whichever account was used, so that two accounts of one person
 * never count as two people. Somebody who is not in the roster is `person: undefined` and can do nothing that needs a role.
 */
export type Actor =
  | {
      readonly kind: 'person';
      readonly person: string | undefined;
      /** The account that was used: `slack U0ANA`. */
      readonly account?: string;
      readonly name: string;
      readonly roles: readonly Role[];
      readonly via: Via;
    }
  /** A system that sends alerts, or a file: `alertmanager`, `the channel registry`. */
  | { readonly kind: 'source'; readonly name: string }
  | { readonly kind: 'lastgood'; readonly name: 'Lastgood' };

export const lastgood: Actor = { kind: 'lastgood', name: 'Lastgood' };

/** `Ana Ruiz (slack)`: who, and from where. */
export function sayActor(actor: Actor): string {
  return actor.kind === 'person' ? `${actor.name} (${actor.via})` : actor.name;
}

export function hasRole(actor: Actor, roles: readonly Role[]): boolean {
  return actor.kind === 'person' && roles.some((role) => actor.roles.includes(role));
}

/** Compares people, not accounts; but one account is never two people, whatever the roster calls it meanwhile. */
export function isSamePerson(a: Actor, b: Actor): boolean {
  if (a.kind !== 'person' || b.kind !== 'person') return false;
  const samePerson = a.person !== undefined && a.person === b.person;
  return samePerson || (a.account !== undefined && a.account === b.account);
}
