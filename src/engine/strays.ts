import type { Clock } from '../core/clock.ts';
import type { Milliseconds } from '../core/time.ts';
import type { OutboxRow, Store } from '../store/store.ts';
import type { Log } from './log.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Whoever has just stored that something is under way is about to carry it out: only what is seen twice is nobody's. */
const lookEvery: Milliseconds = 3_000;

export interface Strays {
  /** A transaction has failed that may be stored all the same, whenever that is: from now on they are looked for. */
  readonly mayCome: () => void;
  readonly working: () => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * Effects that are in flight by this process and that it knows nothing of: a COMMIT stood still for longer than anybody
 * waits for it, since the standby was away, and came through in the end. Nobody takes over from a process that is alive.
 */
export function createStrays(parts: {
  readonly store: Pick<Store, 'inFlightHere'>;
  readonly clock: Clock;
  readonly log: Log;
  /** It is being carried out, or a transaction that has it in hand has not ended. */
  readonly isInHand: (id: string) => boolean;
  readonly found: (row: OutboxRow) => void;
}): Strays {
  const { store, clock, log, isInHand, found } = parts;
  let seen: ReadonlySet<string> = new Set();
  let mayCome = false;
  let disarm = (): void => undefined;
  const turn = oneAtATime(async () => {
    try {
      const strays = (await store.inFlightHere()).filter(({ id }) => !isInHand(id));
      for (const row of strays) if (seen.has(row.id)) found(row);
      seen = new Set(strays.map(({ id }) => id));
    } catch (error) {
      log.warn({ error }, 'nobody can say what is in flight; it is asked again');
    }
    disarm = clock.wakeAt(clock.now() + lookEvery, turn.ask);
  });

  return {
    mayCome: () => {
      if (!mayCome) turn.start();
      mayCome = true;
    },
    working: turn.running,
    stop: async () => {
      mayCome = true;
      await turn.stop();
      disarm();
    },
  };
}
