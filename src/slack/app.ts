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

export interface SlackHandlers {
  readonly onCommand: (command: TypedCommand) => Promise<void>;
  readonly onClick: (click: PressedButton) => Promise<void>;
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
  const { token, apiUrl, log, receiver, workspace, commands, onCommand, onClick } = options;
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

/** Who a payload is from, in all the ways in which Slack says it. A clicker's team is `user.team_id`, not `team.id`. */
const origin = z.object({
  team_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
  enterprise: z.object({ id: z.string() }).nullish(),
  user: z.object({ team_id: z.string().optional() }).optional(),
});

/** @returns what is foreign about a payload; undefined when it is from our own workspace. */
function foreign(body: unknown, ours: Workspace): string | undefined {
  const { data } = origin.safeParse(body);
  if (!data) return 'it does not say which workspace it is from';
  const team = data.user ? data.user.team_id : data.team_id;
  if (team !== ours.teamId) return `it is from the workspace ${team ?? '(unnamed)'}`;
  const enterprise = data.enterprise?.id ?? data.enterprise_id ?? ours.enterpriseId;
  if (enterprise !== ours.enterpriseId) return `it is from the enterprise ${enterprise ?? '(unnamed)'}`;
  return undefined;
}
