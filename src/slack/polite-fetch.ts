import { WebAPIRateLimitedError } from '@slack/web-api';
import type { Instant } from '../core/time.ts';

/**
 * Leaves Slack alone for as long as a 429 asks for: a method, in the conversation that it was about. What comes
 * meanwhile is turned away here, as Slack would do it, and told when to come again.
 */
export function politeFetch(now: () => Instant): typeof fetch {
  const closed = new Map<string, { readonly since: Instant; readonly until: Instant }>();
  return async (url, init) => {
    const what = methodAndConversation(url, init?.body);
    const { since, until } = closed.get(what) ?? { since: 0, until: 0 };
    const at = now();
    // Before `since` only when the clock was set back: then nobody knows how long is left, and Slack may say it again.
    if (since <= at && at < until) throw new WebAPIRateLimitedError((until - at) / 1_000);
    closed.delete(what);
    const response = await fetch(url, init);
    const seconds = Number(response.headers.get('retry-after'));
    if (response.status === 429 && seconds > 0)
      closed.set(what, { since: now(), until: now() + seconds * 1_000 });
    return response;
  };
}

function methodAndConversation(url: Parameters<typeof fetch>[0], body: unknown): string {
  const conversation = typeof body === 'string' ? new URLSearchParams(body).get('channel') : undefined;
  return `${url instanceof Request ? url.url : String(url)} ${conversation ?? ''}`;
}
