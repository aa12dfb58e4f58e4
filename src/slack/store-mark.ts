import type { Ask } from '../../commands/verb.ts';
import { answer } from '../core/answer.ts';
import type { View } from './views/blocks.ts';

/** Which store a button has to come from. */
export interface Home {
  readonly storeId: string;
  /**
   * Cards of earlier versions of Lastgood do not say which store drew them. A store that has lived through the upgrade
   * takes their clicks, since incidents were open then; one that began later has never drawn such a card.
   */
  readonly takesUnmarked: boolean;
}

/** Numbers begin again with every store, and Slack keeps the cards of one that is lost: each button says whose it is. */
export function markButtons({ text, blocks }: View, storeId: string): View {
  const marked = (element: unknown): unknown => {
    const { type, value } = element as { readonly type: string; readonly value?: string };
    if (type !== 'button' || value === undefined) return element;
    return { ...(element as object), value: JSON.stringify({ ...JSON.parse(value), store: storeId }) };
  };
  return {
    text,
    blocks: blocks.map((block) => {
      if (block.type === 'actions') return { ...block, elements: block.elements.map(marked) } as typeof block;
      if (block.type !== 'section' || !block.accessory) return block;
      return { ...block, accessory: marked(block.accessory) } as typeof block;
    }),
  };
}

/** What a button carries besides its mark; or, when another store drew it, what to tell whoever pressed it. */
export function readMark(
  value: unknown,
  home: Home,
): { readonly value: unknown } | { readonly refused: Ask } {
  const isMarked = typeof value === 'object' && value !== null && Object.hasOwn(value, 'store');
  const { store, ...rest } = isMarked ? (value as { readonly store: unknown }) : { store: undefined };
  if (isMarked ? store === home.storeId : home.takesUnmarked) return { value: isMarked ? rest : value };
  return { refused: ofAnotherStore };
}

const ofAnotherStore: Ask = {
  kind: 'answer',
  answer: answer(
    'refused',
    'This button is no longer valid',
    'Its message is from before Lastgood’s records began anew, or were restored from a backup: what has that number today is something else, or no longer as it was. Nothing was done.',
    'To see what is open, type /incident list and /operation list; to see what is live, /channels.',
  ),
};
