import type { Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';

/**
 * One life of a replica, from its start until it is killed, or ends by itself. Whatever reaches it comes through `later`:
 * while it is frozen it waits, and once it is dead nothing of it ever goes on.
 */
export interface Process {
  /** `b3`: the third life of replica b. */
  readonly name: string;
  readonly isAlive: () => boolean;
  readonly isFrozen: () => boolean;
  /** Returns how to call it off. */
  readonly later: (length: Milliseconds, happen: () => void) => () => void;
  /** Aborts after so long. */
  readonly deadline: (length: Milliseconds) => AbortSignal;
  readonly every: (length: Milliseconds, work: () => Promise<void>) => void;
  readonly kill: (why: string) => void;
  /** By itself, when it was told to stop. */
  readonly exit: () => void;
  /** As SIGSTOP and, so much later, SIGCONT. */
  readonly freeze: (length: Milliseconds) => void;
}

export function createProcess(
  name: string,
  agenda: Agenda,
  /** Hears why it was killed; undefined when it ended by itself. */
  ended: (process: Process, why: string | undefined) => void,
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

  function end(why?: string): void {
    if (!alive) return;
    alive = false;
    waiting.length = 0;
    ended(process, why);
  }

  const process: Process = {
    name,
    isAlive: () => alive,
    isFrozen: () => frozen,
    later,
    deadline: (length) => {
      const controller = new AbortController();
      later(length, () => controller.abort());
      return controller.signal;
    },
    every: (length, work) => {
      const arm = (): void => void later(length, () => void work().finally(arm));
      arm();
    },
    kill: end,
    exit: () => end(),
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
