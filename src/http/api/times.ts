import { z } from 'zod';
import type { Instant } from '../../core/time.ts';

/** `2026-11-22T03:04:05.000Z` */
export const time = z.iso.datetime();

export function isoTime(at: Instant): string {
  return new Date(at).toISOString();
}

/** For what may not have happened yet. */
export function isoTimeOrNull(at: Instant | undefined): string | null {
  return at === undefined ? null : isoTime(at);
}
