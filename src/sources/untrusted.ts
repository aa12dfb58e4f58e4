import { sha256Hex } from '../trust/sha256.ts';

const maxLabels = 64;

/** Longest texts, in characters: enough for a card, far too few to bury one. */
export const limits = { title: 200, summary: 2_000, label: 300, url: 2_000 } as const;

/**
 * Makes a sender's text fit to be kept and shown: control characters and changes of writing direction are gone, runs
 * of white space are one space, and what is too long ends in `…`. An alert is never refused for its wording.
 */
export function cleanText(text: string, limit: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\p{Bidi_Control}\p{Cs}]/gu, '')
    .trim();
  const characters = Array.from(line);
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}

/** Labels in the sender's order, cleaned; the first ones when there are too many. */
export function cleanLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const cleaned = Object.entries(labels)
    .map(([key, value]) => [cleanText(key, limits.label), cleanText(value, limits.label)] as const)
    .filter(([key]) => key !== '' && key !== '__proto__');
  return Object.fromEntries(cleaned.slice(0, maxLabels));
}

/** A link that people may follow. @returns undefined for anything but http and https without a user's name. */
export function cleanUrl(text: string | undefined): string | undefined {
  if (text === undefined || text.length > limits.url || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain = url.username === '' && url.password === '';
  return isPlain && ['http:', 'https:'].includes(url.protocol) ? url.href : undefined;
}

/** @returns undefined for what is no time, and for the zero time that Go programs send when they have none. */
export function readTime(text: string | undefined): number | undefined {
  const at = text === undefined ? NaN : Date.parse(text);
  return at > 0 ? at : undefined;
}

/** `generic:checkout-5xx`. A key too long or too odd to be kept is known by its hash: cut short, two could be one. */
export function fingerprintOf(source: string, key: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(key) ? `${source}:${key}` : `${source}:sha256-${sha256Hex(key)}`;
}
