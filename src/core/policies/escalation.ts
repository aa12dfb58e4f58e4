import { z } from 'zod';
import { pageMeans } from '../effect.ts';
import { delay, duration, name } from './duration.ts';

const means = z.array(z.enum(pageMeans)).min(1);

/** Whom a rung pages. `on_call` is a level of the service's rotation, resolved when the rung fires. */
const target = z.union([
  z.strictObject({ on_call: name, by: means }),
  z.strictObject({ person: name, by: means }),
  z.strictObject({ conversation: name }),
  z.strictObject({ mail_group: name }),
]);

const ladder = z.strictObject({
  rungs: z
    .array(
      z.strictObject({
        /** How long after the rung before it; for the first, after the incident opened. */
        after: delay,
        page: z.array(target).min(1),
      }),
    )
    .min(1),
  at_end: z.strictObject({
    /** Go again from this rung (1 is the first), so many times … */
    repeat_from: z.int().min(1).default(1),
    times: z.int().min(0).max(20),
    /** … and after that call the last rung and the emergency conversation, this often, until somebody acknowledges. */
    then_every: duration.refine((length) => length >= 60_000, 'expected 1m or longer'),
  }),
});

/** `policies/escalation.yml` */
export const escalationPolicy = z.strictObject({
  policies: z.record(name, z.strictObject({ P0: ladder, P1: ladder, P2: ladder, P3: ladder })),
});

export type EscalationPolicy = z.infer<typeof escalationPolicy>;
export type Ladder = z.infer<typeof ladder>;
export type RungTarget = z.infer<typeof target>;
