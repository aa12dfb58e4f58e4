import { createHmac } from 'node:crypto';
import { verifySlackRequest } from '@slack/bolt';
import type { Instant, Milliseconds } from '../core/time.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import { decode, slackItem, type Receive } from './item.ts';
import type { Log } from './log.ts';
import type { Doubt, RequestTally } from './request-tally.ts';

/** A request as our HTTP server took it: header names in lower case, the very bytes of the body. */
export interface SlackRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawBody: Buffer;
}

/** What to answer it with; without `json` the body is empty. */
export interface SlackResponse {
  readonly status: 200 | 400 | 401 | 503;
  readonly json?: unknown;
}

/** Slack's window, and the same into the future: Bolt accepts a timestamp that is an hour ahead. */
const windowSeconds = 300;

/** Anybody can send us unsigned requests: they shall not fill the log. */
const warnEvery: Milliseconds = 60_000;

/**
 * Answers `POST /slack/events`. A body is authentic and durable before Slack is told 200; nothing is worked on here.
 */
export function slackOverHttp(options: {
  readonly signingSecret: Secret;
  readonly now: () => Instant;
  readonly receive: Receive;
  readonly tally: RequestTally;
  readonly log: Log;
}): (request: SlackRequest) => Promise<SlackResponse> {
  const { signingSecret, now, receive, tally, log } = options;
  let warnedAt: Instant | undefined;

  function warn(at: Instant): void {
    if (warnedAt !== undefined && at - warnedAt < warnEvery) return;
    warnedAt = at;
    log.warn(
      {},
      'a request to /slack/events was not signed with SLACK_SIGNING_SECRET; if Slack shows dispatch_failed, compare it with Basic Information',
    );
  }

  return async (request) => {
    const at = now();
    const judged = authenticate(request, reveal(signingSecret), at);
    if ('doubt' in judged) {
      if (judged.doubt) tally.refused(at, judged.doubt);
      warn(at);
      return { status: 401 };
    }
    tally.taken(at);
    const { contentType, raw, hmac } = judged;
    const body = decode({ contentType, raw });
    if (!body) return { status: 400 };
    if (body['type'] === 'url_verification') return { status: 200, json: { challenge: body['challenge'] } };
    try {
      // Our HMAC stands in for a missing id, never the header, of which one signature has many spellings.
      await receive(slackItem({ contentType, raw }, body, `request/${hmac}`, at));
      return { status: 200 };
    } catch (error) {
      log.error({ error }, 'a request from Slack could not be stored and was answered 503');
      return { status: 503 };
    }
  };
}

/** Whether Slack signed these very bytes a moment ago. */
function authenticate(
  { headers, rawBody }: SlackRequest,
  signingSecret: string,
  at: Instant,
):
  | { readonly contentType: string; readonly raw: string; readonly hmac: string }
  // Undefined for what has not even the form of Slack's: anybody's noise.
  | { readonly doubt: Doubt | undefined } {
  // A doubled header comes as a list or joined by commas: neither has the form of a single one.
  const signature = single(headers['x-slack-signature'], /^v0=[0-9a-f]{64}$/);
  const timestamp = single(headers['x-slack-request-timestamp'], /^\d{1,12}$/);
  const contentType = single(headers['content-type'], /^application\/(json|x-www-form-urlencoded)\b/);
  if (signature === undefined || timestamp === undefined || contentType === undefined)
    return { doubt: undefined };
  const seconds = Number(timestamp);
  if (Math.abs(Math.floor(at / 1_000) - seconds) > windowSeconds) return { doubt: 'timestamp' };
  const raw = rawBody.toString('utf8');
  try {
    verifySlackRequest({
      signingSecret,
      body: raw,
      headers: { 'x-slack-signature': signature, 'x-slack-request-timestamp': seconds },
      nowMilliseconds: at,
    });
  } catch {
    // This is how Bolt says no.
    return { doubt: 'signature' };
  }
  // From the number: `01772359200` and `1772359200` are one timestamp.
  const hmac = createHmac('sha256', signingSecret).update(`v0:${seconds}:`).update(rawBody).digest('hex');
  return { contentType, raw, hmac };
}

function single(value: string | readonly string[] | undefined, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}
