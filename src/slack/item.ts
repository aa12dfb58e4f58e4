import { z } from 'zod';
import type { Instant } from '../core/time.ts';

/** What goes into the inbox. `body` is the raw body with its content type, as JSON. */
export interface SlackItem {
  readonly id: string;
  readonly source: 'slack';
  readonly at: Instant;
  readonly body: string;
}

/** Keeps an item, and resolves when it is durable; `new: false` for an id that is there already. */
export type Receive = (item: SlackItem) => Promise<{ readonly new: boolean }>;

/** What came over the wire, word for word: it can be read anew after a restart. */
const wire = z.strictObject({ contentType: z.string(), raw: z.string() });
export type Wire = z.infer<typeof wire>;

export type Body = Readonly<Record<string, unknown>>;

/**
 * The item for a body. Its id is Slack's own of the event, command or click: the same when Slack delivers again, under
 * a new signature or over another connection, and when somebody replays a signed request.
 * @param otherwise an id for what carries none
 */
export function slackItem(from: Wire, body: Body, otherwise: string, at: Instant): SlackItem {
  const { event_id, trigger_id } = body;
  const id = isId(event_id) ? `event/${event_id}` : isId(trigger_id) ? `trigger/${trigger_id}` : otherwise;
  return { id: `slack/${id}`, source: 'slack', at, body: JSON.stringify(from satisfies Wire) };
}

/** Slack's look like this; a store may cut others short, and then never find them again. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value);
}

/** @returns undefined for a body that is none of Slack's forms */
export function readItem({ body }: Pick<SlackItem, 'body'>): Body | undefined {
  return decode(wire.parse(JSON.parse(body)));
}

/** JSON for events and whatever comes over a socket; a form for commands; a form around JSON for clicks. */
export function decode({ contentType, raw }: Wire): Body | undefined {
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
