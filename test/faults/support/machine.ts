import type { Instant, Milliseconds } from '../../../src/core/time.ts';
import { systemClock } from '../../../src/engine/system-clock.ts';
import type { MovableClock } from '../../../src/sandbox/movable-clock.ts';

/** A machine in which time stands still until it is told to pass, and whose clock somebody sets. */
export interface TestMachine {
  /** The very clock of the product, on this machine. */
  readonly clock: MovableClock;
  /** Sets the clock; also what a suspend of that length looks like: no time has passed for anything that sleeps. */
  readonly setClock: (by: Milliseconds) => void;
}

interface Sleeper {
  readonly at: Milliseconds;
  readonly wake: () => void;
}

export function testMachine(start: Instant): TestMachine {
  const sleepers = new Set<Sleeper>();
  const time = { passed: 0, set: 0 };

  function earliest(): Sleeper | undefined {
    return [...sleepers].reduce<Sleeper | undefined>(
      (first, one) => (first && first.at <= one.at ? first : one),
      undefined,
    );
  }

  const clock = systemClock({
    now: () => start + time.passed + time.set,
    after: (length, wake) => {
      const sleeper = { at: time.passed + length, wake };
      sleepers.add(sleeper);
      return () => sleepers.delete(sleeper);
    },
  });
  return {
    setClock: (by) => {
      time.set += by;
    },
    clock: {
      ...clock,
      advance: async (by, settle) => {
        const target = time.passed + by;
        await settle();
        for (let next = earliest(); next && next.at <= target; next = earliest()) {
          time.passed = next.at;
          sleepers.delete(next);
          next.wake();
          await settle();
        }
        time.passed = target;
        await settle();
      },
      stop: () => sleepers.clear(),
    },
  };
}
