import { tokenRoles, type TokenRole } from '../core/actor.ts';
import { own } from '../core/own.ts';
import { sayMistake } from '../environment.ts';
import { apiTokens, type ApiTokens } from '../trust/api-token.ts';
import { botSettings, policiesIn } from './bot-settings.ts';
import { noSuch } from './did-you-mean.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop } from './exit.ts';
import { hashesOf, newToken, printNewToken } from './new-token.ts';

type Entry = ApiTokens[string];
type Rights = Omit<Entry, 'sha256'>;

/** `lastgood token create api <name> [--person ana] [--role responder …]` */
export async function createApiToken(asked: {
  readonly name: string;
  readonly person: string | undefined;
  readonly role: readonly string[] | undefined;
}): Promise<void> {
  const { name, person, role } = asked;
  const { apiTokens: known, policiesDir } = botSettings(environmentHere(), ['API_TOKENS', 'POLICIES_DIR']);
  const before = own(known, name);
  const roles = role?.map(readRole);
  const rights =
    before && person === undefined && roles === undefined
      ? before
      : await rightsOf(person, roles, policiesDir);
  if (before && !sameRights(before, rights)) {
    throw new Stop(
      exitCode.failed,
      `API_TOKENS has a token ${name} already, with other rights (${before.roles.join(', ')}${before.person === undefined ? '' : `, as ${before.person}`}). Choose another name, or take that one out first.`,
    );
  }
  const { token, sha256 } = newToken();
  const entry: Entry = { ...rights, sha256: [...(before?.sha256 ?? []), sha256] };
  const merged = apiTokens.safeParse({ ...known, [name]: entry });
  if (!merged.success) throw new Stop(exitCode.usage, merged.error.issues.map(sayMistake).join('\n'));
  const value = Object.fromEntries(
    Object.entries(merged.data).map(([key, each]) => [key, { ...each, sha256: hashesOf(each.sha256) }]),
  );
  printNewToken({ token, of: name, setting: 'API_TOKENS', value, renewed: before !== undefined });
}

function readRole(given: string): TokenRole {
  const role = tokenRoles.find((each) => each === given);
  if (role === undefined) throw noSuch('role', given, tokenRoles);
  return role;
}

/** A person's token has the roles that both have: one that the person lacks would be a promise that is not kept. */
async function rightsOf(
  person: string | undefined,
  roles: readonly TokenRole[] | undefined,
  policiesDir: string,
): Promise<Rights> {
  if (person === undefined) {
    if (roles === undefined)
      throw new Stop(
        exitCode.usage,
        `Say what it may do: --person <key in roster.yml>, or --role with one of ${tokenRoles.join(', ')}.`,
      );
    return { roles: [...roles] };
  }
  const { people } = (await policiesIn(policiesDir)).roster;
  const found = own(people, person);
  if (!found) throw noSuch('person in roster.yml', person, Object.keys(people));
  if (roles?.includes('release-bot'))
    throw new Stop(
      exitCode.usage,
      `release-bot is a role of programs, and no person has it: reports with a token of ${found.name}’s would be refused. Make one without --person.`,
    );
  const held: readonly TokenRole[] = [...found.roles, 'reader'];
  const lacking = roles?.filter((role) => !held.includes(role)) ?? [];
  if (lacking.length > 0)
    throw new Stop(
      exitCode.usage,
      `${found.name} has not the role ${lacking.join(' or ')} in roster.yml, so the token would not have it, either.`,
    );
  return { person, roles: [...(roles ?? found.roles)] };
}

function sameRights(a: Rights, b: Rights): boolean {
  return a.person === b.person && a.roles.toSorted().join() === b.roles.toSorted().join();
}
