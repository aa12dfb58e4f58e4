import { z } from 'zod';
import { namedVariables, readVariable } from '../../executors/variables.ts';
import type { Check } from '../examine.ts';
import { missing, ok, type Looked } from '../finding.ts';
import { stepsOf } from '../steps.ts';

/** What a step names its variables in, whatever its executor. */
const naming = z.object({
  pass_env: z.array(z.string()).default([]),
  header_env: z.record(z.string(), z.string()).default({}),
});

/** Every variable that a step names: one that is not set would be noticed in the night in which the step is needed. */
export const stepVariables: Check = {
  area: 'Settings',
  name: 'variables of steps',
  look: ({ policies, environment }) => {
    const named = stepsOf(policies).flatMap((step) => namedVariables(naming.safeParse(step.with).data ?? {}));
    return [...new Set(named)].map((name): Looked => {
      if (readVariable(environment, name) !== undefined) return ok(name, 'is set, and a step names it');
      const advice = `Set it where the bot runs, or ${name}_FILE to a file that holds it.`;
      return missing(name, 'not set; a step in channels.yml names it, and will fail', advice);
    });
  },
};
