import { sayConcerns } from './concern.ts';
import type { Plan } from './plan.ts';

/** `roll shop/stable back 1.5.0 → 1.4.2`, `deploy 1.5.0 to shop/stable again`, `promote 1.6.0 from canary to shop/stable, instead of 1.5.0` */
export function sayPlan(plan: Plan): string {
  const { app, channel, from, to } = plan;
  // Out of doubt, what is recorded as live is brought once more.
  const isSame = from === to;
  if (plan.kind === 'rollback')
    return isSame ? `deploy ${to} to ${app}/${channel} again` : `roll ${app}/${channel} back ${from} → ${to}`;
  return `promote ${to} from ${plan.source} to ${app}/${channel}${isSame ? ' again' : `, instead of ${from}`}`;
}

/** `Roll back shop/stable 1.5.0 → 1.4.2`, `Promote 1.6.0 from canary to shop/stable` */
export function titleOf(plan: Plan): string {
  const { app, channel, from, to } = plan;
  if (plan.kind === 'promote') return `Promote ${to} from ${plan.source} to ${app}/${channel}`;
  return from === to
    ? `Deploy ${to} to ${app}/${channel} again`
    : `Roll back ${app}/${channel} ${from} → ${to}`;
}

/** `Rolled back`, `Promoted` */
export function doneWord({ kind }: Plan): string {
  return kind === 'rollback' ? 'Rolled back' : 'Promoted';
}

/** Who lifted what; undefined where nothing had to be lifted. */
export function sayOverride(plan: Plan): string | undefined {
  return plan.kind === 'promote' && plan.override
    ? `${plan.override.by} overrides: ${sayConcerns(plan.override.lifts)}`
    : undefined;
}

/** What nobody may overlook before saying yes; undefined where nothing is known against it. */
export function cautionOf(plan: Plan): string | undefined {
  return plan.kind === 'rollback' ? plan.caution : undefined;
}

/** What somebody types who wants one like it. */
export function commandFor({ kind }: Plan): string {
  return kind === 'rollback' ? '/rollback' : '/promote';
}
