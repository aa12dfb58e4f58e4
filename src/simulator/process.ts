import type { Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';

/**
 * One life of a replica, from its start until it is killed. Whatever reaches it comes through `later`: while it is frozen
 * it waits, and once it is dead nothing of it ever goes on.
 */
export interface Process {
  /** `b3`: the third life of replica b. */
  readonly name: string;
  readonly isAlive: () => boolean;
  readonly isFrozen: () => boolean;
  /** Returns how to call it off. */
  readonly later: (length: Milliseconds, happen: () => void) => () => void;
  readonly every: (length: Milliseconds, work: () => Promise<void>) => void;
  readonly kill: (why: string) => void;
  /** As SIGSTOP and, so much later, SIGCONT. */
  readonly freeze: (length: Milliseconds) => void;
}

export function createProcess(
  name: string,
  agenda: Agenda,
  ended: (process: Process, why: string) => void,
): Process {
  const waiting: (() => void)[] = [];
  let alive = true;
  let frozen = false;

  function thaw(): void {
    frozen = false;
    for (const happen of waiting.splice(0)) later(0, happen);
  }

  function later(length: Milliseconds, happen: () => void): () => void {
    let off = false;
    const arrive = (): void => {
      if (off || !alive) return;
      if (frozen) waiting.push(arrive);
      else happen();
    };
    const callOff = agenda.after(length, arrive);
    return () => {
      off = true;
      callOff();
    };
  }

  const process: Process = {
    name,
    isAlive: () => alive,
    isFrozen: () => frozen,
    later,
    every: (length, work) => {
      const arm = (): void => void later(length, () => void work().finally(arm));
      arm();
    },
    kill: (why) => {
      if (!alive) return;
      alive = false;
      waiting.length = 0;
      ended(process, why);
    },
    freeze: (length) => {
      if (frozen || !alive) return;
      frozen = true;
      agenda.after(length, () => alive && thaw());
    },
  };
  return process;
}

/** What never comes: whoever waits for it is dead. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
