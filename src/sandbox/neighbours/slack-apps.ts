import type { Delivery } from './slack-client.ts';
import { signSlackRequest, type SignedRequest } from './slack-request.ts';
import { BOT, type MessageRow, type Workspace } from './slack-workspace.ts';

/** Another app in the workspace: a release bot. */
export interface SlackApp {
  readonly appId: string;
  readonly botId: string;
  readonly userId: string;
}

export interface PostedByApp {
  readonly ts: string;
  /** The event that its metadata set off, as our app got it. */
  readonly event: SignedRequest;
  readonly delivery: Delivery;
}

/** Posts as another app. What it marks with metadata becomes an event for every app that has subscribed to it. */
export type PostAs = (
  app: SlackApp,
  conversationId: string,
  message: { readonly text: string; readonly metadata: NonNullable<MessageRow['metadata']> },
) => Promise<PostedByApp>;

export function createApps(
  workspace: Workspace,
  options: {
    readonly signingSecret: string;
    readonly requestUrl: () => string | undefined;
    readonly deliver: (request: SignedRequest) => Promise<Delivery>;
  },
): { readonly postAs: PostAs } {
  return {
    async postAs({ appId, botId, userId }, conversationId, { text, metadata }) {
      const { ts } = workspace.post({
        channel_id: conversationId,
        user: userId,
        bot_id: botId,
        app_id: appId,
        text,
        metadata,
      });
      const number = workspace.nextNumber();
      const body = {
        token: 'verification-token-that-nobody-should-trust',
        team_id: workspace.team.id,
        api_app_id: BOT.appId,
        event: {
          type: 'message_metadata_posted',
          app_id: appId,
          bot_id: botId,
          user_id: userId,
          team_id: workspace.team.id,
          channel_id: conversationId,
          metadata,
          message_ts: ts,
          event_ts: ts,
        },
        type: 'event_callback',
        event_id: `Ev${number}`,
        event_time: Math.floor(workspace.now().getTime() / 1000),
        authorizations: [
          {
            enterprise_id: null,
            team_id: workspace.team.id,
            user_id: BOT.userId,
            is_bot: true,
            is_enterprise_install: false,
          },
        ],
        is_ext_shared_channel: false,
      };
      const event = signSlackRequest({
        url: options.requestUrl() ?? '',
        signingSecret: options.signingSecret,
        contentType: 'application/json',
        body: JSON.stringify(body),
        at: workspace.now(),
      });
      return { ts, event, delivery: await options.deliver(event) };
    },
  };
}
