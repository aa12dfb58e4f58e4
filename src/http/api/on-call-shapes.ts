import { z } from 'zod';
import type { Policies } from '../../core/policies/policies.ts';
import { onCallAt } from '../../core/policies/roster.ts';
import type { Instant } from '../../core/time.ts';

/** Who is on call for a service, level by level. */
export const onCallShape = z.object({
  service: z.string(),
  title: z.string(),
  levels: z.array(
    z.object({
      level: z.string(),
      /** By their keys in `policies/roster.yml`; empty when there is nobody. */
      people: z.array(z.object({ person: z.string(), name: z.string() })),
    }),
  ),
});

export function toOnCall(
  { services, roster }: Policies,
  at: Instant,
): readonly z.infer<typeof onCallShape>[] {
  return Object.entries(services.services).map(([service, { title, rotation }]) => ({
    service,
    title,
    levels: Object.keys(roster.rotations[rotation] ?? {}).map((level) => ({
      level,
      people: onCallAt(roster, rotation, level, at).map((person) => ({
        person,
        name: roster.people[person]?.name ?? person,
      })),
    })),
  }));
}
