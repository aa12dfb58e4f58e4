import { z } from 'zod';
import type { Instant, Milliseconds } from '../time.ts';
import { duration, name } from './duration.ts';
import { isTimeZone, wallClock } from './wall-clock.ts';

const rotationLevel = z
  .strictObject({
    people: z.array(name).min(1),
    /** The first person's first turn, as the clock on the wall shows it; each turn lasts `each`. */
    starts: z.iso
      .datetime({
        local: true,
        abort: true,
        error: 'expected a UTC time such as 2026-01-05T09:00:00Z, or with a zone 2026-01-05T09:00',
      })
      .optional(),
    each: duration.optional(),
    /** Turns change when its clocks show so, in summer and winter. */
    zone: z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin').optional(),
  })
  .refine(({ starts, each }) => (starts === undefined) === (each === undefined), {
    error:
      'expected both starts and each (people take turns), or neither of them (everybody listed is on call)',
  })
  .refine(({ starts, zone }) => zone === undefined || starts !== undefined, {
    path: ['zone'],
    error: 'a zone says nothing without starts and each',
  })
  .refine(({ starts, zone }) => starts === undefined || starts.endsWith('Z') === (zone === undefined), {
    path: ['starts'],
    error: 'expected a UTC time such as 2026-01-05T09:00:00Z, or a zone beside a time without the Z',
  })
  .transform(({ starts, ...turns }): RotationLevel => {
    // What the clock shows there is reckoned with as if it were UTC's.
    return starts === undefined ? turns : { ...turns, starts: Date.parse(starts.replace(/Z?$/, 'Z')) };
  });

interface RotationLevel {
  readonly people: readonly string[];
  readonly starts?: number;
  readonly each?: Milliseconds | undefined;
  readonly zone?: string | undefined;
}

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
  const { people, starts, each, zone = 'UTC' } = turn;
  if (starts === undefined || each === undefined) return people;
  const index = Math.floor((wallClock(at, zone) - starts) / each);
  const person = people[((index % people.length) + people.length) % people.length];
  return person === undefined ? [] : [person];
}
