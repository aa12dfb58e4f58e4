import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import type { Milliseconds } from '../core/time.ts';
import { isTrouble, networkCode, slackError } from './posting.ts';

/** How a connection to Slack ended, or did not come about. */
export type SocketEnding =
  /** Slack renews each every few hours: nothing is wrong. */
  | { readonly kind: 'renewed' }
  /** Trying again helps, and not before `after`. */
  | { readonly kind: 'lost'; readonly why: string; readonly after?: Milliseconds }
  /** Somebody has to put something right; `why` says what. */
  | { readonly kind: 'refused'; readonly why: string };

/** @param reason of Slack's `disconnect` message, or `lost` */
export function endingFor(reason: string): SocketEnding {
  switch (reason) {
    case 'warning':
    case 'refresh_requested':
      return { kind: 'renewed' };
    case 'link_disabled':
      return {
        kind: 'refused',
        why:
          'Socket Mode is switched off for the Slack app (link_disabled): switch it on at ' +
          'https://api.slack.com/apps, or unset SLACK_APP_TOKEN to be reached over HTTP.',
      };
    case 'too_many_websockets':
      return {
        kind: 'lost',
        why:
          'the Slack app has ten connections already, and Slack allows no more (too_many_websockets): ' +
          'where else does something run with this SLACK_APP_TOKEN?',
        after: 30_000,
      };
    case 'lost':
      return { kind: 'lost', why: 'the connection broke' };
    default:
      return { kind: 'lost', why: `Slack ended the connection (${reason.slice(0, 40)})` };
  }
}

/** @param error what asking for an address, or connecting to it, threw */
export function endingOf(error: unknown): Exclude<SocketEnding, { kind: 'renewed' }> {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'lost', why: 'Slack asks us to slow down', after: error.retryAfter * 1_000 };
  if (error instanceof WebAPIHTTPError) return { kind: 'lost', why: `Slack answered ${error.statusCode}` };
  if (error instanceof WebAPIRequestError)
    return { kind: 'lost', why: networkCode(error.original) ?? error.original.message };
  if (error instanceof WebAPIPlatformError) {
    const code = slackError(error);
    if (code === undefined) return { kind: 'lost', why: 'something that is not Slack answered' };
    if (isTrouble(code)) return { kind: 'lost', why: `Slack has trouble (${code})` };
    return { kind: 'refused', why: adviceFor(code) };
  }
  return { kind: 'lost', why: error instanceof Error ? error.message : String(error) };
}

function adviceFor(code: string): string {
  switch (code) {
    case 'not_authed':
    case 'invalid_auth':
    case 'account_inactive':
    case 'token_revoked':
    case 'token_expired':
      return `Slack does not accept SLACK_APP_TOKEN (${code}): copy it again, or make a new app-level token, with the scope connections:write, under Basic Information at https://api.slack.com/apps.`;
    case 'missing_scope':
    case 'not_allowed_token_type':
    case 'no_permission':
      return `SLACK_APP_TOKEN may not open connections (${code}): make a new app-level token, with the scope connections:write, under Basic Information at https://api.slack.com/apps.`;
    default:
      return `Slack opens no connection for SLACK_APP_TOKEN (${code}): look at the app at https://api.slack.com/apps.`;
  }
}
