import type { Executor } from '../core/executor.ts';
import type { StepRules } from '../core/policies/check-channels.ts';
import { didYouMean } from '../core/policies/finding.ts';
import { explainIssues } from './explain-issue.ts';
import { sayPath } from './problem.ts';

/** Judges steps by the executors there are: the name, and `with` against the executor's schema. */
export function stepRules(executors: ReadonlyMap<string, Pick<Executor, 'schema' | 'fillsIn'>>): StepRules {
  return {
    fillsIn: (uses) => executors.get(uses)?.fillsIn ?? [],
    check: (uses, input) => {
      const schema = executors.get(uses)?.schema;
      if (!schema) {
        const known = [...executors.keys()];
        const hint = didYouMean(uses, known) ?? `there are ${known.join(', ')}`;
        return `expected an executor; found "${uses}" (${hint})`;
      }
      const checked = schema.safeParse(input);
      if (checked.success) return undefined;
      return explainIssues(schema, input, checked.error.issues)
        .map(({ path, message, hint }) => {
          const words = hint === undefined ? message : `${message} (${hint})`;
          return `${sayPath(['with', ...path])}: ${words}`;
        })
        .join('; ');
    },
  };
}
