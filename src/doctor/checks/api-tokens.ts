import type { Check } from '../examine.ts';
import { ok, unknown, wrong } from '../finding.ts';

/** Tokens of the API: whom they stand for, and which of them could approve a change to production. */
export const apiTokens: Check = {
  area: 'Settings',
  name: 'API_TOKENS',
  look: ({ settings, policies }) =>
    Object.entries(settings.apiTokens).map(([token, { roles, person }]) => {
      const name = `API_TOKENS, ${token}`;
      if (person === undefined)
        return ok(name, `acts for itself as ${roles.join(', ')}, and approves nothing`);
      if (!policies) return unknown(name, `stands for ${person}; what they may do cannot be read`);
      const known = policies.roster.people[person];
      if (!known) {
        return wrong(
          name,
          `stands for “${person}”, who is not in roster.yml: it is let in nowhere`,
          'Put them into policies/roster.yml, or name somebody who is there.',
        );
      }
      // It has the roles that both have.
      const may = known.roles.filter((role) => roles.includes(role));
      if (!may.some((role) => role === 'approver' || role === 'lead'))
        return ok(name, `acts as ${known.name}`);
      return unknown(
        name,
        'may approve changes to production: whoever gets hold of it can, too',
        'Keep the roles approver and lead off it unless the person it stands for alone can read it.',
      );
    }),
};
