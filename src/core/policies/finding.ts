import { nearest } from '../nearest.ts';
import type { PolicyName } from './policies.ts';

/** The way to a value: `['people', 'ana', 'roles', 1]`. */
export type Path = readonly (string | number)[];

/** Something wrong in a policy, and where. */
export interface Finding {
  readonly policy: PolicyName;
  readonly path: Path;
  /** What was expected, and what was found. */
  readonly message: string;
  /** What probably was meant. */
  readonly hint?: string;
}

/** A name that leads nowhere. `what` says what it should have named: `a person of roster.yml`. */
export function unknownName(
  policy: PolicyName,
  path: Path,
  what: string,
  found: string,
  known: readonly string[],
): Finding {
  const hint = didYouMean(found, known) ?? `there are ${known.join(', ')}`;
  const message = `expected ${what}; found "${found}"`;
  return known.length === 0 ? { policy, path, message } : { policy, path, message, hint };
}

export function didYouMean(found: string, known: readonly string[]): string | undefined {
  const near = nearest(found, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}
