import type { Instant } from './time.ts';

/** The time of day, and being woken at one. Given to the shell; the core gets its time with each intent. */
export interface Clock {
  readonly now: () => Instant;
  /** Calls once at (or soon after) that time. Returns how to call it off. */
  readonly wakeAt: (at: Instant, wake: () => void) => () => void;
}
