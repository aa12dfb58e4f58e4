import type { Stored } from './captured-emulator.ts';
import type { Block } from './block-kit.ts';
import type { Place, Replies } from './slack-replies.ts';
import { clickBody, commandBody, signSlackRequest } from './slack-request.ts';
import type { Interaction, SignedRequest } from './slack-request.ts';
import { BOT } from './slack-workspace.ts';
import type { MessageRow, Workspace } from './slack-workspace.ts';

/** What the app answered; status 0 when nothing answered within Slack's three seconds. */
export interface Delivery {
  readonly status: number;
  readonly body: unknown;
}

/** A button's `action_id`, and its value where several share one. */
export type ButtonName = string | { readonly actionId: string; readonly value?: string };

export interface StaleClick {
  readonly conversationId: string;
  readonly messageTs: string;
  readonly actionId: string;
  readonly value?: string;
  readonly blockId?: string;
}

/** A person's client. */
export interface SlackClient {
  command(conversationId: string, command: string, text: string): Promise<Delivery>;
  /** Presses a button that the person sees; rejects when the message shows no such button. */
  click(conversationId: string, messageTs: string, button: ButtonName): Promise<Delivery>;
  /** Presses a button as a client would that still shows an older state of the message. */
  clickStale(click: StaleClick): Promise<Delivery>;
  /** Posts as the person and returns the `ts`. */
  message(conversationId: string, text: string, options?: { readonly threadTs?: string }): string;
}

export interface Clients {
  as(userId: string): SlackClient;
  /** A command's signed request, not sent yet. */
  payloadForCommand(userId: string, conversationId: string, command: string, text: string): SignedRequest;
  /** A click's signed request, not sent yet; throws when the message shows no such button. */
  payloadForClick(
    userId: string,
    conversationId: string,
    messageTs: string,
    button: ButtonName,
  ): SignedRequest;
  deliver(request: SignedRequest): Promise<Delivery>;
}

export interface ClientOptions {
  readonly signingSecret: string;
  readonly requestUrl: () => string | undefined;
}

/** The way to the app: a request to its URL, or an envelope over its socket. */
type Deliver = (request: SignedRequest) => Promise<Delivery>;

interface Pressed {
  readonly button: Block;
  readonly blockId: string;
}

const ACK_TIMEOUT_MS = 3000;

