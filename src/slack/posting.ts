import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  type WebClient,
} from '@slack/web-api';
import { z } from 'zod';
import type { Outcome } from '../core/effect.ts';
import type { View } from './views/blocks.ts';

/** Marks our messages, so that one can be found again whose answer was lost. */
const eventType = 'lastgood_effect';

/** A place for a message: a conversation (or, for a direct message, a person), and maybe a thread in it. */
export interface Place {
  readonly channel: string;
  readonly thread?: string;
  /** Shown in the conversation, too. */
  readonly broadcast?: boolean;
}

const posted = z.object({ ts: z.string(), channel: z.string() });
export type Posted = z.infer<typeof posted>;

/** What every message has: nothing in it is interpreted that we did not write. */
const inert = { parse: 'none', unfurl_links: false, unfurl_media: false } as const;

/**
 * Posts a message under an effect's id. With `mayHaveHappened` it looks for that id first and posts only when it is
 * not there.
 * @param effect with `ratherTwice` also when nobody can say whether it is there
 * @throws what web-api throws; `outcomeOf` reads it
 */
export async function post(
  client: WebClient,
  place: Place,
  { text, blocks }: View,
  effect: { readonly id: string; readonly mayHaveHappened: boolean; readonly ratherTwice?: boolean },
): Promise<Posted> {
  const found = effect.mayHaveHappened ? await find(client, place, effect) : undefined;
  if (found) return found;
  const { channel, thread, broadcast } = place;
  const metadata = { event_type: eventType, event_payload: { id: effect.id } };
  const message = { ...inert, channel, text, blocks, metadata };
  const answer = await client.chat.postMessage(
    thread === undefined ? message : { ...message, thread_ts: thread, reply_broadcast: broadcast === true },
  );
  return posted.parse(answer);
}

/** @throws what web-api throws; `message_not_found` when somebody has deleted it */
export async function update(
  client: WebClient,
  { channel, ts }: Posted,
  { text, blocks }: View,
): Promise<void> {
  await client.chat.update({ parse: 'none', channel, ts, text, blocks });
}

/** How far back a message is looked for: pages of 200, newest first. */
const pagesRead = 5;

const pageOfMessages = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({ event_type: z.string(), event_payload: z.record(z.string(), z.unknown()) })
        .optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/**
 * Without the right to read the conversation nothing is found, and the message goes out a second time: better two
 * than none.
 */
async function find(
  client: WebClient,
  place: Place,
  { id, ratherTwice = false }: { readonly id: string; readonly ratherTwice?: boolean },
): Promise<Posted | undefined> {
  try {
    const channel = await conversationOf(client, place.channel);
    let cursor: string | undefined;
    for (let page = 0; page < pagesRead; page += 1) {
      const asked = { channel, include_all_metadata: true, limit: 200, ...(cursor && { cursor }) };
      const answer =
        place.thread === undefined
          ? await client.conversations.history(asked)
          : await client.conversations.replies({ ...asked, ts: place.thread });
      const { messages, response_metadata } = pageOfMessages.parse(answer);
      const message = messages.find(
        ({ metadata }) => metadata?.event_type === eventType && metadata.event_payload['id'] === id,
      );
      if (message) return { ts: message.ts, channel };
      cursor = response_metadata?.next_cursor;
      if (!cursor) return undefined;
    }
    return undefined;
  } catch (error) {
    if (ratherTwice || slackError(error) === 'missing_scope') return undefined;
    throw error;
  }
}

/** A message to a person goes into the conversation with them, which has an id of its own. */
async function conversationOf(client: WebClient, channel: string): Promise<string> {
  if (!/^[UW]/.test(channel)) return channel;
  const opened = await client.conversations.open({ users: channel });
  return opened.channel?.id ?? channel;
}

/** Slack's own error code; undefined when it was not Slack that answered. */
export function slackError(error: unknown): string | undefined {
  if (!(error instanceof WebAPIPlatformError)) return undefined;
  // A proxy's page also arrives as the `error` of an answer.
  return /^[a-z0-9_]+$/.test(error.data.error) ? error.data.error : undefined;
}

