import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { deepest, tooDeepAt } from '../trust/nesting.ts';

/** A document's file is not what it has to be; it was left as it is. The message names file, line and expectation. */
export class DocumentInvalid extends Error {
  override readonly name = 'DocumentInvalid';
  /** `line 4, channels.stable.version: expected …` */
  readonly mistakes: readonly string[];

  constructor(path: string, mistakes: readonly string[], cause?: unknown) {
    const list = mistakes.map((mistake) => `\n  ${mistake}`).join('');
    super(`${path} cannot be used and was left as it is. Correct it, or move it away to begin anew:${list}`, {
      cause,
    });
    this.mistakes = mistakes;
  }
}

/** @throws DocumentInvalid when the text is not JSON or does not fit the schema */
export function readDocumentText<T>(path: string, text: string, schema: z.ZodType<T>): T {
  const tooDeep = tooDeepAt(text);
  if (tooDeep) {
    const mistake = `line ${tooDeep.line}: expected at most ${deepest} levels, one inside the other; found more`;
    throw new DocumentInvalid(path, [mistake]);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw new DocumentInvalid(
      path,
      [`line ${lineOfMistake(text, message)}: expected JSON: ${message}`],
      error,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const lines = linesOf(text);
  throw new DocumentInvalid(
    path,
    result.error.issues.map(
      ({ path: place, message }) =>
        `line ${lines(place)}, ${place.join('.') || 'the whole file'}: ${message}`,
    ),
  );
}

/** JSON is also YAML, whose parser remembers where everything stands; V8 names the place in some messages only. */
function lineOfMistake(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message)?.[1];
  const lineCounter = new LineCounter();
  const { errors } = parseDocument(text, { lineCounter, schema: 'json' });
  return lineCounter.linePos(position ? Number(position) : (errors[0]?.pos[0] ?? text.length)).line;
}

function linesOf(text: string): (place: readonly PropertyKey[]) => number {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  // What is missing has no line of its own; what it is missing in has one.
  return function line(place): number {
    const node = document.getIn(place, true);
    if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
    return place.length === 0 ? 1 : line(place.slice(0, -1));
  };
}
