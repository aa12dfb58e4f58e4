import type { Policies } from '../core/policies/policies.ts';
import type { Milliseconds } from '../core/time.ts';
import { actInPagerduty, startMonitor } from './life-alerts.ts';
import { actAsSomebody } from './life-people.ts';
import { deploy, editPolicies, reportCanary } from './life-releases.ts';
import type { World } from './world.ts';

const minute: Milliseconds = 60_000;

/** Everything that happens out there, each as often as it does on a bad night, until the world says that it is over. */
export function startLife(world: World, original: Policies): void {
  const { agenda, dice } = world;
  const pace = dice.pick([0.5, 1, 3]);

  function regularly(average: Milliseconds, act: () => void): void {
    agenda.after(dice.wait(average / pace), () => {
      if (world.isOver()) return;
      act();
      regularly(average, act);
    });
  }

  regularly(4 * minute, startMonitor(world));
  regularly(0.5 * minute, () => actAsSomebody(world));
  regularly(15 * minute, () => actInPagerduty(world));
  regularly(20 * minute, () => deploy(world));
  regularly(12 * minute, () => reportCanary(world));
  regularly(60 * minute, () => editPolicies(world, original));
}
