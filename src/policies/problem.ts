import type { Path } from '../core/policies/finding.ts';

/** One mistake in the policies, in words for whoever has to correct it. */
export interface PolicyProblem {
  readonly file: string;
  /** Count from 1; undefined when the file cannot be read at all. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** `people.ana.roles[1]`; empty for the file as a whole. */
  readonly path: string;
  /** What was expected, and what was found. */
  readonly message: string;
  /** What probably was meant. */
  readonly hint: string | undefined;
}

/** One line a problem: `policies/roster.yml:12:5  people.ana.roles[1]  expected …; found … (did you mean …?)`. */
export function sayProblems(problems: readonly PolicyProblem[]): string {
  return problems
    .map(({ file, line, column, path, message, hint }) => {
      const place = line === undefined ? file : `${file}:${line}:${column}`;
      const words = hint === undefined ? message : `${message} (${hint})`;
      return [place, path, words].filter((part) => part !== '').join('  ');
    })
    .join('\n');
}

export function sayPath(path: Path): string {
  return path.reduce<string>((said, step) => {
    if (typeof step === 'number') return `${said}[${step}]`;
    return said === '' ? step : `${said}.${step}`;
  }, '');
}
