import { readHead, type Ends, type Head } from './head.ts';

/** A copy of a head that was kept where whoever can change the store cannot. */
export interface Anchor {
  /** Where it was read: `anchors.jsonl line 7`. */
  readonly from: string;
  readonly head: Head;
  readonly ends: Ends | undefined;
}

/**
 * Reads heads, one JSON object a line; any other line, such as the words of a mail, is passed over. So is what begins as a
 * head and is none, as when a full disk or a power cut has cut it off: it vouches for nothing, and the others do.
 * @param name of the file
 * @returns `unreadable`: where those are
 */
export function readAnchors(
  text: string,
  name: string,
):
  | { readonly anchors: readonly Anchor[]; readonly unreadable: readonly string[] }
  | { readonly problem: string } {
  const anchors: Anchor[] = [];
  const unreadable: string[] = [];
  for (const [n, line] of text.split(/\r?\n/).entries()) {
    if (!line.startsWith('{')) continue;
    const from = `${name} line ${n + 1}`;
    const read = readHead(line);
    if (read) anchors.push({ from, ...read });
    else unreadable.push(from);
  }
  if (anchors.length > 0) return { anchors, unreadable };
  const [first] = unreadable;
  return {
    problem:
      first === undefined ? `${name} holds no head of Lastgood's.` : `${first} is no head of Lastgood's.`,
  };
}
