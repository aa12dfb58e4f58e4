import { isScalar, visit } from 'yaml';
import type { Document, YAMLError } from 'yaml';

/** What is told of the text that the parser could not take, and where in it. */
export interface YamlMistake {
  readonly offset: number;
  readonly message: string;
}

/**
 * What makes a text no YAML at all: the first place only. A colon that is missing has the parser stumble over every
 * line that follows, and those are all right.
 * @returns undefined when the form is right, whatever else may be wrong
 */
export function firstYamlMistake(document: Document.Parsed, text: string): YamlMistake | undefined {
  const [first, ...later] = document.errors
    .filter(({ code }) => !ofContent.includes(code))
    .toSorted((a, b) => a.pos[0] - b.pos[0]);
  if (!first) return undefined;
  const offset = first.pos[0];
  const found = text.slice(...first.pos);
  const [line = ''] = found.split('\n');
  if (/^(?:<{7}|={7}|>{7})/.test(line)) {
    return { offset, message: `expected one version of the file; found "${line}", as Git marks a conflict` };
  }
  switch (first.code) {
    case 'MULTILINE_IMPLICIT_KEY':
      return { offset, message: sayKey(line) };
    case 'BLOCK_AS_IMPLICIT_KEY': {
      // With the key of the next line swallowed, too, that line begins too far in.
      const swallowed = later.some(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === offset);
      const message = swallowed
        ? 'expected the next line to begin in the same column as this one; found it further in'
        : `expected one key and its value in a line; found a second colon (if it belongs to a text, put that into quotes)`;
      return { offset, message };
    }
    case 'MISSING_CHAR': {
      const quote = /^Missing closing (['"])quote/.exec(first.message)?.[1];
      if (quote === undefined) return { offset, message: sayKey(line) };
      const message = `expected a closing ${quote} to the one that stands here; found none`;
      return { offset: quoteBefore(document, offset) ?? offset, message };
    }
    case 'BAD_INDENT': {
      const closing = /end with a (\S)/.exec(first.message)?.[1];
      const message =
        closing === undefined
          ? 'expected what belongs together to begin in the same column; found a line that does not'
          : `expected a closing ${closing} before this line; found none`;
      return { offset, message };
    }
    case 'TAB_AS_INDENT':
      return { offset, message: 'expected spaces at the beginning of the line; found a tab' };
    case 'BAD_SCALAR_START':
      return { offset, message: `expected quotes around a text that begins with ${found}; found none` };
    default:
      return { offset, message: `not valid YAML: ${first.message}` };
  }
}

/** These are right in their form, and told one by one. */
const ofContent: readonly YAMLError['code'][] = ['DUPLICATE_KEY', 'MULTIPLE_DOCS', 'TAG_RESOLVE_FAILED'];

function sayKey(line: string): string {
  if (/^[\w-]+:\S/.test(line)) return `expected a space behind the colon; found "${line}"`;
  return `expected a colon behind "${line}"; found none`;
}

/** The parser says where the text ends in which it went on looking for the quote. */
function quoteBefore(document: Document.Parsed, end: number): number | undefined {
  let start: number | undefined;
  visit(document, (_, node) => {
    if (!isScalar(node) || !node.range || node.range[0] >= end) return;
    if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') start = node.range[0];
  });
  return start;
}
