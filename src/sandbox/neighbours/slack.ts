import type { Block } from './block-kit.ts';
import { createFailureSwitch, failingAnswer } from './failure.ts';
import type { FailureSwitch } from './failure.ts';
import { createListeners } from './listeners.ts';
import { createApps, type PostAs } from './slack-apps.ts';
import { createClients, deliverOverHttp } from './slack-client.ts';
import type { ClientOptions, Clients } from './slack-client.ts';
import { createReplies } from './slack-replies.ts';
import { startSockets, type SlackSockets } from './slack-socket.ts';
import { createWebApi } from './slack-web-api.ts';
import { BOT, startWorkspace } from './slack-workspace.ts';
import type { MessageRow, SlackConversation, WorkspaceOptions } from './slack-workspace.ts';

export type { ButtonName, Delivery, SlackClient, StaleClick } from './slack-client.ts';
export type { PostedByApp, SlackApp } from './slack-apps.ts';
export type { SignedRequest } from './slack-request.ts';
export { signSlackRequest } from './slack-request.ts';
export type { SlackConversation, SlackPerson } from './slack-workspace.ts';

export interface SlackMessage {
  readonly ts: string;
  readonly conversation: string;
  readonly user: string;
  /** Set on what the app posted. */
  readonly bot_id?: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly thread_ts?: string;
  /** A reply that stands in the conversation, too. */
  readonly reply_broadcast?: boolean;
  readonly metadata?: NonNullable<MessageRow['metadata']>;
  readonly edited?: NonNullable<MessageRow['edited']>;
}

/** A message that only `to` sees. */
export interface EphemeralMessage extends SlackMessage {
  readonly to: string;
}

/**
 * `requestUrl` is the app's full request URL (…/slack/events), undefined while the app is not running. With an
 * `appToken` the app is in Socket Mode: everything goes over its socket, and nothing to the URL.
 */
export type SlackOptions = WorkspaceOptions & ClientOptions & { readonly appToken?: string };

export interface Slack extends FailureSwitch, Clients {
  /** The base of the Web API, ending in `/api/`. */
  readonly url: string;
  readonly team: { readonly id: string; readonly domain: string };
  readonly bot: typeof BOT;
  /** Undefined unless the app is in Socket Mode. */
  readonly sockets: SlackSockets | undefined;
  readonly postAs: PostAs;
  /** Seeded conversations and the direct messages opened since, these with the person they are with. */
  conversations(): readonly (SlackConversation & { readonly user?: string })[];
  /** Oldest first, replies in threads included. */
  messages(conversationId: string): readonly SlackMessage[];
  ephemerals(userId: string): readonly EphemeralMessage[];
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/**
 * A Slack workspace: emulate's Web API, plus what it lacks and Lastgood lives on: guest flags, Block Kit limits,
 * `response_url`, metadata only on request, our clock in every `ts`, and people who type commands and press buttons.
 */
export async function startSlack(options: SlackOptions): Promise<Slack> {
  const { changed, onChange } = createListeners();
  const { guard, ...failures } = createFailureSwitch((failure) => {
    const limited = failure.retryAfter !== undefined;
    const error = failure.error ?? (limited ? 'ratelimited' : 'internal_error');
    return failingAnswer(failure, limited ? 429 : 200, { ok: false, error });
  });
  const sockets = options.appToken === undefined ? undefined : await startSockets(options.appToken);
  const workspace = await startWorkspace(options, {
    changed,
    intercept: (request, proceed) => {
      const { pathname } = new URL(request.url);
      return guard(pathname, async () => sockets?.answer(request) ?? webApi(request, proceed));
    },
  });
  const replies = createReplies(workspace);
  const webApi = createWebApi(workspace, options.botToken, replies);

  const deliver = sockets?.deliver ?? deliverOverHttp;

  return {
    ...failures,
    ...createClients(workspace, replies, { ...options, deliver }),
    ...createApps(workspace, { ...options, deliver }),
    sockets,
    url: `${workspace.url}/api/`,
    team: workspace.team,
    bot: BOT,
    conversations: () =>
      workspace.conversations.all().map(({ channel_id, name, is_im, user }) => ({
        id: channel_id,
        name,
        ...(is_im === true && user !== undefined && { user }),
      })),
    messages: (conversationId) =>
      workspace.messages
        .all()
        .filter(({ channel_id }) => channel_id === conversationId)
        .map(toMessage),
    ephemerals: (userId) =>
      workspace.ephemerals
        .all()
        .filter(({ target_user }) => target_user === userId)
        .map((row) => ({ ...toMessage(row), to: userId })),
    onChange,
    async close() {
      failures.heal();
      await sockets?.close();
      await workspace.close();
    },
  };
}

function toMessage({
  ts,
  channel_id,
  user,
  bot_id,
  text,
  blocks,
  thread_ts,
  reply_broadcast,
  metadata,
  edited,
}: MessageRow): SlackMessage {
  return {
    ts,
    conversation: channel_id,
    user,
    ...(bot_id !== undefined && { bot_id }),
    text,
    blocks: blocks ?? [],
    ...(thread_ts !== undefined && { thread_ts }),
    ...(reply_broadcast !== undefined && { reply_broadcast }),
    ...(metadata !== undefined && { metadata }),
    ...(edited !== undefined && { edited }),
  };
}
