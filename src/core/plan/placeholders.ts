/**
 * The words that a step in `policies/channels.yml` may use as `{{word}}`, or as `{{word|url}}`: percent-encoded, for a
 * place in an address.
 */
export const placeholders = [
  'version',
  'from',
  'reason',
  'operation',
  'correlation',
  'app',
  'channel',
  /** Where a promotion comes from; a rollback comes from nowhere. */
  'source',
] as const;
/** What an executor fills in by itself, once it knows. */
export const filledInLater: Readonly<Record<string, readonly string[]>> = {
  /** The id that the deploy tool gives what it began. */
  http: ['run'],
};

export type Placeholder = (typeof placeholders)[number];

/** Fills placeholders into every string of a value. A value that is filled in is not looked at again. */
export function fillIn(value: unknown, values: Readonly<Partial<Record<Placeholder, string>>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{\{\s*([a-z]+)\s*(\|\s*url\s*)?\}\}/g, (whole, word: string, asUrl?: string) => {
      const filled = isPlaceholder(word) ? values[word] : undefined;
      if (filled === undefined) return whole;
      return asUrl === undefined ? filled : percentEncoded(filled);
    });
  }
  if (Array.isArray(value)) return value.map((inner) => fillIn(inner, values));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillIn(inner, values)]));
  }
  return value;
}

function isPlaceholder(word: string): word is Placeholder {
  return (placeholders as readonly string[]).includes(word);
}

/** Half a character cannot be encoded; it becomes the sign for one that is broken. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}
