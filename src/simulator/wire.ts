import type { Instant, Milliseconds } from '../core/time.ts';

/**
 * What lies between a process and its database. Everything that crosses it may be slow or lost, and the process may die
 * or stand still on either side: whatever the model store does at one go lies between two crossings.
 */
export interface Wire {
  /** Resolves when a request has arrived at the database. @throws StoreUnavailable when it never will */
  readonly there: (what: Crossing) => Promise<void>;
  /** Resolves when the answer has arrived; never, when nobody is there any more. @throws StoreUnavailable when it is lost */
  readonly back: (what: Crossing) => Promise<void>;
  /**
   * Asked at a COMMIT, which may stand still for longer than anybody waits for it, and comes through all the same.
   * Left out, or answered with undefined: it does not.
   * @param hold what it has locked stays so until then; answers how it comes through
   */
  readonly standsStill?: (hold: () => () => void) => Promise<never> | undefined;
  /** Another process has left something to do, or told something. */
  readonly hear: (listen: () => void) => void;
  /** A clock that nobody sets. */
  readonly steady: () => Instant;
  /** Calls again and again, as long as the process lives. Left out: nobody gives signs of life, and nobody dies. */
  readonly every?: (length: Milliseconds, work: () => Promise<void>) => void;
}

/** `read` also stands for what a transaction reads, `commit` for all that it writes. */
export type Crossing = 'begin' | 'read' | 'write' | 'commit' | 'sign of life';

/** Nothing is ever lost, late or dead. */
export const straightWire: Wire = {
  there: () => Promise.resolve(),
  back: () => Promise.resolve(),
  hear: (listen) => listen(),
  steady: () => 0,
};
