import { z } from 'zod';
import { didYouMean, type Path } from '../core/policies/finding.ts';
import { nearest } from '../core/nearest.ts';

type Issue = z.core.$ZodIssue;

/** One mistake that a schema found, in words for people. */
export interface Explanation {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  /** Whether the mistake is in the key or in the value under it. */
  readonly which: 'key' | 'value';
}

/** Says what a schema found wrong with a value. A schema's own words begin with "expected". */
export function explainIssues(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
): readonly Explanation[] {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  const plain = issues.flatMap((issue) => withoutUnions(issue));
  // A mistyped key is one mistake, not an unexpected key and a missing one.
  const meant = new Set<string>();
  const explanations = plain.flatMap((issue): readonly Explanation[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(shape, path);
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        if (near !== undefined) meant.add(JSON.stringify([...path, near]));
        return {
          path: [...path, key],
          message: `unexpected key "${key}"`,
          ...hintOf(didYouMean(key, known) ?? knownKeys(known)),
          which: 'key',
        };
      });
    }
    return [explain(issue, path, valueAt(value, path))];
  });
  return explanations.filter(
    ({ path }) => !(meant.has(JSON.stringify(path)) && valueAt(value, path) === undefined),
  );
}

function explain(
  issue: Exclude<Issue, { code: 'unrecognized_keys' }>,
  path: Path,
  found: unknown,
): Explanation {
  if (issue.code === 'invalid_key') {
    const key = String(path.at(-1));
    const expected = issue.issues[0]?.message ?? 'expected another key';
    return { path, message: `${expected}; found "${key}"`, which: 'key' };
  }
  return {
    path,
    message: `${expectedBy(issue)}; found ${say(found)}`,
    ...hintOf(hintFor(issue, found)),
    which: 'value',
  };
}

function expectedBy(issue: Issue): string {
  if (issue.message.startsWith('expected')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `expected ${String(issue.minimum)} ${measures[issue.origin] ?? ''}or more`;
    case 'too_big':
      return `expected ${String(issue.maximum)} ${measures[issue.origin] ?? ''}or fewer`;
    default:
      return issue.message;
  }
}

function hintFor(issue: Issue, found: unknown): string | undefined {
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    return didYouMean(found, issue.values.map(String));
  }
  const wantsText = expectedBy(issue) === 'expected text';
  return wantsText && (typeof found === 'number' || typeof found === 'boolean')
    ? `write it in quotes: "${found}"`
    : undefined;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

const measures: Readonly<Record<string, string>> = { string: 'characters ', array: 'entries ' };

/** Of the shapes that were possible, the one that the value misses least. */
function withoutUnions(issue: Issue): readonly Exclude<Issue, { code: 'invalid_union' }>[] {
  if (issue.code !== 'invalid_union' || issue.message.startsWith('expected')) {
    return [issue as Exclude<Issue, { code: 'invalid_union' }>];
  }
  const branches = issue.errors.map((errors) =>
    errors.flatMap((inner) => withoutUnions({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const misses = (branch: (typeof branches)[number]): number =>
    branch.reduce((sum, inner) => sum + (inner.code === 'unrecognized_keys' ? inner.keys.length : 1), 0);
  return branches.toSorted((a, b) => misses(a) - misses(b))[0] ?? [];
}

/** As much of JSON Schema as it takes to know which keys fit where. */
interface Shape {
  readonly anyOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
}

function keysAt(shape: Shape, path: Path): readonly string[] {
  const branches = shape.anyOf ?? [shape];
  const [step, ...rest] = path;
  if (step === undefined) return branches.flatMap(({ properties }) => Object.keys(properties ?? {}));
  return branches.flatMap(({ items, properties, additionalProperties }) => {
    const known = new Map(Object.entries(properties ?? {}));
    const next = typeof step === 'number' ? items : (known.get(step) ?? additionalProperties);
    return typeof next === 'object' ? keysAt(next, rest) : [];
  });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined;
    return (inner as Record<string | number, unknown>)[step];
  }, value);
}

/** What stands in the file, short enough for one line. */
function say(found: unknown): string {
  if (found === undefined || found === null) return 'nothing';
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : 'a list';
  if (typeof found === 'object') return 'keys with values';
  const text = JSON.stringify(found);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function knownKeys(known: readonly string[]): string | undefined {
  return known.length === 0 ? undefined : `it takes ${[...new Set(known)].join(', ')}`;
}

function hintOf(hint: string | undefined): { readonly hint?: string } {
  return hint === undefined ? {} : { hint };
}
