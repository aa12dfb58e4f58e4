import type { EffectOf } from './effect.ts';
import type { Policies } from './policies/policies.ts';

/** Somebody whom a line concerns so much that it notifies them; `person` is the roster key. */
export interface Mentioned {
  readonly name: string;
  readonly person: string | undefined;
}

/** Where Slack can notify them, as the roster says at this moment. */
export function mentionOf(
  { name, person }: Mentioned,
  { roster }: Pick<Policies, 'roster'>,
): NonNullable<EffectOf<'slack.thread'>['rings']> {
  const [slack] = person === undefined ? [] : (roster.people[person]?.slack ?? []);
  return { slack, name };
}
