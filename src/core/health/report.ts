import { z } from 'zod';
import { sayDate, type Instant, type Milliseconds } from '../time.ts';
import { parseVersion } from '../version.ts';

const rate = z
  .number('expected a fraction from 0 to 1 such as 0.997')
  .min(0, 'expected a fraction from 0 to 1 such as 0.997')
  .max(1, 'expected a fraction from 0 to 1 such as 0.997, not a percentage');
const milliseconds = z.number().min(0);
const instant = z.iso
  .datetime({ offset: true, error: 'expected a time such as 2026-11-22T03:00:00Z' })
  .transform((text) => Date.parse(text));
const label = z.string().min(1).max(200);

/** Also what a deployment is told with. */
export const reportedApp = z.string().min(1).max(63).optional();
export const reportedChannel = z.string().min(1).max(127);
export const reportedTime = instant;
export const reportedVersion = z.string().transform((text, context) => {
  const version = parseVersion(text);
  if (version !== undefined) return version;
  context.addIssue({ code: 'custom', message: 'expected a SemVer version such as 1.5.0' });
  return z.NEVER;
});
/** Shown as a link and never fetched. */
export const reportedUrl = z
  .url({ protocol: /^https?$/, error: 'expected an address that begins with https:// or http://' })
  .max(2_000);

/**
 * What a release bot found out about a version in a window of time: the body of `POST /api/v1/canary`, and the payload
 * of a Slack message's metadata. Rates may be null or left out where nothing was measured.
 */
export const canaryReport = z.strictObject({
  /** May be left out where there is only one app. */
  app: reportedApp,
  /** `canary`, or in full `shop/canary`. */
  channel: reportedChannel,
  version: reportedVersion,
  window: z
    .strictObject({ start: instant, end: instant })
    .refine(({ start, end }) => start < end, 'expected a start before the end'),
  sessions: z.int('expected a whole number').min(0),
  crash_free_sessions: absent(rate),
  crash_free_users: absent(rate),
  error_rate: absent(rate),
  success_rate: absent(rate),
  degraded_rate: absent(rate),
  p95_ms: absent(milliseconds),
  p99_ms: absent(milliseconds),
  /** The bot's own word on it; `critical` fails, at once or after as long as `policies/health.yml` says. */
  severity: absent(z.enum(['ok', 'info', 'warn', 'warning', 'error', 'critical'])),
  release_candidate_id: absent(label),
  correlation_id: absent(label),
  url: absent(reportedUrl),
});

export type CanaryReport = z.infer<typeof canaryReport>;

/** Clocks differ by this much without anybody being wrong. */
const clocksDiffer: Milliseconds = 5 * 60_000;

/** @returns what is wrong with the window at this moment, in the words of a schema; undefined when nothing is */
export function windowProblem({ window }: CanaryReport, now: Instant): string | undefined {
  return window.end > now + clocksDiffer
    ? `expected a window that has ended; found one that ends at ${sayDate(window.end)}, and it is ${sayDate(now)}`
    : undefined;
}

/** May be left out, or null. */
export function absent<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}
