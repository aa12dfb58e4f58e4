/** The words that a step in `policies/channels.yml` may use as `{{word}}`. */
export const placeholders = [
  'version',
  'from',
  'reason',
  'operation',
  'correlation',
  'app',
  'channel',
] as const;
export type Placeholder = (typeof placeholders)[number];

/** Fills placeholders into every string of a value. A value that is filled in is not looked at again. */
export function fillIn(value: unknown, values: Readonly<Record<Placeholder, string>>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\{\{\s*([a-z]+)\s*\}\}/g, (whole, word: string) =>
      isPlaceholder(word) ? values[word] : whole,
    );
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
