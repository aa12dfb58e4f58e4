import type { Block } from '../../src/sandbox/neighbours/block-kit.ts';

type Part = Readonly<Record<string, unknown>>;

/** A message as a person reads it, in Markdown: one line a thought, buttons in brackets, `…` on those that ask first. */
export function readMessage(
  { text, blocks }: { readonly text: string; readonly blocks: readonly Block[] },
  nameOf: (id: string) => string,
): readonly string[] {
  if (blocks.length === 0) return [mrkdwn(text, nameOf)];
  // The notification says the fallback text, which Slack brings to life, too.
  const alive = text.match(/<[^>]*>/g) ?? [];
  return [
    ...blocks.flatMap((block) => readBlock(block, nameOf)).flatMap((line) => line.split('\n')),
    ...alive.map((construct) => `🔔 LIVE IN THE NOTIFICATION: ${literally(construct)}`),
  ];
}

function readBlock(block: Block, nameOf: (id: string) => string): readonly string[] {
  const { text, fields, elements, accessory } = block as {
    readonly text?: Part;
    readonly fields?: readonly Part[];
    readonly elements?: readonly Part[];
    readonly accessory?: Part;
  };
  switch (block.type) {
    case 'header':
      return [`**${words(text, nameOf)}**`];
    case 'section': {
      const said = text === undefined ? [] : [words(text, nameOf)];
      const asides = (fields ?? []).map((field) => words(field, nameOf).replace(/^\*\*(.*)\*\*\n/, '$1: '));
      return [...said, ...asides, ...(accessory ? [buttonOf(accessory)] : [])];
    }
    case 'context':
      return [(elements ?? []).map((element) => words(element, nameOf)).join(' ')];
    case 'actions':
      return [(elements ?? []).map(buttonOf).join(' ')];
    default:
      throw new Error(`nobody has said how a ${block.type} is read`);
  }
}

function buttonOf({ text, confirm }: Part): string {
  return `[${String((text as Part)['text'])}${confirm === undefined ? '' : '…'}]`;
}

function words(part: Part | undefined, nameOf: (id: string) => string): string {
  const text = String(part?.['text']);
  return part?.['type'] === 'mrkdwn' ? mrkdwn(text, nameOf) : literally(text);
}

/** Whatever Slack would bring to life is told from what only looks like it. */
function mrkdwn(text: string, nameOf: (id: string) => string): string {
  return text
    .split(/(<[^>]*>)/)
    .map((piece) => (piece.startsWith('<') ? live(piece.slice(1, -1), nameOf) : dead(piece)))
    .join('');
}

function live(inner: string, nameOf: (id: string) => string): string {
  const [target = '', label = ''] = inner.split('|');
  const [kind, seconds, format] = target.split('^');
  if (kind === '!date') return format === '{time}' ? timeOf(Number(seconds) * 1_000).slice(0, 5) : label;
  if (target.startsWith('#')) return nameOf(target.slice(1));
  if (target.startsWith('@')) return `🔔 ${nameOf(target.slice(1))}`;
  if (/^https?:/.test(target)) return `[${label}](${target})`;
  return `🔔 A LIVE MENTION: ${target.slice(1)}`;
}

function dead(piece: string): string {
  const bold = piece.replace(/\*([^*\n]+)\*/g, '**$1**');
  return bold.replaceAll('&lt;', '\\<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Text that nobody interprets, written so that Markdown does not either. */
export function literally(text: string): string {
  return text.replace(/[\\<*`]/g, (mark) => `\\${mark}`);
}

/** `03:04:05`, UTC. */
export function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}
