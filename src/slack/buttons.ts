import { z } from 'zod';
import { severities } from '../core/severity.ts';

const incident = z.string().regex(/^INC-\d+$/);
const operation = z.string().regex(/^OP-\d+$/);
const hash = z.string().regex(/^[0-9a-f]{16}$/);

/** Every button of ours by its action id, with what its value carries. Views write them, clicks read them. */
export const buttons = {
  'incident.acknowledge': z.strictObject({ id: incident }),
  'incident.resolve': z.strictObject({ id: incident }),
  'incident.raise': z.strictObject({ id: incident, severity: z.enum(severities) }),
  /** `channel` is the full name, `shop/stable`. */
  'incident.rollback': z.strictObject({ id: incident, channel: z.string(), version: z.string() }),
  /** `leaving` is what runs there as the person saw it; `reason` goes into the plan. */
  'channel.rollback': z.strictObject({
    channel: z.string(),
    version: z.string(),
    leaving: z.string(),
    reason: z.string().max(300),
  }),
  'drift.record': z.strictObject({ channel: z.string(), drift: z.int() }),
  'drift.keep': z.strictObject({ channel: z.string(), drift: z.int() }),
  /** `freeze` is the one that the person saw. */
  'freeze.lift': z.strictObject({ freeze: z.int() }),
  'operation.approve': z.strictObject({ id: operation, hash }),
  'operation.reject': z.strictObject({ id: operation, hash }),
  'operation.abort': z.strictObject({ id: operation }),
  'operation.settle': z.strictObject({ id: operation, outcome: z.enum(['done', 'failed']) }),
} as const;

export type ButtonId = keyof typeof buttons;
export type ButtonValue<Id extends ButtonId> = z.infer<(typeof buttons)[Id]>;
