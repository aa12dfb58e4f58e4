import { isWebhookToken, type WebhookTokens } from '../trust/webhook-token.ts';
import type { Route } from './wire.ts';

/**
 * `POST /webhooks/<source>`: authentic, then durable, then answered; understood later. A body that cannot be read is
 * accepted all the same and goes into quarantine, since its sender would not know what to do about it.
 * Alertmanager tries again only after a 5xx, so what cannot be stored is answered 503.
 */
export function webhookRoutes(options: {
  readonly sources: readonly string[];
  readonly tokens: WebhookTokens;
  readonly receive: (source: string, body: string) => Promise<void>;
  readonly failed: (error: unknown, source: string) => void;
}): readonly Route[] {
  const { sources, tokens, receive, failed } = options;
  return sources.map((source) => ({
    method: 'POST',
    path: `/webhooks/${source}`,
    handle: async ({ headers, body }) => {
      if (!isWebhookToken(tokens, source, headers.authorization)) {
        const error = `Send “Authorization: Bearer <token>” with a token whose SHA-256 is in WEBHOOK_TOKENS under ${source}.`;
        return { status: 401, json: { error } };
      }
      try {
        await receive(source, body.toString('utf8'));
        return { status: 202, json: { accepted: true } };
      } catch (error) {
        failed(error, source);
        return { status: 503, json: { error: 'The alert could not be stored; send it again.' } };
      }
    },
  }));
}
