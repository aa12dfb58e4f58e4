/** Milliseconds since the epoch, UTC. */
export type Instant = number;
/** A length of time in milliseconds. */
export type Milliseconds = number;

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads `90s`, `15m`, `2h`, `4d`. A bare number is refused: one read as minutes has been known to become weeks.
 * @returns undefined for anything else.
 */
export function parseDuration(text: string): Milliseconds | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** The shortest honest way to say a length of time: `4m 30s`, `2h`, `3d 4h`; never more than two units. */
export function sayDuration(length: Milliseconds): string {
  const seconds = Math.round(Math.abs(length) / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

/** From one moment to another, by the seconds that `sayTime` shows: whoever subtracts them finds the same. */
export function sayBetween(from: Instant, to: Instant): string {
  return sayDuration((Math.floor(to / 1_000) - Math.floor(from / 1_000)) * 1_000);
}

/** `03:04:05` in UTC, for a line in a timeline. */
export function sayTime(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** `03:04:05 UTC`, for a sentence: whoever reads it may live anywhere. */
export function sayMoment(at: Instant): string {
  return `${sayTime(at)} UTC`;
}

/** `03:04 UTC` of something within the last half day; with its date when it is longer ago. */
export function sayPast(at: Instant, now: Instant): string {
  const date = sayDate(at);
  return now - at < 12 * units.h ? date.slice('2026-11-22 '.length) : date;
}

/** `2026-11-22 03:04 UTC`, for a heading. */
export function sayDate(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
