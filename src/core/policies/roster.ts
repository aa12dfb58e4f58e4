import { z } from 'zod';
import type { Instant } from '../time.ts';
import { duration, name } from './duration.ts';

const rotationLevel = z
  .strictObject({
    people: z.array(name).min(1),
    /** The first person's first turn; each turn lasts `each`. Without them everybody listed is on call. */
    starts: z.iso
      .datetime({ error: 'expected a UTC time such as 2026-01-05T09:00:00Z' })
      .transform((text) => Date.parse(text))
      .optional(),
    each: duration.optional(),
  })
  .refine(({ starts, each }) => (starts === undefined) === (each === undefined), {
    error:
      'expected both starts and each (people take turns), or neither of them (everybody listed is on call)',
  });

const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'expected a Slack user id such as U0123456789');

/** `policies/roster.yml`: people, what they may do, how to reach them, and who is on call when. */
export const rosterPolicy = z.strictObject({
  people: z.record(
    name,
    z.strictObject({
      name: z.string().min(1).max(80),
      /** Several accounts may belong to one person; they still count as one. */
      slack: z
        .union([slackUser, z.array(slackUser).min(1)], {
          error: 'expected a Slack user id such as U0123456789, or a list of them',
        })
        .transform((ids) => (typeof ids === 'string' ? [ids] : ids)),
      email: z.email('expected an e-mail address').optional(),
      github: z.string().optional(),
      pagerduty: z.string().optional(),
      roles: z.array(z.enum(['responder', 'approver', 'lead'])).default([]),
    }),
  ),
  rotations: z.record(name, z.record(name, rotationLevel)),
});

export type RosterPolicy = z.infer<typeof rosterPolicy>;
export type PersonPolicy = RosterPolicy['people'][string];

/** Who is on call on one level of a rotation at a moment; roster keys, empty when there is nobody. */
export function onCallAt(
  roster: RosterPolicy,
  rotation: string,
  level: string,
  at: Instant,
): readonly string[] {
  const turn = roster.rotations[rotation]?.[level];
  if (!turn) return [];
  if (turn.starts === undefined || turn.each === undefined) return turn.people;
  const index = Math.floor((at - turn.starts) / turn.each);
  const person = turn.people[((index % turn.people.length) + turn.people.length) % turn.people.length];
  return person === undefined ? [] : [person];
}
