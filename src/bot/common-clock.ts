import type { Clock } from '../core/clock.ts';
import { systemClock } from '../engine/system-clock.ts';
import type { Store } from '../store/store.ts';

/**
 * The clock by which everybody goes who shares the store; with a store of one's own, the machine's. Otherwise a machine
 * whose clock is ahead would call people early for all, and one whose clock is set would move what others wait for.
 */
export function commonClock(store: Pick<Store, 'time'>, machine: Clock): Clock {
  if (store.time() === undefined) return machine;
  return systemClock({
    now: () => store.time() ?? machine.now(),
    after: (length, wake) => machine.wakeAt(machine.now() + length, wake),
  });
}
