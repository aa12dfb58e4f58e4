import { parse } from 'yaml';
import { z } from 'zod';
import { tooDeepAt } from '../trust/nesting.ts';

const input = z.object({ required: z.boolean().default(false), default: z.unknown().optional() }).nullish();
const dispatch = z.object({ inputs: z.record(z.string(), input).nullish() }).nullish();
const file = z.object({
  'run-name': z.string().optional(),
  on: z.union([z.string(), z.array(z.string()), z.looseObject({ workflow_dispatch: dispatch })]),
});

/**
 * What is wrong with a workflow's file for a step that dispatches it with these inputs, and finds its run again by the
 * correlation input in the run's name. Empty when nothing is.
 */
export function mistakesInWorkflow(
  text: string,
  inputs: readonly string[],
  correlation: string,
): readonly string[] {
  const read = file.safeParse(tooDeepAt(text) ? undefined : readYaml(text));
  if (!read.success) return ['it is no workflow that can be read'];
  const { on, 'run-name': runName = '' } = read.data;
  const triggers = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on);
  if (!triggers.includes('workflow_dispatch')) return ['it has no workflow_dispatch, so nobody can start it'];
  const isWritten = typeof on === 'object' && !Array.isArray(on);
  const declared = new Map(Object.entries((isWritten && on.workflow_dispatch?.inputs) || {}));
  const passed = [...inputs, correlation];
  const unknown = passed.filter((name) => !declared.has(name));
  const needed = [...declared].flatMap(([name, one]) =>
    one?.required === true && one.default === undefined && !passed.includes(name) ? [name] : [],
  );
  return [
    ...unknown.map((name) => `it does not declare the input ${name}, which the step passes`),
    ...needed.map((name) => `it requires the input ${name}, which the step does not pass`),
    ...(shows(runName, correlation) ? [] : [`its run-name does not show \${{ inputs.${correlation} }}`]),
  ];
}

/** `${{ inputs.correlation_id }}`, also by its long name or with brackets. */
function shows(runName: string, name: string): boolean {
  const expressions = runName.match(/\$\{\{.*?\}\}/gs) ?? [];
  const access = new RegExp(`\\binputs(?:\\.${name}(?![\\w-])|\\[\\s*'${name}'\\s*\\])`);
  return expressions.some((expression) => access.test(expression));
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
