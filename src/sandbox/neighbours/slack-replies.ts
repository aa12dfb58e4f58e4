import type { Stored, Table } from './captured-emulator.ts';
import type { Block } from './block-kit.ts';
import { BOT } from './slack-workspace.ts';
import type { MessageRow, Workspace } from './slack-workspace.ts';

/** What an app posts to a `response_url`, or answers a command with. */
export interface Reply {
  readonly text?: string;
  readonly blocks?: readonly Block[];
  readonly response_type?: 'ephemeral' | 'in_channel';
  readonly replace_original?: boolean;
  readonly delete_original?: boolean;
  readonly thread_ts?: string;
}

/** Where an interaction took place; `original` is the message that was clicked. */
export interface Place {
  readonly conversationId: string;
  readonly userId: string;
  readonly original?: { readonly ts: string; readonly threadTs: string | undefined };
}

export interface Replies {
  /** A new `response_url`, good for five replies in thirty minutes. */
  urlFor(place: Place): string;
  /** Counts one use of the url with this path and says what it answers to, or Slack's error. */
  use(path: string): Place | { readonly error: string };
  /** Shows, replaces or deletes, as the reply says; false when there is no message to replace. */
  take(place: Place, reply: Reply): boolean;
}

const USES = 5;
const LIFE_MS = 30 * 60_000;

export const REPLY_PATH = '/response/';

export function createReplies(workspace: Workspace): Replies {
  const places = new Map<string, { readonly place: Place; readonly madeAt: number; uses: number }>();

  const findOriginal = (place: Place): { table: Table<MessageRow>; row: Stored<MessageRow> } | undefined => {
    for (const table of [workspace.messages, workspace.ephemerals]) {
      const row = table
        .all()
        .find(({ ts, channel_id }) => ts === place.original?.ts && channel_id === place.conversationId);
      if (row !== undefined) return { table, row };
    }
    return undefined;
  };

  const changeOriginal = (place: Place, reply: Reply): boolean => {
    const found = findOriginal(place);
    if (found === undefined) return false;
    const { table, row } = found;
    if (reply.delete_original === true) return table.delete(row.id);
    const edited = { user: BOT.userId, ts: row.ts };
    return table.update(row.id, { text: reply.text ?? '', blocks: reply.blocks ?? [], edited }) !== undefined;
  };

  return {
    urlFor(place) {
      const path = `${REPLY_PATH}${workspace.team.id}/${workspace.nextNumber()}`;
      places.set(path, { place, madeAt: workspace.now().getTime(), uses: 0 });
      return `${workspace.url}${path}`;
    },
    use(path) {
      const known = places.get(path);
      if (known === undefined) return { error: 'invalid_url' };
      if (workspace.now().getTime() - known.madeAt > LIFE_MS) return { error: 'expired_url' };
      if (known.uses >= USES) return { error: 'used_url' };
      known.uses += 1;
      return known.place;
    },
    take(place, reply) {
      if (reply.delete_original === true || reply.replace_original === true)
        return changeOriginal(place, reply);
      const threadTs = reply.thread_ts ?? place.original?.threadTs;
      workspace.post({
        channel_id: place.conversationId,
        user: BOT.userId,
        text: reply.text ?? '',
        ...(reply.blocks !== undefined && { blocks: reply.blocks }),
        ...(threadTs !== undefined && { thread_ts: threadTs }),
        ...(reply.response_type !== 'in_channel' && { target_user: place.userId }),
      });
      return true;
    },
  };
}
