import { z } from 'zod';
import { delay, duration } from './duration.ts';

const fraction = 'expected a fraction from 0 to 1 such as 0.995';
const rate = z.number(fraction).min(0, fraction).max(1, fraction);
const optional = z.boolean().default(false);

/** `optional`: a report without it may still pass. */
const floor = z.strictObject({ at_least: rate, optional });
const ceiling = z.strictObject({ at_most: rate, optional });
const slowest = z.strictObject({ at_most: z.number().min(0), optional });

const rule = z.strictObject({
  /** `shop/stable`, `*\/stable`, `shop/*` or `*`. */
  channels: z.array(z.string().min(1)).min(1),
  /** A report with fewer sessions, or over a shorter time, is inconclusive. */
  minimum_sessions: z.int().min(1),
  minimum_window: delay,
  measures: z.strictObject({
    crash_free_sessions: floor.optional(),
    crash_free_users: floor.optional(),
    error_rate: ceiling.optional(),
    success_rate: floor.optional(),
    degraded_rate: ceiling.optional(),
    p95_ms: slowest.optional(),
    p99_ms: slowest.optional(),
  }),
  /** The error rate fails when it is so many times that of the version before, and at least this high. */
  clearly_up: z.strictObject({ times: z.number().gt(1), at_least: rate }).optional(),
  /**
   * How long the bot has to call it critical before that fails, in how many reports in a row, and how much time between
   * two of them may be missing. Left out: one report fails at once.
   */
  critical: z
    .strictObject({ for: duration, reports: z.int().min(1).default(1), gap: delay.default(60_000) })
    .optional(),
});

/** `policies/health.yml`. First match wins. */
export const healthPolicy = z.strictObject({
  /** Ids of the Slack apps whose messages may report health. */
  release_bots: z
    .array(z.string().regex(/^A[A-Z0-9]{2,}$/, 'expected the id of a Slack app such as A0123456789'))
    .default([]),
  rules: z.array(rule).min(1),
});

export type HealthPolicy = z.infer<typeof healthPolicy>;
export type HealthRule = z.infer<typeof rule>;
