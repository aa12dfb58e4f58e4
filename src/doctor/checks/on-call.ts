import { emptyRungs } from '../../core/incident/reach.ts';
import { sayEmptyRungs } from '../../core/incident/say-climbs.ts';
import { reachesBy } from '../contact.ts';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

const day = 86_400_000;
export const lookAhead = 14 * day;

/** Rungs that page nobody, now or in the next days, because whom they name cannot be reached by the means they name. */
export const onCall: Check = {
  area: 'Policies',
  name: 'on call',
  look: ({ policies, settings, now }) => {
    if (!policies) return [];
    const at = now();
    const empty = emptyRungs(policies, reachesBy(settings), at, at + lookAhead);
    if (empty.length === 0)
      return [ok('on call', `every rung has somebody to page, now and for ${lookAhead / day} days`)];
    return sayEmptyRungs(empty, at).map((line) =>
      wrong(
        'on call',
        line,
        'Configure the means that the rung pages by, or change the rung in policies/escalation.yml.',
      ),
    );
  },
};
