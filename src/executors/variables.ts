import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'expected the name of an environment variable');

/**
 * A variable that a step names; like our own settings it may be given as `NAME_FILE`, a file that holds the value.
 * @returns undefined when it is not set, or the file cannot be read.
 */
export function readVariable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The variables that a step names, whatever its executor: one that is missing is better noticed before its night. */
export function namedVariables(step: {
  readonly pass_env?: readonly string[];
  readonly header_env?: Readonly<Record<string, string>>;
}): readonly string[] {
  // `Bearer DEPLOY_TOKEN` names DEPLOY_TOKEN.
  const inHeaders = Object.values(step.header_env ?? {}).map((source) => source.split(' ').at(-1) ?? '');
  return [...(step.pass_env ?? []), ...inHeaders];
}
