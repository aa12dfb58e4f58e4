import type { Clock } from '../core/clock.ts';

/** setTimeout fires at once beyond 24.8 days, and a suspended machine stretches it: never trust it for long. */
const longestSleep = 60_000;

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    wakeAt: (at, wake) => {
      let timer: NodeJS.Timeout;
      const sleep = (): void => {
        const left = at - Date.now();
        timer = setTimeout(left > longestSleep ? sleep : wake, Math.min(Math.max(left, 0), longestSleep));
      };
      sleep();
      return () => clearTimeout(timer);
    },
  };
}
