import { createHmac } from 'node:crypto';
import { verifySlackRequest, type App, type Receiver } from '@slack/bolt';
import { z } from 'zod';
import type { Instant } from '../core/time.ts';
import { reveal, type Secret } from '../trust/secrets.ts';
import type { Log } from './log.ts';

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

/** What goes into the inbox. `body` is the raw body with its content type, as JSON. */
export interface SlackItem {
  readonly id: string;
  readonly source: 'slack';
  readonly at: Instant;
  readonly body: string;
}

/** What came of an item: a handler had it, or it was nobody's, and why. */
export type Processed = { readonly status: 'handled' } | { readonly status: 'ignored'; readonly why: string };

/** Travels through Bolt with one item; in its listeners it is `context.delivery`. */
export interface Delivery {
  readonly inboxId: string;
  readonly at: Instant;
  processed: Processed;
}

export interface SlackReceiver extends Receiver {
  /** Answers `POST /slack/events`. Authentic and durable before it says 200; nothing is worked on here. */
  readonly handle: (request: SlackRequest) => Promise<SlackResponse>;
  /** Works on an item from the inbox, also one of an earlier life. Rejects with what a handler threw. */
  readonly process: (item: Pick<SlackItem, 'id' | 'at' | 'body'>) => Promise<Processed>;
}

/** Slack's window, and the same into the future: Bolt accepts a timestamp that is an hour ahead. */
const windowSeconds = 300;

/**
 * Bolt's `Receiver`, without a listener of its own: one HTTP server serves everything. `receive` commits to the
 * inbox, whose worker calls `process`; it answers `new: false` for an id that is there already, and rejects when it
 * cannot store.
 */
export function slackReceiver(options: {
  readonly signingSecret: Secret;
  readonly now: () => Instant;
  readonly receive: (item: SlackItem) => Promise<{ readonly new: boolean }>;
  readonly log: Log;
}): SlackReceiver {
  const { signingSecret, now, receive, log } = options;
  let app: Pick<App, 'processEvent'> | undefined;

  return {
    init(bolt) {
      app = bolt;
    },
    // The HTTP server that calls `handle` starts and stops by itself.
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),

    async handle(request) {
      const at = now();
      const authentic = authenticate(request, reveal(signingSecret), at);
      if (!authentic) return { status: 401 };
      const { contentType, raw, hmac } = authentic;
      const body = decode(contentType, raw);
      if (!body) return { status: 400 };
      if (body['type'] === 'url_verification') return { status: 200, json: { challenge: body['challenge'] } };

      const item: SlackItem = {
        id: inboxId(body, hmac),
        source: 'slack',
        at,
        body: JSON.stringify({ contentType, raw } satisfies StoredBody),
      };
      try {
        await receive(item);
        return { status: 200 };
      } catch (error) {
        log.error({ error }, 'a request from Slack could not be stored and was answered 503');
        return { status: 503 };
      }
    },

    async process({ id, at, body: stored }) {
      if (!app) throw new Error('the receiver was given to no Bolt app');
      const { contentType, raw } = storedBody.parse(JSON.parse(stored));
      const body = decode(contentType, raw);
      if (!body) return { status: 'ignored', why: 'the body cannot be read' };
      const delivery: Delivery = {
        inboxId: id,
        at,
        processed: { status: 'ignored', why: 'nothing here listens to it' },
      };
      // It was acknowledged when it came in.
      await app.processEvent({ body, ack: () => Promise.resolve(), customProperties: { delivery } });
      return delivery.processed;
    },
  };
}

const storedBody = z.strictObject({ contentType: z.string(), raw: z.string() });
type StoredBody = z.infer<typeof storedBody>;

/** @returns undefined unless Slack signed these very bytes a moment ago. */
function authenticate(
  { headers, rawBody }: SlackRequest,
  signingSecret: string,
  at: Instant,
): { readonly contentType: string; readonly raw: string; readonly hmac: string } | undefined {
  // A doubled header comes as a list or joined by commas: neither has the form of a single one.
  const signature = single(headers['x-slack-signature'], /^v0=[0-9a-f]{64}$/);
  const timestamp = single(headers['x-slack-request-timestamp'], /^\d{1,12}$/);
  const contentType = single(headers['content-type'], /^application\/(json|x-www-form-urlencoded)\b/);
  if (signature === undefined || timestamp === undefined || contentType === undefined) return undefined;
  const seconds = Number(timestamp);
  if (Math.abs(Math.floor(at / 1_000) - seconds) > windowSeconds) return undefined;
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
    return undefined;
  }
  // From the number: `01772359200` and `1772359200` are one timestamp.
  const hmac = createHmac('sha256', signingSecret).update(`v0:${seconds}:`).update(rawBody).digest('hex');
  return { contentType, raw, hmac };
}

function single(value: string | readonly string[] | undefined, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** JSON for events; a form for commands; a form around JSON for clicks. */
function decode(contentType: string, raw: string): Body | undefined {
  if (contentType.startsWith('application/json')) return parseObject(raw);
  const form = new URLSearchParams(raw);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : parseObject(payload);
}

function parseObject(text: string): Body | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Slack's own id of the event, command or click. It stands in the signed body, so it is the same when Slack delivers
 * again under a new signature and when somebody replays a signed request. Our HMAC (never the header, of which one
 * signature has many spellings) stands in where there is none.
 */
function inboxId(body: Body, hmac: string): string {
  const { event_id, trigger_id } = body;
  if (typeof event_id === 'string') return `slack/event/${event_id}`;
  if (typeof trigger_id === 'string') return `slack/trigger/${trigger_id}`;
  return `slack/request/${hmac}`;
}
