import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node, Pair, YAMLError } from 'yaml';
import type { Path } from '../core/policies/finding.ts';
import { deepest, tooDeepAt } from '../trust/nesting.ts';

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends Place {
  readonly message: string;
}

export type YamlFile =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Where the value of a path stands, or its key; for what is missing, the nearest thing around it. */
      readonly placeOf: (path: Path, which: 'key' | 'value') => Place;
    }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] };

/** Enough for a ladder that is shared by every service; far too few for a bomb. */
const maxAliasCount = 100;

/** Reads one plain YAML document. Tags, merge keys and `%YAML` versions have no meaning here. */
export function readYaml(text: string): YamlFile {
  const tooDeep = tooDeepAt(text);
  if (tooDeep) {
    const message = `expected at most ${deepest} levels, one inside the other; found more`;
    return { ok: false, problems: [{ ...tooDeep, message }] };
  }
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
  });
  const problems = [
    ...[...document.errors, ...document.warnings].map((error) => ({
      ...placeAt(error.pos[0]),
      message: sayError(error, text),
    })),
    ...dangers(document).map(({ offset, message }) => ({ ...placeAt(offset), message })),
  ];
  if (problems.length > 0) return { ok: false, problems };
  try {
    const value: unknown = document.toJS({ maxAliasCount });
    return { ok: true, value, placeOf: (path, which) => placeAt(offsetOf(document, path, which)) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    return {
      ok: false,
      problems: [{ ...placeAt(0), message: 'expected aliases (*name) in moderation; found far too many' }],
    };
  }
}

function sayError(error: YAMLError, text: string): string {
  const found = /^[^\s:]*/.exec(text.slice(error.pos[0]))?.[0] ?? '';
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return `expected each key once; found "${found}" again`;
    case 'MULTIPLE_DOCS':
      return 'expected one document; found a second one';
    case 'TAG_RESOLVE_FAILED':
      return `expected plain values; found the tag ${found}`;
    default:
      return `not valid YAML: ${error.message}`;
  }
}

/** What the parser accepts and we do not: a key that would reach an object's prototype, and aliases that go nowhere or round in circles. */
function dangers(
  document: Document.Parsed,
): readonly { readonly offset: number; readonly message: string }[] {
  const found: { readonly offset: number; readonly message: string }[] = [];
  visit(document, {
    Pair: (_, pair) => {
      if (keyOf(pair) === '__proto__') {
        found.push({
          offset: offsetOfKey(pair) ?? 0,
          message: 'expected an ordinary key; found "__proto__"',
        });
      }
    },
    Alias: (_, alias, ancestors) => {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      if (!target) {
        found.push({ offset, message: `expected an anchor &${alias.source} before this; found none` });
      } else if (ancestors.includes(target)) {
        found.push({
          offset,
          message: `expected an alias of something else; found *${alias.source} inside itself`,
        });
      }
    },
  });
  return found;
}

function offsetOf(document: Document.Parsed, path: Path, which: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((candidate) => keyOf(candidate) === step);
      if (!pair) return offset;
      offset = offsetOfKey(pair) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else {
      return offset;
    }
  }
  // A mapping under its key begins on the next line; the key is where one looks.
  return which === 'value' && isScalar(node) && node.range ? node.range[0] : offset;
}

function keyOf(pair: Pair): unknown {
  return isScalar(pair.key) ? pair.key.value : pair.key;
}

function offsetOfKey(pair: Pair): number | undefined {
  return isScalar(pair.key) ? pair.key.range?.[0] : undefined;
}
