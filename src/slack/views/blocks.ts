import type { types } from '@slack/bolt';
import type { ButtonId, ButtonValue } from '../buttons.ts';
import { plain, type Markup } from './text.ts';

/** A message as `chat.postMessage` and `chat.update` take it. */
export interface View {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: types.KnownBlock[];
}

type Confirm = Readonly<Record<'title' | 'text' | 'confirm' | 'deny', string>>;

export function header(text: string): types.HeaderBlock {
  // A header must not be empty, whatever is left of an alert's title.
  return { type: 'header', text: plainText(text.replace(/\s+/g, ' '), 150) };
}

export function section({ markup }: Markup, button?: types.Button): types.SectionBlock {
  return { type: 'section', text: mrkdwnText(markup), ...(button && { accessory: button }) };
}

/** Pairs of a heading and what stands under it: side by side on a desk, one below the other on a phone. */
export function facts(pairs: readonly (readonly [string, Markup])[]): types.SectionBlock {
  return {
    type: 'section',
    fields: pairs.map(([heading, { markup }]) => mrkdwnText(`*${heading}*\n${markup}`)),
  };
}

export function plainSection(text: string): types.SectionBlock {
  return { type: 'section', text: plainText(text, 3_000) };
}

/** Each part may be as long as a section. */
export function context(...parts: readonly Markup[]): types.ContextBlock {
  return { type: 'context', elements: parts.map(({ markup }) => mrkdwnText(markup)) };
}

export function actions(elements: readonly types.Button[]): types.ActionsBlock {
  return { type: 'actions', elements: [...elements] };
}

export function button<Id extends ButtonId>(
  id: Id,
  label: string,
  value: ButtonValue<Id>,
  look: { readonly style?: 'primary' | 'danger'; readonly confirm?: Confirm } = {},
): types.Button {
  const { style, confirm } = look;
  return {
    type: 'button',
    action_id: id,
    text: plainText(label, 75),
    value: JSON.stringify(value),
    ...(style && { style }),
    ...(confirm && {
      confirm: {
        title: plainText(confirm.title, 100),
        text: plainText(confirm.text, 300),
        confirm: plainText(confirm.confirm, 30),
        deny: plainText(confirm.deny, 30),
      },
    }),
  };
}

/** `emoji: false`: no `:word:` of theirs turns into a picture, and no `03:02:11` into half of one. */
function plainText(text: string, limit: number): types.PlainTextElement {
  const shown = plain(text, limit);
  return { type: 'plain_text', text: shown.trim() === '' ? '(no text)' : shown, emoji: false };
}

/** `verbatim`: Slack makes no links and mentions of its own out of what looks like one. */
function mrkdwnText(text: string): types.MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}
