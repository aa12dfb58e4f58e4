import { sayProblems } from '../../policies/problem.ts';
import type { Check } from '../examine.ts';
import { ok, wrong } from '../finding.ts';

/** Every mistake in the policies, with its place. */
export const policies: Check = {
  area: 'Policies',
  name: 'policies',
  look: ({ loaded, settings }) => {
    if (!loaded.ok) {
      return loaded.problems.map((problem) => {
        const [place = '', ...words] = sayProblems([problem]).split('  ');
        return wrong(place, words.join('  '));
      });
    }
    const { roster, services, hashes } = loaded.policies;
    const people = Object.keys(roster.people).length;
    return [
      ok(
        'files',
        `all ${Object.keys(hashes).length} in ${settings.policiesDir} are right: people ${people}, services ${Object.keys(services.services).length}`,
      ),
    ];
  },
};
