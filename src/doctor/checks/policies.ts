import type { PolicyName } from '../../core/policies/policies.ts';
import { sayProblems } from '../../policies/problem.ts';
import type { Check } from '../examine.ts';
import { ok, wrong, type Looked } from '../finding.ts';

/** Every mistake in the policies, with its place; and what is still the example's. */
export const policies: Check = {
  area: 'Policies',
  name: 'policies',
  look: ({ loaded, settings, examples }) => {
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
      ...(examples.length === 0 ? [] : [sayExamples(examples, settings.policiesDir)]),
    ];
  },
};

function sayExamples(examples: readonly PolicyName[], folder: string): Looked {
  return wrong(
    examples.map((name) => `${name}.yml`).join(', '),
    'still the example’s: what is named there belongs to an invented shop, and nobody outside is asked about it',
    `Put your own people, conversations, services and channels into ${folder}, and ask again.`,
  );
}
