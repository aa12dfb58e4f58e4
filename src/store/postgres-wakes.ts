import type { Instant } from '../core/time.ts';
import type { Store } from './store.ts';

/**
 * Looks for streams to be woken only when one may be there: the engine asks after whatever is stored here, and hardly
 * anything of that wakes a stream sooner.
 */
export interface Wakes extends Pick<Store, 'nextWake' | 'wakesDue'> {
  /** A stream has been stored here that wants to be woken then. */
  readonly set: (at: Instant) => void;
  /** Somebody else may have set one. */
  readonly forget: () => void;
}

export function wakesOf(ask: Pick<Store, 'nextWake' | 'wakesDue'>): Wakes {
  /** Before then nobody is to be woken. */
  let known: Instant | undefined;
  /** The last question for it, and the earliest that was set since it was asked. */
  let asked: { earliest: Instant } | undefined;

  function forget(): void {
    known = undefined;
    asked = undefined;
  }

  return {
    forget,
    set: (at) => {
      if (known !== undefined) known = Math.min(known, at);
      if (asked) asked.earliest = Math.min(asked.earliest, at);
    },
    nextWake: async () => {
      const mine = { earliest: Infinity };
      asked = mine;
      const next = await ask.nextWake();
      if (asked === mine) known = Math.min(next ?? Infinity, mine.earliest);
      return next;
    },
    wakesDue: async (now, limit) => {
      if (known !== undefined && now < known) return [];
      forget();
      return ask.wakesDue(now, limit);
    },
  };
}
