import { createHmac } from 'node:crypto';
import type { Block } from './block-kit.ts';

/** A request as Slack would send it: signed, and not sent yet, so that a test may tamper with it or send it twice. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a raw body as Slack does: `v0=` and the hex HMAC-SHA256 of `v0:<seconds>:<body>`. */
export function signSlackRequest(request: {
  readonly url: string;
  readonly signingSecret: string;
  /** By default a form, which commands and clicks are; events are JSON. */
  readonly contentType?: 'application/x-www-form-urlencoded' | 'application/json';
  readonly body: string;
  readonly at: Date;
}): SignedRequest {
  const seconds = Math.floor(request.at.getTime() / 1000);
  const digest = createHmac('sha256', request.signingSecret)
    .update(`v0:${seconds}:${request.body}`)
    .digest('hex');
  return {
    url: request.url,
    headers: {
      'Content-Type': request.contentType ?? 'application/x-www-form-urlencoded',
      'User-Agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'X-Slack-Request-Timestamp': String(seconds),
      'X-Slack-Signature': `v0=${digest}`,
    },
    body: request.body,
  };
}

/** What every interaction of a person carries. */
export interface Interaction {
  readonly teamId: string;
  readonly teamDomain: string;
  readonly appId: string;
  readonly user: { readonly id: string; readonly name: string };
  readonly conversation: { readonly id: string; readonly name: string };
  readonly triggerId: string;
  readonly responseUrl: string;
}

export function commandBody(from: Interaction, command: string, text: string): string {
  return new URLSearchParams({
    token: 'verification-token-that-nobody-should-trust',
    team_id: from.teamId,
    team_domain: from.teamDomain,
    channel_id: from.conversation.id,
    channel_name: from.conversation.name,
    user_id: from.user.id,
    user_name: from.user.name,
    command,
    text,
    api_app_id: from.appId,
    is_enterprise_install: 'false',
    response_url: from.responseUrl,
    trigger_id: from.triggerId,
  }).toString();
}

export interface Click {
  readonly messageTs: string;
  readonly threadTs?: string | undefined;
  /** Slack sends the message along, except when it was ephemeral. */
  readonly message?: object | undefined;
  readonly ephemeral: boolean;
  readonly button: Block;
  readonly blockId: string;
  readonly actionTs: string;
}

export function clickBody(from: Interaction, click: Click): string {
  const { action_id, text, value, style } = click.button;
  const payload = {
    type: 'block_actions',
    user: { id: from.user.id, username: from.user.name, name: from.user.name, team_id: from.teamId },
    api_app_id: from.appId,
    token: 'verification-token-that-nobody-should-trust',
    container: {
      type: 'message',
      message_ts: click.messageTs,
      channel_id: from.conversation.id,
      is_ephemeral: click.ephemeral,
      ...(click.threadTs !== undefined && { thread_ts: click.threadTs }),
    },
    trigger_id: from.triggerId,
    team: { id: from.teamId, domain: from.teamDomain },
    enterprise: null,
    is_enterprise_install: false,
    channel: { id: from.conversation.id, name: from.conversation.name },
    ...(click.message !== undefined && { message: click.message }),
    state: { values: {} },
    response_url: from.responseUrl,
    actions: [
      { action_id, block_id: click.blockId, text, value, style, type: 'button', action_ts: click.actionTs },
    ],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}
