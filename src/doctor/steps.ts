import type { StepPolicy } from '../core/policies/channels.ts';
import type { Policies } from '../core/policies/policies.ts';

/** Every step that an operation may have to take. */
export function stepsOf(policies: Policies | undefined): readonly StepPolicy[] {
  return Object.values(policies?.channels.apps ?? {}).flatMap(({ channels }) =>
    Object.values(channels).flatMap(({ rollback, promotion }) => [
      ...rollback.steps,
      ...(promotion?.steps ?? []),
    ]),
  );
}
