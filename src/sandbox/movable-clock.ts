import type { Clock } from '../core/clock.ts';
import type { Instant, Milliseconds } from '../core/time.ts';

/** A clock that can be moved forward, for a world in which nobody wants to wait. */
export interface MovableClock extends Clock {
  /** Moves on, stopping at every moment at which something waits; `settle` lets the world catch up there. */
  readonly advance: (by: Milliseconds, settle: () => Promise<void>) => Promise<void>;
  readonly stop: () => void;
}

interface Sleeper {
  readonly at: Instant;
  readonly wake: () => void;
}

/**
 * @param options.running as a wall clock would; otherwise it stands still until it is moved, so that a story plays
 *   the same each time.
 */
export function movableClock(options: { readonly start: Instant; readonly running: boolean }): MovableClock {
  const sleepers = new Set<Sleeper>();
  const realStart = performance.now();
  let moved = 0;
  let timer: NodeJS.Timeout | undefined;

  const passed = (): Milliseconds => (options.running ? Math.round(performance.now() - realStart) : 0);
  const now = (): Instant => options.start + passed() + moved;

  function earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.at < first.at) first = sleeper;
    return first;
  }

  /** Wakes what is due, and looks again when the next one is: never from within the call that put it to bed. */
  function arm(): void {
    clearTimeout(timer);
    const next = earliest();
    if (!next) return;
    const left = next.at - now();
    if (left > 0 && !options.running) return;
    timer = setTimeout(wakeDue, Math.max(0, Math.min(left, 60_000)));
  }

  function wakeDue(): void {
    for (let next = earliest(); next && next.at <= now(); next = earliest()) {
      sleepers.delete(next);
      next.wake();
    }
    arm();
  }

  return {
    now,
    wakeAt: (at, wake) => {
      const sleeper = { at, wake };
      sleepers.add(sleeper);
      arm();
      return () => sleepers.delete(sleeper);
    },
    advance: async (by, settle) => {
      const target = now() + by;
      await settle();
      for (let next = earliest(); next && next.at <= target; next = earliest()) {
        moved += Math.max(0, next.at - now());
        wakeDue();
        await settle();
      }
      moved += Math.max(0, target - now());
      await settle();
    },
    stop: () => clearTimeout(timer),
  };
}
