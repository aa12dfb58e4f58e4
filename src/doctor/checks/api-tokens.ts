import type { Check } from '../examine.ts';
import { ok, unknown, wrong } from '../finding.ts';

/** Tokens of the API: whom they stand for, and which of them can approve a change to production. */
export const apiTokens: Check = {
  area: 'Settings',
  name: 'API_TOKENS',
  look: ({ settings, policies }) =>
    Object.entries(settings.apiTokens).map(([token, { roles, person }]) => {
      const name = `API_TOKENS (${token})`;
      if (person === undefined)
        return ok(name, `acts for itself as ${roles.join(', ')}, and approves nothing`);
      if (!policies) return unknown(name, `stands for ${person}; what they may do cannot be read`);
      const known = policies.roster.people[person];
      if (!known) {
        return wrong(
          name,
          `stands for “${person}”, who is not in roster.yml: it is let in nowhere`,
          'Put them into roster.yml, or name somebody who is there.',
        );
      }
      // It has the roles that both have.
      const may = known.roles.filter((role) => roles.includes(role));
      if (!may.some((role) => role === 'approver' || role === 'lead'))
        return ok(name, `acts as ${known.name}`);
      return ok(name, `acts as ${known.name}, also to approve: nobody else may be able to read it`);
    }),
};
