export interface Turns {
  /** Does the work when everything that was asked for before is over, however that ended. */
  readonly next: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when what was asked for by now is over. */
  readonly ended: () => Promise<unknown>;
}

/** Work that is done one after another, in the order in which it was asked for. */
export function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    next: (work) => {
      const done = last.then(work);
      // Whoever asked hears how it ended; to the next one it is only over.
      last = Promise.allSettled([done]);
      return done;
    },
    ended: () => last,
  };
}
