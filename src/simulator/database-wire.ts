import { StoreAway, StoreUnavailable } from '../store/store.ts';
import type { Agenda } from './agenda.ts';
import { never, type Process } from './process.ts';
import type { Trouble } from './trouble.ts';
import type { Crossing, Wire } from './wire.ts';

const giveUpAfter = 10_000;
/** The standby is away for so long. */
const comesThroughAfter = 40_000;

/**
 * The way from one process to the database, with all that may happen on it.
 * @param isFar otherwise it is in the process itself: what it has done, that hears
 */
export function databaseWire(process: Process, agenda: Agenda, trouble: Trouble, isFar: boolean): Wire {
  /** The process dies just before it sends, or just before it hears. */
  function dies(where: string): boolean {
    if (process.isAlive() && trouble.crashes()) process.kill(where);
    return !process.isAlive();
  }

  const lost = (after: number, answer: boolean): Promise<never> =>
    new Promise((_, reject) => {
      process.later(after, () =>
        reject(
          answer
            ? new StoreUnavailable('the connection broke before the answer came')
            : new StoreAway('the database does not answer'),
        ),
      );
    });

  return {
    steady: agenda.now,
    every: process.every,
    standsStill: (hold) => {
      if (!isFar || !trouble.isLost('database', 10)) return undefined;
      agenda.after(comesThroughAfter, hold());
      return lost(giveUpAfter, true);
    },
    hear: (listen) => void process.later(trouble.delay('database'), listen),
    there: (what: Crossing) => {
      if (dies(`before ${what}`)) return never();
      const mood = trouble.mood('database');
      if (mood === 'dead') return lost(5, false);
      if (mood === 'mute' || trouble.isLost('database')) return lost(giveUpAfter, false);
      const delay = trouble.delay('database');
      // What has been sent arrives, whatever becomes of its sender.
      return delay === 0 ? Promise.resolve() : new Promise((resolve) => void agenda.after(delay, resolve));
    },
    back: (what: Crossing) => {
      if (dies(`after ${what}`)) return never();
      const isMute = (): boolean => trouble.mood('database') === 'mute';
      // Of all that can be lost, nothing leaves as much in doubt.
      if (isFar && (isMute() || trouble.isLost('database', what === 'commit' ? 20 : 1)))
        return lost(giveUpAfter, true);
      const delay = trouble.delay('database');
      if (delay === 0 && !process.isFrozen()) return Promise.resolve();
      return new Promise((resolve) => void process.later(delay, resolve));
    },
  };
}
