import type { Instant, Milliseconds } from '../time.ts';

/** One for each zone, since making one takes far longer than asking it. */
const offsets = new Map<string, Intl.DateTimeFormat>();

/**
 * What the clock on the wall shows at a moment, in milliseconds as if it were UTC's.
 * @param zone `Europe/Berlin`, as in the IANA's list
 */
export function wallClock(at: Instant, zone: string): Milliseconds {
  const format =
    offsets.get(zone) ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  offsets.set(zone, format);
  const said = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  // `GMT+05:30`, or `GMT` alone.
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(said) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === '-' ? at - offset : at + offset;
}

/** When the clock on the wall shows that; of two such moments one. */
export function whenWallClockShows(wall: Milliseconds, zone: string): Instant {
  const near = wall - (wallClock(wall, zone) - wall);
  return wall - (wallClock(near, zone) - near);
}

export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
