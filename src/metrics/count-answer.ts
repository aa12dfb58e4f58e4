import type { Metrics, Result } from './metrics.ts';

/**
 * How the web server has answered on a route. What a webhook or Slack stored is counted where it is stored; what was
 * turned away at the door is counted here, and whatever became of a request to the API.
 */
export function countAnswer(
  metrics: Metrics,
  route: { readonly method: string; readonly path: string },
  status: number,
): void {
  const source = sourceOf(route);
  if (source === undefined) return;
  const result = turnedAway(status) ?? (source === 'api' ? answered(status) : undefined);
  if (result) metrics.received.inc({ source: metrics.source(source), result });
}

function sourceOf({ method, path }: Parameters<typeof countAnswer>[1]): string | undefined {
  if (method !== 'POST') return undefined;
  if (path === '/slack/events') return 'slack';
  if (path.startsWith('/webhooks/')) return path.slice('/webhooks/'.length);
  return path.startsWith('/api/') ? 'api' : undefined;
}

function turnedAway(status: number): Result | undefined {
  switch (status) {
    case 401:
    case 403:
      return 'unauthentic';
    case 413:
      return 'too-large';
    case 400:
    case 404:
    case 415:
    case 422:
      return 'malformed';
    default:
      return undefined;
  }
}

/** A refusal, too, was well received: who refused is not the server. */
function answered(status: number): Result | undefined {
  return status >= 500 ? 'unavailable' : 'accepted';
}
