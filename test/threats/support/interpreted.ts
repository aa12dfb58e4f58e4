/** All text of a message's blocks that Slack interprets: mentions and links in it would be live. */
export function interpreted(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(interpreted);
  if (typeof part !== 'object' || part === null) return [];
  const { type, text, verbatim } = part as {
    readonly type?: string;
    readonly text?: unknown;
    readonly verbatim?: unknown;
  };
  // Without `verbatim` Slack makes links and mentions out of words that only look like one.
  if (type === 'mrkdwn') return verbatim === true ? [String(text)] : [`<not verbatim> ${String(text)}`];
  return Object.values(part).flatMap(interpreted);
}