/** Slack's own trouble: some of it may have taken effect. */
const slackTrouble = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];
const rateLimits = ['ratelimited', 'rate_limited'];

/** Whether an error code of Slack's passes by itself. */
export function isTrouble(code: string): boolean {
  return slackTrouble.includes(code) || rateLimits.includes(code);
}

const neverSent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'];

/**
 * What a failed call means for its effect.
 * @param repeatable an update: doing it twice is the same as once
 * @param where the conversation's name as people know it
 */
export function outcomeOf(error: unknown, repeatable: boolean, where: string): Outcome {
  const again = (why: string, certain: boolean): Outcome => ({
    status: 'retry',
    why,
    mayHaveHappened: !certain && !repeatable,
  });
  if (error instanceof WebAPIRateLimitedError) {
    const after = error.retryAfter * 1_000;
    return {
      status: 'retry',
      why: 'Slack asks us to slow down',
      after,
      putOff: true,
      mayHaveHappened: false,
    };
  }
  if (error instanceof WebAPIPlatformError) {
    const code = slackError(error);
    if (code === undefined) return again('something that is not Slack answered', false);
    if (slackTrouble.includes(code)) return again(`Slack has trouble (${code})`, false);
    if (rateLimits.includes(code)) return again(`Slack asks us to slow down (${code})`, true);
    return { status: 'failed', why: adviceFor(code, error, where) };
  }
  if (error instanceof WebAPIHTTPError) {
    const why = `Slack answered ${error.statusCode}`;
    if (error.statusCode >= 500 || error.statusCode === 408) return again(why, false);
    return { status: 'failed', why: `${why}: check SLACK_API_URL and what stands between us and Slack.` };
  }
  if (error instanceof WebAPIRequestError) {
    const code = networkCode(error.original);
    return again(
      `Slack could not be reached (${code ?? error.original.message})`,
      neverSent.includes(code ?? ''),
    );
  }
  // An answer that broke off, or that has not the form it should have.
  return again(error instanceof Error ? error.message : String(error), false);
}

/** `ECONNREFUSED` and the like, from what web-api's request errors carry. */
export function networkCode({ cause }: Error): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

function noDirectMessage(where: string, code: string): string {
  return `Slack takes no direct message for ${where} (${code}): check the Slack id in roster.yml.`;
}

/** Words that say what to do. */
function adviceFor(code: string, error: WebAPIPlatformError, where: string): string {
  switch (code) {
    case 'channel_not_found':
    case 'not_in_channel':
      // A person's name has no hash before it: it was a direct message.
      if (!where.startsWith('#')) return noDirectMessage(where, code);
      return `The bot is not in ${where} (${code}): invite it there with /invite @lastgood, and check notifications.yml.`;
    case 'is_archived':
      return `${where} is archived: name another conversation in notifications.yml.`;
    case 'restricted_action':
    case 'restricted_action_read_only_channel':
      return `The bot may not post in ${where} (${code}): allow it in the conversation's settings.`;
    case 'user_not_found':
    case 'user_disabled':
    case 'cannot_dm_bot':
    case 'messages_tab_disabled':
      return noDirectMessage(where, code);
    case 'not_authed':
    case 'invalid_auth':
    case 'account_inactive':
    case 'token_revoked':
    case 'token_expired':
      return `Slack does not accept the bot's token (${code}): install the app again and set SLACK_BOT_TOKEN.`;
    case 'missing_scope':
      return `The app lacks a scope (${detailsOf(error).needed ?? code}): install it again with manifest.yml.`;
    case 'invalid_blocks':
    case 'msg_blocks_too_long':
    case 'msg_too_long':
      return `Slack refuses the form of the message (${[code, ...detailsOf(error).errors.slice(0, 3)].join(', ')}): please report this.`;
    default:
      return `Slack refuses it: ${code}.`;
  }
}

/** What Slack says besides the code: the scope that is missing, the places of wrong blocks. */
function detailsOf(error: WebAPIPlatformError): z.infer<typeof details> {
  return details.parse(error.data);
}

const details = z.object({
  needed: z.string().optional().catch(undefined),
  errors: z.array(z.string()).default([]).catch([]),
});
