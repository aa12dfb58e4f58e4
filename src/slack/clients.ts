import { WebClient, type WebClientOptions } from '@slack/web-api';
import { z } from 'zod';
import type { Milliseconds } from '../core/time.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import { slackLogger, type Log } from './log.ts';

export interface SlackAccess {
  readonly token: Secret;
  /** `SLACK_API_URL`; `https://slack.com/api/` is Slack's. */
  readonly apiUrl: string;
  /** For one call. */
  readonly timeout: Milliseconds;
  readonly log: Log;
}

/** The outbox waits and tries again, and nobody else: the library would post twice after a lost answer. */
export function clientOptions({ apiUrl, timeout, log }: Omit<SlackAccess, 'token'>): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: slackLogger(log),
  };
}

/** A rate limit pauses a whole client; pages must not wait behind threads, nor answers behind pages. */
export interface SlackClients {
  readonly interaction: WebClient;
  readonly paging: WebClient;
  readonly timeline: WebClient;
}

export function slackClients(access: SlackAccess, fetchBy = fetch): SlackClients {
  const client = (): WebClient =>
    new WebClient(reveal(access.token), { ...clientOptions(access), fetch: fetchBy });
  return { interaction: client(), paging: client(), timeline: client() };
}

/** Who the bot is, and where. */
export interface Workspace {
  readonly teamId: string;
  /** `https://acme.slack.com/`; undefined where Slack does not say. */
  readonly url?: string | undefined;
  readonly enterpriseId: string | undefined;
  /** The app is installed for the whole Enterprise organization, and not for one of its workspaces. */
  readonly wholeEnterprise: boolean;
  readonly botId: string;
  readonly botUserId: string;
}

const authTest = z.object({
  team_id: z.string(),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .catch(undefined),
  enterprise_id: z.string().nullish(),
  is_enterprise_install: z.boolean().default(false),
  bot_id: z.string(),
  user_id: z.string(),
});

/**
 * Asks Slack once, however many wait for it, and again after a failure: Bolt would remember the failure and refuse
 * everybody until a restart.
 * @throws what web-api throws when Slack does not answer, or does not accept the token.
 */
export function workspaceOf(client: WebClient): () => Promise<Workspace> {
  let asked: Promise<Workspace> | undefined;
  return () => {
    asked ??= askWhoWeAre(client).catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
    return asked;
  };
}

async function askWhoWeAre(client: WebClient): Promise<Workspace> {
  const answer = authTest.parse(await client.auth.test());
  return {
    teamId: answer.team_id,
    url: answer.url,
    enterpriseId: answer.enterprise_id ?? undefined,
    wholeEnterprise: answer.is_enterprise_install,
    botId: answer.bot_id,
    botUserId: answer.user_id,
  };
}

/** `users.info`, asked anew each time: an account may have been closed a minute ago. */
export async function lookUpUser(client: WebClient, userId: string): Promise<unknown> {
  const answer = await client.users.info({ user: userId });
  return answer.user;
}
