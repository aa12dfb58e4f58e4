import { plainSection, type View } from './blocks.ts';
import { fallback } from './text.ts';

/** One line of the timeline; all of it may come from outside. */
export function threadLine(text: string): View {
  return { text: fallback(text), blocks: [plainSection(text)] };
}
