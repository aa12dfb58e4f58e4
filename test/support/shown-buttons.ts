import type { Block } from '../../src/sandbox/neighbours/block-kit.ts';
import type { Slack } from '../../src/sandbox/neighbours/slack.ts';

/** A button that people see now, and all that it takes to press it. */
export interface ShownButton {
  /** `INC-1`, `OP-1`, `health of 1.5.0 on shop/stable` or `drift on shop/stable`, or `the freeze` */
  readonly card: string;
  readonly label: string;
  readonly inDirectMessage: boolean;
  readonly click: {
    readonly conversationId: string;
    readonly messageTs: string;
    readonly actionId: string;
    readonly value: string;
  };
}

/** Every button in every conversation, the oldest message first. */
export function buttonsOf(slack: Slack): readonly ShownButton[] {
  return slack.conversations().flatMap(({ id: conversationId }) =>
    slack.messages(conversationId).flatMap(({ ts: messageTs, text, blocks }) =>
      buttonsIn(blocks).map((button) => {
        const { action_id, value, text: label } = button;
        return {
          card: cardOf(text),
          label: String((label as { readonly text: unknown }).text),
          inDirectMessage: conversationId.startsWith('D'),
          click: { conversationId, messageTs, actionId: String(action_id), value: String(value) },
        };
      }),
    ),
  );
}

/** What a message of ours is about, by its fallback text. */
export function cardOf(text: string): string {
  const ofChannel = /^\S+ ((?:Health of \S+|Drift) on [^\s:]+)/.exec(text)?.[1];
  if (/^\S+ Production is /.test(text)) return 'the freeze';
  return ofChannel?.toLowerCase() ?? /\b(?:INC|OP)-\d+/.exec(text)?.[0] ?? '(no card)';
}

export function buttonsIn(blocks: readonly unknown[]): readonly Block[] {
  return blocks.flatMap((block) => elementsOf(block as Block));
}

function elementsOf(block: Block): readonly Block[] {
  const { elements, accessory } = block as { elements?: readonly Block[]; accessory?: Block };
  return [...(elements ?? []), ...(accessory ? [accessory] : [])].filter(({ type }) => type === 'button');
}
