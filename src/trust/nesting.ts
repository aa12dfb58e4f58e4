import { Lexer, Parser } from 'yaml';

/** Nobody's document is as deep as this. */
export const deepest = 100;

/**
 * Where a YAML or JSON text goes deeper than `deepest` levels; lines and columns count from 1. Undefined when it does
 * not, whether it is right or not. To be asked before such a text is parsed: what composes a document calls itself for
 * each level, and once its stack is used up it may take the whole process with it. Here, the levels are a list.
 */
export function tooDeepAt(text: string): { readonly line: number; readonly column: number } | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    // The document itself is one.
    if (parser.stack.length > deepest + 1) return placeOf(text, parser.offset - lexeme.length);
  }
  return undefined;
}

function placeOf(text: string, offset: number) {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
