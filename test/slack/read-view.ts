import type { View } from '../../src/slack/views/blocks.ts';

type Json = { readonly [key: string]: unknown };

/** A message as a person reads it: one line a block, buttons in brackets. */
export function read({ blocks }: View): string {
  return `\n${blocks.map((block) => readBlock(block as unknown as Json)).join('\n')}\n`;
}

function readBlock(block: Json): string {
  const { text, fields, elements, accessory } = block;
  const parts = [text, fields, elements, accessory].flat().filter((part) => part !== undefined) as Json[];
  return `${String(block['type'])}: ${parts.map(readPart).join(block['type'] === 'actions' ? ' ' : '\n  ')}`;
}

function readPart(part: Json): string {
  if (part['type'] !== 'button') return dates(String(part['text'])).replaceAll('\n', '\n  ');
  const { style, confirm } = part as { style?: string; confirm?: Json };
  const look = `${style ? ` ${style}` : ''}${confirm ? ' confirm' : ''}`;
  return `[${String((part['text'] as Json)['text'])}${look}]`;
}

/** `<!date^…|2026-11-22 03:04 UTC>` → `03:04` */
function dates(text: string): string {
  return text.replace(/<!date\^\d+\^\{time\}\|\S+ (\S+) UTC>/g, '$1');
}
