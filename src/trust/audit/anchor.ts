import { readHead, type Ends, type Head } from './head.ts';

/** A copy of a head that was kept where whoever can change the store cannot. */
export interface Anchor {
  /** Where it was read: `anchors.jsonl line 7`. */
  readonly from: string;
  readonly head: Head;
  readonly ends: Ends | undefined;
}

/**
 * Reads heads, one JSON object a line; any other line, such as the words of a mail, is passed over.
 * @param name of the file
 */
export function readAnchors(
  text: string,
  name: string,
): { readonly anchors: readonly Anchor[] } | { readonly problem: string } {
  const anchors: Anchor[] = [];
  for (const [n, line] of text.split(/\r?\n/).entries()) {
    if (!line.startsWith('{')) continue;
    const from = `${name} line ${n + 1}`;
    const read = readHead(line);
    if (!read) return { problem: `${from} is no head of Lastgood's.` };
    anchors.push({ from, ...read });
  }
  return anchors.length > 0 ? { anchors } : { problem: `${name} holds no head of Lastgood's.` };
}
