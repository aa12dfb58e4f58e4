import type { Clock } from '../core/clock.ts';
import type { Instant, Milliseconds } from '../core/time.ts';

/** setTimeout fires at once beyond 24.8 days, and a suspended machine stretches it: never trust it for long. */
const longestSleep: Milliseconds = 60_000;

/** The time of day, which somebody may set, and a length of time, which stands still while the machine is suspended. */
export interface Machine {
  readonly now: () => Instant;
  /** Returns how to call it off. */
  readonly after: (length: Milliseconds, wake: () => void) => () => void;
}

const thisMachine: Machine = {
  now: () => Date.now(),
  after: (length, wake) => {
    const timer = setTimeout(wake, length);
    return () => clearTimeout(timer);
  },
};

export function systemClock({ now, after }: Machine = thisMachine): Clock {
  return {
    now,
    wakeAt: (at, wake) => {
      let disarm: () => void;
      const sleep = (): void => {
        const left = at - now();
        disarm = after(Math.min(Math.max(left, 0), longestSleep), left > longestSleep ? sleep : wake);
      };
      sleep();
      return () => disarm();
    },
  };
}
