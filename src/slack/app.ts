import { App, type CodedError } from '@slack/bolt';
import { z } from 'zod';
import type { Instant } from '../core/time.ts';
import { reveal } from '../trust/secrets.ts';
import type { Click } from './clicks.ts';
import { clientOptions, type SlackAccess, type Workspace } from './clients.ts';
import { slackLogger } from './log.ts';
import type { Delivery, SlackReceiver } from './receiver.ts';
import { isResponseUrl } from './response-url.ts';

/** Who did something where, and how to answer. */
interface Interaction {
  readonly userId: string;
  readonly conversation: string;
  /** Undefined when the payload names none, or one that is not Slack's. */
  readonly responseUrl: string | undefined;
  readonly inboxId: string;
  /** When it came in. */
  readonly at: Instant;
}

export interface TypedCommand extends Interaction {
  /** `/rollback` */
  readonly command: string;
  readonly text: string;
}

export interface PressedButton extends Interaction, Click {
  readonly messageTs: string;
}

/** A message that another app has marked with metadata. */
export interface MarkedMessage {
  readonly eventType: string;
  readonly payload: unknown;
  readonly appId: string;
  readonly conversation: string;
  readonly messageTs: string;
  readonly inboxId: string;
}

export interface SlackHandlers {
  readonly onCommand: (command: TypedCommand) => Promise<void>;
  readonly onClick: (click: PressedButton) => Promise<void>;
  /** Answers why the message is nothing for us; undefined when it has been dealt with. */
  readonly onMarked: (message: MarkedMessage) => Promise<string | undefined>;
}

/**
 * Gives the receiver a Bolt app that knows our commands and buttons. Every item from our own workspace reaches a
 * handler; what a handler throws, `receiver.process` rejects with.
 * @param options.commands with their slash: `/rollback`
 */
export function createSlackApp(
  options: SlackAccess &
    SlackHandlers & {
      readonly receiver: SlackReceiver;
      readonly workspace: () => Promise<Workspace>;
      readonly commands: readonly string[];
    },
): void {
  const { token, apiUrl, log, receiver, workspace, commands, onCommand, onClick, onMarked } = options;
  const app = new App<{ delivery: Delivery }>({
    receiver,
    // Ours, so that a Slack that is down for a moment is asked again for the next item.
    authorize: async () => {
      const { botId, botUserId } = await workspace();
      return { botToken: reveal(token), botId, botUserId };
    },
    tokenVerificationEnabled: false,
    clientOptions: clientOptions(options),
    convoStore: false,
    logger: slackLogger(log),
  });
  // Bolt wraps what is thrown; whoever works on the inbox needs the thing itself.
  app.error(async (error: CodedError) => Promise.reject(error.original ?? error));

  app.use(async ({ body, context, next }) => {
    const why = foreign(body, await workspace());
    if (why === undefined) return next();
    context.delivery.processed = { status: 'ignored', why };
    log.warn({ item: context.delivery.inboxId, why }, 'something from a foreign workspace was ignored');
  });

  const responseUrl = (url: string | undefined): string | undefined => {
    if (url === undefined || isResponseUrl(url, apiUrl)) return url;
    log.warn({}, 'a response_url that does not belong to Slack was left unused');
    return undefined;
  };

  for (const command of commands) {
    app.command(command, async ({ body, context: { delivery } }) => {
      const typed = commandBody.parse(body);
      delivery.processed = { status: 'handled' };
      await onCommand({
        command: typed.command,
        text: typed.text,
        userId: typed.user_id,
        conversation: typed.channel_id,
        responseUrl: responseUrl(typed.response_url),
        inboxId: delivery.inboxId,
        at: delivery.at,
      });
    });
  }

  app.event('message_metadata_posted', async ({ body, context: { delivery } }) => {
    const { team_id, event } = markedBody.parse(body);
    // In a shared conversation another company's app may post, too; the event still comes for our own workspace.
    const why =
      event.team_id === team_id
        ? await onMarked({
            eventType: event.metadata.event_type,
            payload: event.metadata.event_payload,
            appId: event.app_id,
            conversation: event.channel_id,
            messageTs: event.message_ts,
            inboxId: delivery.inboxId,
          })
        : `its message is from the workspace ${event.team_id}`;
    delivery.processed = why === undefined ? { status: 'handled' } : { status: 'ignored', why };
  });

  // Also buttons that we do not know any more: whoever presses one gets an answer.
  app.action(/^/, async ({ body, context: { delivery } }) => {
    const click = clickBody.parse(body);
    const [action] = click.actions;
    delivery.processed = { status: 'handled' };
    await onClick({
      actionId: action.action_id,
      value: action.value,
      userId: click.user.id,
      conversation: click.container.channel_id,
      messageTs: click.container.message_ts,
      responseUrl: responseUrl(click.response_url),
      inboxId: delivery.inboxId,
      at: delivery.at,
    });
  });
}

const commandBody = z.object({
  command: z.string(),
  text: z.string().default(''),
  user_id: z.string(),
  channel_id: z.string(),
  response_url: z.string().optional(),
});

const markedBody = z.object({
  team_id: z.string(),
  event: z.object({
    app_id: z.string(),
    team_id: z.string(),
    channel_id: z.string(),
    message_ts: z.string(),
    metadata: z.object({ event_type: z.string(), event_payload: z.unknown() }),
  }),
});

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'expected JSON' });
    return z.NEVER;
  }
});

const clickBody = z.object({
  user: z.object({ id: z.string() }),
  container: z.object({ message_ts: z.string(), channel_id: z.string() }),
  response_url: z.string().optional(),
  actions: z
    .tuple([z.object({ action_id: z.string(), value: json.optional().catch(undefined) })])
    .rest(z.unknown()),
});

/**
 * Who a payload is from, in all the ways in which Slack says it. `team` is where it happened, null for an app that is
 * installed for a whole organization; `user.team_id` is whose person it was, in an organization one of their workspaces.
 */
const origin = z.object({
  team_id: z.string().nullish(),
  team: z.object({ id: z.string() }).nullish(),
  enterprise_id: z.string().nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  user: z.object({ team_id: z.string().nullish() }).optional(),
});

/**
 * Whoever acts is looked up afterwards; this is about where.
 * @returns what is foreign about a payload; undefined when it is from our own workspace or organization.
 */
function foreign(body: unknown, ours: Workspace): string | undefined {
  const { data } = origin.safeParse(body);
  if (!data) return 'it does not say which workspace it is from';
  const enterprise = data.enterprise?.id ?? data.enterprise_id ?? undefined;
  if (ours.wholeEnterprise || enterprise !== undefined) {
    if (enterprise !== ours.enterpriseId) return `it is from the enterprise ${enterprise ?? '(unnamed)'}`;
    if (ours.wholeEnterprise) return undefined;
  }
  const people = data.user?.team_id ?? undefined;
  const place = data.team?.id ?? data.team_id ?? people;
  if (place !== ours.teamId) return `it is from the workspace ${place ?? '(unnamed)'}`;
  // In an organization, somebody of ours may be named after another of their workspaces.
  if (data.user && ours.enterpriseId === undefined && people !== ours.teamId)
    return `it is from the workspace ${people ?? '(unnamed)'}`;
  return undefined;
}
