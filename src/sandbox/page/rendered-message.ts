import { createElement } from 'react';
import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Message as BlockKit } from 'slack-blocks-to-jsx';
import type { Block as KnownBlock } from 'slack-blocks-to-jsx';
import type { Block } from '../neighbours/block-kit.ts';

/** A message as the page shows it. The n-th button of `html` carries `data-press="n"` and is the n-th of `buttons`. */
export interface RenderedMessage {
  readonly html: string;
  readonly buttons: readonly RenderedButton[];
  /** Named in the header of a card, so that the card can carry its colour. */
  readonly severity?: string;
}

export interface RenderedButton {
  readonly actionId: string;
  readonly value?: string;
  readonly style?: 'primary' | 'danger';
  /** Where the button leads, besides being pressed. */
  readonly url?: string;
  /** What a screen reader says in place of the button's text. */
  readonly label?: string;
  readonly confirm?: {
    readonly title: string;
    readonly html: string;
    readonly confirm: string;
    readonly deny: string;
    readonly danger: boolean;
  };
}

/** Ids and the names they stand for. */
export interface Names {
  readonly users: readonly { readonly id: string; readonly name: string }[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
}

const KEPT = 2000;

/** Stands for the colons of a time of day while the library looks for emoji. A private character: no text has it. */
const timeColon = '\uE000';

/** Renders Block Kit to HTML without ids, styles and scripts; a message that has been rendered before costs a look-up. */
export function createRenderer(): (
  message: { readonly text: string; readonly blocks: readonly Block[] },
  names: Names,
) => RenderedMessage {
  const known = new Map<string, RenderedMessage>();
  return ({ text, blocks }, names) => {
    const key = JSON.stringify([text, blocks, names]);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= KEPT) known.clear();
    const rendered = render(blocks.length > 0 ? blocks : [mrkdwnSection(text)], names);
    known.set(key, rendered);
    return rendered;
  };
}

function render(blocks: readonly Block[], names: Names): RenderedMessage {
  const buttons: RenderedButton[] = [];
  // The library keeps a button's `action_id` as its `id` and drops the rest, so a number takes the place of it.
  const numbered = blocks.map((block) => mapButtons(block, (button) => numberButton(button)));

  function numberButton(button: Block): Block {
    buttons.push(describeButton(button, names));
    return { ...button, action_id: `press-${buttons.length - 1}` };
  }

  const header = blocks.find(({ type }) => type === 'header');
  const severity = /\bP[0-3]\b/.exec(textOf(header?.['text']))?.[0];
  return { html: toHtml(numbered, names), buttons, ...(severity !== undefined && { severity }) };
}

function toHtml(blocks: readonly Block[], names: Names): string {
  const html = renderToStaticMarkup(
    createElement(BlockKit, {
      blocks: blocks.map(asTheLibraryReads) as unknown as KnownBlock[],
      name: '',
      logo: '',
      withoutWrapper: true,
      data: { users: [...names.users], channels: [...names.channels] },
      hooks: { date: renderDate, link: renderLink },
    }),
  );
  // Several messages share the page and its CSP forbids styles in attributes. A quotation mark in text or in a value is
  // always escaped by React, so these can only be attributes.
  return html
    .replaceAll(timeColon, ':')
    .replace(/ id="press-(\d+)"/g, ' data-press="$1"')
    .replace(/ (?:id|style|data-theme)="[^"]*"/g, '');
}

/**
 * Two things the library reads otherwise than Slack: `verbatim` text still has its formatting there, and `:02:` within
 * a time of day is no emoji.
 */
function asTheLibraryReads<T>(part: T): T {
  if (Array.isArray(part)) return part.map(asTheLibraryReads) as T;
  if (typeof part !== 'object' || part === null) return part;
  const { verbatim: _verbatim, ...kept } = part as Readonly<Record<string, unknown>>;
  const read = Object.fromEntries(
    Object.entries(kept).map(([key, inner]) => [key, asTheLibraryReads(inner)]),
  );
  if (typeof read['text'] !== 'string') return read as T;
  return {
    ...read,
    text: read['text'].replace(/\b\d\d:\d\d:\d\d\b/g, (time) => time.replaceAll(':', timeColon)),
  } as T;
}

/** A moment that the browser writes in its own time zone. */
function renderDate(date: { timestamp: string; format: string; fallback: string }): ReactNode {
  const at = new Date(Number(date.timestamp) * 1000);
  if (Number.isNaN(at.getTime())) return date.fallback;
  return createElement('time', { dateTime: at.toISOString(), 'data-format': date.format }, date.fallback);
}

function renderLink(link: { href: string; children: ReactNode }): ReactNode {
  // The library also takes `shop@1.5.0` for an address.
  if (!/^https?:/i.test(link.href)) return createElement('span', null, link.children);
  return createElement('a', { href: link.href, target: '_blank', rel: 'noreferrer' }, link.children);
}

function mapButtons(block: Block, change: (button: Block) => Block): Block {
  const changeElement = (element: Block): Block => (element.type === 'button' ? change(element) : element);
  const { elements, accessory } = block as { elements?: readonly Block[]; accessory?: Block };
  if (block.type === 'actions' && elements !== undefined)
    return { ...block, elements: elements.map(changeElement) };
  if (block.type === 'section' && accessory !== undefined)
    return { ...block, accessory: changeElement(accessory) };
  return block;
}

function describeButton(button: Block, names: Names): RenderedButton {
  const { action_id, value, style, url, accessibility_label, confirm } = button;
  return {
    actionId: String(action_id),
    ...(typeof value === 'string' && { value }),
    ...((style === 'primary' || style === 'danger') && { style }),
    ...(typeof url === 'string' && /^https?:/i.test(url) && { url }),
    ...(typeof accessibility_label === 'string' && { label: accessibility_label }),
    ...(typeof confirm === 'object' &&
      confirm !== null && { confirm: describeConfirm(confirm as Record<string, unknown>, names) }),
  };
}

function describeConfirm(
  confirm: Readonly<Record<string, unknown>>,
  names: Names,
): NonNullable<RenderedButton['confirm']> {
  return {
    title: textOf(confirm['title']),
    html: toHtml([mrkdwnSection(textOf(confirm['text']))], names),
    confirm: textOf(confirm['confirm']) || 'Yes',
    deny: textOf(confirm['deny']) || 'Cancel',
    danger: confirm['style'] === 'danger',
  };
}

function mrkdwnSection(text: string): Block {
  return { type: 'section', text: { type: 'mrkdwn', text: text === '' ? ' ' : text } };
}

function textOf(text: unknown): string {
  return typeof text === 'object' && text !== null && 'text' in text ? String(text.text) : '';
}
