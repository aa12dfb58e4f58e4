import { z } from 'zod';
import { severities } from '../severity.ts';
import { duration, durationOrNever, name } from './duration.ts';

/** The five clocks of a severity, and how long an acknowledgement holds. */
const level = z.strictObject({
  title: z.string().min(1).max(40),
  means: z.string().min(1).max(300),
  color: z.enum(['red', 'orange', 'yellow', 'blue']),
  acknowledge_within: duration,
  rollback_start_within: durationOrNever,
  rollback_budget: duration,
  resolve_within: duration,
  auto_rollback_after: durationOrNever,
  /** Silence after an acknowledgement for this long, and the ladder goes on. */
  acknowledged_for: durationOrNever,
});

/** `policies/severity.yml` */
export const severityPolicy = z.strictObject({
  levels: z.strictObject({ P0: level, P1: level, P2: level, P3: level }),
  /** First match wins. A label value is compared whole. */
  rules: z.array(
    z.strictObject({
      service: name.optional(),
      labels: z.record(z.string(), z.string()).default({}),
      severity: z.enum(severities),
    }),
  ),
  default: z.enum(severities),
});

export type SeverityPolicy = z.infer<typeof severityPolicy>;
export type SeverityLevel = z.infer<typeof level>;
