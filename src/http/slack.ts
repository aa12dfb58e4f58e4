import type { Route, WireRequest } from './wire.ts';

/** `POST /slack/events`: commands, clicks and events, answered by the receiver. */
export function slackRoute(
  handle: (request: {
    readonly headers: WireRequest['headers'];
    readonly rawBody: Buffer;
  }) => Promise<{ readonly status: number; readonly json?: unknown }>,
): Route {
  return {
    method: 'POST',
    path: '/slack/events',
    handle: ({ headers, body }) => handle({ headers, rawBody: body }),
  };
}
