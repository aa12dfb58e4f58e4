import type { Envelope } from '../core/envelope.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import { StaleStream } from '../store/store.ts';

/** Shorter absences, and smaller corrections of the clock, are no news. */
export const newsworthy: Milliseconds = 30_000;

/**
 * The clock was set back after these were stamped: they get the time as it is now. By the old one, whoever is to be
 * called would be called when that time comes again, in an hour.
 */
export function stampedBy(now: Instant, envelopes: readonly Envelope[]): readonly Envelope[] {
  return envelopes.map((envelope) => (isAhead(envelope, now) ? { ...envelope, at: now } : envelope));
}

/** @throws StaleStream when it was set back while they were being decided: they have to be decided again */
export function refuseSetBack(now: Instant, envelopes: readonly Envelope[]): void {
  if (envelopes.some((envelope) => isAhead(envelope, now)))
    throw new StaleStream('The clock was set back in the middle of a decision.');
}

function isAhead({ at }: Envelope, now: Instant): boolean {
  return at > now + newsworthy;
}
