import { z } from 'zod';
import { tokenRoles, type Actor, type Role, type TokenRole, type Via } from '../core/actor.ts';
import type { RosterPolicy } from '../core/policies/roster.ts';
import { isAmong, presentedHash, tokenHashes } from './bearer-token.ts';

const tokenName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, 'expected a name such as ana-laptop, at most 60 characters');

/** `API_TOKENS` after `JSON.parse`: name → its hash, what it may do, and the person it stands for, if any. */
export const apiTokens = z
  .record(
    tokenName,
    z.strictObject({
      sha256: tokenHashes,
      roles: z.array(z.enum(tokenRoles, { error: `expected roles among ${tokenRoles.join(', ')}` })).min(1),
      /** Their key in `policies/roster.yml`. */
      person: z.string().min(1).optional(),
    }),
  )
  .refine(
    (tokens) => {
      const all = Object.values(tokens).flatMap(({ sha256 }) => sha256);
      return new Set(all).size === all.length;
    },
    { error: 'names one token twice: whose it is must be certain' },
  );

export type ApiTokens = z.infer<typeof apiTokens>;

/** Whoever sent a request: the token's name and roles, and as whom it acts. */
export interface Caller {
  readonly token: string;
  readonly roles: readonly TokenRole[];
  readonly actor: Actor;
}

/** 401: no token of ours. 403: one of ours, for somebody who is not there. 503: nobody can say at this moment. */
export type LetIn =
  { readonly caller: Caller } | { readonly status: 401 | 403 | 503; readonly error: string };

/**
 * Says who stands behind an `Authorization` header at this moment. A token that names a person acts as that person, with
 * the roles that the roster and the token both give; one that names nobody acts for itself.
 */
export function callerOf(
  tokens: ApiTokens,
  authorization: string | readonly string[] | undefined,
  roster: RosterPolicy,
  via: Via,
): LetIn {
  const presented = presentedHash(authorization);
  if (presented === undefined)
    return { status: 401, error: `Send one header “Authorization: Bearer <token>”. ${how}` };
  const found = Object.entries(tokens).filter(([, { sha256 }]) => isAmong(presented, sha256));
  const [name, entry] = found[0] ?? [];
  if (name === undefined || !entry) return { status: 401, error: `This token is not known here. ${how}` };
  const { roles, person } = entry;
  if (person === undefined)
    return { caller: { token: name, roles, actor: { kind: 'token', name, roles, via } } };
  const known = Object.hasOwn(roster.people, person) ? roster.people[person] : undefined;
  if (!known) {
    return {
      status: 403,
      error: `The token ${name} stands for “${person}”, who is not in roster.yml. Put them there, or let API_TOKENS name somebody who is.`,
    };
  }
  const both = known.roles.filter((role: Role) => roles.includes(role));
  const narrowed = both.length < known.roles.length ? { narrowed: true as const } : {};
  const account = `token ${name}`;
  const actor: Actor = { kind: 'person', person, account, name: known.name, roles: both, ...narrowed, via };
  return { caller: { token: name, roles, actor } };
}

const how = 'API_TOKENS lists the SHA-256 of each token; lastgood token create makes one.';
