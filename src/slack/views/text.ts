import { sayDate, type Instant } from '../../core/time.ts';

/** Slack's mrkdwn that we wrote ourselves, with everything untrusted in it escaped. */
export interface Markup {
  readonly markup: string;
}

/** How much of one untrusted value a line shows, unless `shown` says otherwise. */
const usual = 200;

/** Of what a link is called. */
const longestLabel = 80;

/** Longer addresses are shown cut, as text: several of them have to fit a message. */
const longestLink = 300;

/** A template for mrkdwn: whatever is put in and is not `Markup` itself is escaped, kept to one line and cut. */
export function mrkdwn(
  parts: TemplateStringsArray,
  ...values: readonly (string | number | Markup)[]
): Markup {
  const filled = parts.map((part, index) => {
    const value = values[index];
    if (value === undefined) return part;
    return part + (typeof value === 'object' ? value : shown(String(value), usual)).markup;
  });
  return { markup: filled.join('') };
}

/** At most so many characters of an untrusted text, as escaped, on one line. */
export function shown(text: string, limit: number): Markup {
  return { markup: cut(oneLine(text), limit, escape) };
}

export function join(lines: readonly Markup[], separator: string): Markup {
  return { markup: lines.map(({ markup }) => markup).join(separator) };
}

/** Untrusted text for a `plain_text` element, which Slack does not interpret. Keeps its lines. */
export function plain(text: string, limit: number): string {
  return cut(withoutTricks(text), limit);
}

/** Untrusted text for the fallback of a message, which Slack reads like mrkdwn. */
export function fallback(text: string): string {
  return shown(text, 500).markup;
}

/** A moment in the reader's own time zone: one of the few live constructs that we write, always our own number. */
export function moment(at: Instant, now: Instant): Markup {
  const format = Math.abs(at - now) < 12 * 3_600_000 ? '{time}' : '{date_short_pretty} {time}';
  return { markup: `<!date^${Math.floor(at / 1_000)}^${format}|${sayDate(at)}>` };
}

/**
 * Another one: a link to a page that an executor or an alert named. Anything but http and https is shown as text.
 * @param longest a longer address, as written, is shown cut
 */
export function link(url: string, label: string, longest = longestLink): Markup {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) return shown(url, usual);
  const href = parsed.href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E');
  return escape(href).length > longest
    ? shown(url, usual)
    : { markup: `<${escape(href)}|${shown(label, longestLabel).markup}>` };
}

/** Slack writes the conversation's name; the id comes from our policies and has no other characters. */
export function conversationLink(id: string): Markup {
  return /^[CGD][A-Z0-9]+$/.test(id) ? { markup: `<#${id}>` } : shown(id, 50);
}

/** Notifies a person of our roster, by whose Slack id; whoever has none is named. */
export function mention({
  slack,
  name,
}: {
  readonly slack: string | undefined;
  readonly name: string;
}): Markup {
  return slack !== undefined && /^[UW][A-Z0-9]+$/.test(slack)
    ? { markup: `<@${slack}>` }
    : shown(name, usual);
}

/** Cuts visibly and never within a character or an escape. */
export function cut(
  text: string,
  limit: number,
  write: (character: string) => string = (same) => same,
): string {
  let written = '';
  let fitting = '';
  for (const character of text) {
    const next = write(character);
    if (written.length + next.length > limit) return `${fitting}…`;
    written += next;
    if (written.length < limit) fitting = written;
  }
  return written;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function oneLine(text: string): string {
  return withoutTricks(text).replace(/\s+/g, ' ').trim();
}

/** Bidirectional controls make text read as something else; other controls and half characters are not text. */
function withoutTricks(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd');
}
