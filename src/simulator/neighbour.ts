import type { Milliseconds } from '../core/time.ts';
import type { Agenda } from './agenda.ts';
import type { Dice } from './dice.ts';
import { never, type Process } from './process.ts';
import type { Place, Trouble } from './trouble.ts';

/** What somebody who asked a neighbour knows. */
export type Reply<T> =
  | { readonly is: 'answered'; readonly value: T }
  /** Nothing was done, for certain. */
  | { readonly is: 'refused' }
  | { readonly is: 'limited'; readonly after: Milliseconds }
  /** Done or not: nobody knows. */
  | { readonly is: 'silent' };

/**
 * Asks a neighbour for something that it does at one go, at some moment between now and the answer.
 * @param signal the deadline of whoever asks; without one, it gives up by itself
 */
export type Ask = <T>(
  process: Process,
  place: Place,
  act: () => T,
  signal?: AbortSignal,
) => Promise<Reply<T>>;

const giveUpAfter: Milliseconds = 10_000;

export function createAsk(agenda: Agenda, trouble: Trouble, dice: Dice): Ask {
  return (process, place, act, signal) => {
    /** The process dies just before the request leaves, or just before it hears what came of it. */
    const dies = (where: string): boolean => {
      if (process.isAlive() && trouble.crashes()) process.kill(where);
      return !process.isAlive();
    };
    if (dies(`before it asks ${place}`)) return never();
    type T = ReturnType<typeof act>;
    return new Promise<Reply<T>>((resolve) => {
      let answered = false;
      const answer = (after: Milliseconds, reply: Reply<T>): void =>
        void process.later(after, () => {
          if (answered) return;
          answered = true;
          resolve(reply);
        });
      const mood = trouble.mood(place);
      if (mood === 'dead') return answer(trouble.delay(place), { is: 'refused' });
      if (mood === 'limiting' && dice.chance(0.7))
        return answer(trouble.delay(place), { is: 'limited', after: 1_000 * dice.between(1, 60) });
      // Some clients give up sooner than they are told to, and others never do.
      if (signal === undefined || dice.chance(0.5)) answer(giveUpAfter, { is: 'silent' });
      signal?.addEventListener('abort', () => answer(0, { is: 'silent' }));
      if (trouble.isLost(place)) return;
      // What has left arrives, whatever becomes of its sender; also when nobody waits for it any more.
      agenda.after(trouble.delay(place), () => {
        const value = act();
        if (trouble.mood(place) === 'mute' || trouble.isLost(place) || dies(`after ${place} acted`)) return;
        answer(trouble.delay(place), { is: 'answered', value });
      });
    });
  };
}
