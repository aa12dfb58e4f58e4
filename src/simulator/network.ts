import type { Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import type { Process } from './process.ts';
import type { Replica } from './replica.ts';
import type { Harshness } from './trouble.ts';

/** A replica that is up, and its process. */
export interface Listener {
  readonly process: Process;
  readonly replica: Replica;
  /** What it has been sent and has not answered yet. */
  readonly taking: Set<Promise<unknown>>;
}

/** Something on its way in; `take` is what a replica does with it, and resolves when it may be acknowledged. */
export interface Delivery<T> {
  readonly what: string;
  readonly take: (replica: Replica) => Promise<T>;
  readonly tries: number;
  /** From one try to the next. */
  readonly again: Milliseconds;
  /** The sender was told that it was taken. */
  readonly acknowledged: (answer: T) => void;
  /** The sender has given up, and believes that it was not. */
  readonly givenUp?: () => void;
}

export type Send = <T>(delivery: Delivery<T>) => void;

/** The network in front of the replicas: late, out of order, twice, and with answers that are lost. */
export function createNetwork(parts: {
  readonly agenda: Agenda;
  readonly dice: Dice;
  readonly harshness: Harshness;
  readonly listeners: () => readonly Listener[];
}): Send {
  const { agenda, dice, harshness, listeners } = parts;
  const rare = 0.03 * harshness.network;

  function delay(): Milliseconds {
    return dice.chance(rare) ? dice.between(500, 90_000) : dice.between(1, 60);
  }

  return function send<T>(delivery: Delivery<T>): void {
    let isOver = false;
    attempt(1);
    // A proxy in between that sends it once more, whatever came of the first.
    if (dice.chance(rare)) agenda.after(delay(), arrive);

    function attempt(count: number): void {
      if (isOver) return;
      if (count > delivery.tries) {
        isOver = true;
        delivery.givenUp?.();
        return;
      }
      agenda.after(delay(), () => arrive(answered));
      // Whoever hears nothing for so long tries again, also when it was taken.
      agenda.after(delivery.again, () => attempt(count + 1));
    }

    function answered(answer: T): void {
      if (isOver) return;
      isOver = true;
      delivery.acknowledged(answer);
    }

    function arrive(tell?: (answer: T) => void): void {
      const listener = dice.pickSome(listeners());
      if (!listener) return;
      const { process, replica, taking } = listener;
      process.later(0, () => {
        // Whoever stops takes nothing more.
        if (!listeners().includes(listener)) return;
        const taken = delivery.take(replica);
        taking.add(taken);
        taken.then(
          (answer) => {
            taking.delete(taken);
            // The answer leaves only a process that is still there.
            if (!process.isAlive() || !tell || dice.chance(rare)) return;
            agenda.after(delay(), () => tell(answer));
          },
          // It says that it could not be taken, and the sender tries again.
          () => taking.delete(taken),
        );
      });
    }
  };
}