/** People who type commands, press buttons and talk; what they send is signed as Slack signs it. */
export function createClients(
  workspace: Workspace,
  replies: Replies,
  options: ClientOptions & { readonly deliver: Deliver },
): Clients {
  const { deliver } = options;
  const describe = (place: Place): Interaction => {
    const user = workspace.people.get(place.userId);
    if (user === undefined) throw new Error(`nobody in this workspace has the id ${place.userId}`);
    const conversation = workspace.conversations
      .all()
      .find(({ channel_id }) => channel_id === place.conversationId);
    if (conversation === undefined)
      throw new Error(`this workspace has no conversation ${place.conversationId}`);
    const number = workspace.nextNumber();
    return {
      teamId: workspace.team.id,
      teamDomain: workspace.team.domain,
      appId: BOT.appId,
      user: { id: user.id, name: user.name },
      conversation: {
        id: place.conversationId,
        name: conversation.is_im === true ? 'directmessage' : conversation.name,
      },
      triggerId: `${workspace.now().getTime()}.${number}.${Buffer.from(number).toString('hex')}`,
      responseUrl: replies.urlFor(place),
    };
  };

  const sign = (body: string): SignedRequest => {
    const url = options.requestUrl() ?? '';
    return signSlackRequest({ url, signingSecret: options.signingSecret, body, at: workspace.now() });
  };

  const findShown = (
    userId: string,
    conversationId: string,
    messageTs: string,
  ): Stored<MessageRow> | undefined =>
    [...workspace.messages.all(), ...workspace.ephemerals.all()].find(
      ({ ts, channel_id, target_user }) =>
        ts === messageTs && channel_id === conversationId && (target_user ?? userId) === userId,
    );

  const press = (place: Place & Required<Pick<Place, 'original'>>, pressed: Pressed): SignedRequest => {
    const { ts: messageTs } = place.original;
    const shown = findShown(place.userId, place.conversationId, messageTs);
    const ephemeral = shown?.target_user !== undefined;
    const message =
      shown === undefined || ephemeral
        ? undefined
        : { type: 'message', team: workspace.team.id, ...wireMessage(shown) };
    const threadTs = shown?.thread_ts;
    const actionTs = workspace.nextTs();
    return sign(
      clickBody(describe(place), { messageTs, threadTs, message, ephemeral, ...pressed, actionTs }),
    );
  };

  const payloadForCommand: Clients['payloadForCommand'] = (userId, conversationId, command, text) =>
    sign(commandBody(describe({ userId, conversationId }), command, text));

  const payloadForClick: Clients['payloadForClick'] = (userId, conversationId, messageTs, name) => {
    const shown = findShown(userId, conversationId, messageTs);
    if (shown === undefined) throw new Error(`${userId} sees no message ${messageTs} in ${conversationId}`);
    const pressed = findButton(shown.blocks ?? [], name);
    if (pressed === undefined)
      throw new Error(`message ${messageTs} shows no button ${JSON.stringify(name)}`);
    return press({ userId, conversationId, original: { ts: messageTs, threadTs: shown.thread_ts } }, pressed);
  };

  /** Delivers a command and shows its answer, or Slackbot's words when there is none. */
  const command = async (place: Place, name: string, text: string): Promise<Delivery> => {
    const delivery = await deliver(payloadForCommand(place.userId, place.conversationId, name, text));
    const { status, body } = delivery;
    if (status !== 200) {
      const error = status === 0 ? String(body) : 'dispatch_failed';
      workspace.post({
        channel_id: place.conversationId,
        user: 'USLACKBOT',
        text: `${name} failed with the error "${error}"`,
        target_user: place.userId,
      });
    } else if (typeof body === 'string' && body !== '') replies.take(place, { text: body });
    else if (typeof body === 'object' && body !== null) replies.take(place, body);
    return delivery;
  };

  const as = (userId: string): SlackClient => ({
    command: (conversationId, name, text) => command({ userId, conversationId }, name, text),
    async click(conversationId, messageTs, button) {
      return deliver(payloadForClick(userId, conversationId, messageTs, button));
    },
    async clickStale({ conversationId, messageTs, actionId, value, blockId = 'stale' }) {
      const text = { type: 'plain_text', text: actionId };
      const button: Block = {
        type: 'button',
        action_id: actionId,
        text,
        ...(value !== undefined && { value }),
      };
      const threadTs = findShown(userId, conversationId, messageTs)?.thread_ts;
      return deliver(
        press({ userId, conversationId, original: { ts: messageTs, threadTs } }, { button, blockId }),
      );
    },
    message(conversationId, text, { threadTs } = {}) {
      if (!workspace.people.has(userId)) throw new Error(`nobody in this workspace has the id ${userId}`);
      const thread = threadTs !== undefined && { thread_ts: threadTs };
      return workspace.post({ channel_id: conversationId, user: userId, text, ...thread }).ts;
    },
  });

  return { as, payloadForCommand, payloadForClick, deliver };
}

/** Posts to the app's request URL. */
export async function deliverOverHttp({ url, headers, body }: SignedRequest): Promise<Delivery> {
  if (url === '') return { status: 0, body: 'dispatch_failed' };
  const signal = AbortSignal.timeout(ACK_TIMEOUT_MS);
  try {
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    return { status: response.status, body: parseIfJson(await response.text()) };
  } catch {
    // Slack tells its users two words, whatever the network said.
    return { status: 0, body: signal.aborted ? 'operation_timeout' : 'dispatch_failed' };
  }
}

function findButton(blocks: readonly Block[], name: ButtonName): Pressed | undefined {
  const { actionId, value }: { actionId: string; value?: string } =
    typeof name === 'string' ? { actionId: name } : name;
  for (const block of blocks) {
    const elements = [block['elements'], block['accessory']].flat() as readonly (Block | undefined)[];
    const button = elements.find(
      (element) =>
        element?.type === 'button' &&
        element['action_id'] === actionId &&
        (value === undefined || element['value'] === value),
    );
    if (button !== undefined) return { button, blockId: block.block_id ?? '' };
  }
  return undefined;
}

function wireMessage({ ts, user, bot_id, text, blocks, thread_ts, edited }: MessageRow): object {
  return { ts, user, bot_id, text, blocks, thread_ts, edited };
}

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
