import type { KindOfEffect } from '../store/store.ts';
import { effectsFor, neighbourOf, type Neighbour } from './neighbours.ts';

/** From this priority on (pages of a P2, cards, lines in threads) an effect leaves a quarter of the room to the others. */
export const canWait = 2;

/** The places for effects that are on their way at once: so many, and for none of those who take them all. */
export interface Room {
  /** How many of this kind may set out beside those that are under way; none when it is not above zero. */
  readonly left: (kind: KindOfEffect, underWay: readonly KindOfEffect[]) => number;
  /** What need not be looked for, or it would hide all that comes after it: kinds that those who do not answer have no room for. */
  readonly full: (underWay: readonly KindOfEffect[]) => readonly KindOfEffect[];
}

/** @param silent who did not answer last: they have a share, or those who do answer would wait for their time-outs */
export function createRoom(most: number, silent: () => readonly Neighbour[]): Room {
  const mostUnhurried = Math.max(1, Math.ceil(most * 0.75));
  const share = Math.max(1, Math.ceil(most / 3));
  /** Of that, for their pages: whatever their cards have taken before it was known. */
  const keptForPages = Math.min(share - 1, Math.ceil(share / 3));
  /** A rollback begins, whoever else has taken everything. */
  const besideSteps = most - Math.floor(most / 8);

  function left({ type, priority }: KindOfEffect, underWay: readonly KindOfEffect[]): number {
    const neighbour = neighbourOf(type);
    const isHurried = priority < canWait;
    const count = (counts: (kind: KindOfEffect) => boolean): number => underWay.filter(counts).length;
    const rooms = [most - underWay.length];
    // A Slack that hangs must not take all the room for its cards.
    if (!isHurried) rooms.push(mostUnhurried - count((other) => other.priority >= canWait));
    if (neighbour) {
      rooms.push(besideSteps - count((other) => neighbourOf(other.type) !== undefined));
      if (silent().includes(neighbour)) {
        const theirs = count((other) => neighbourOf(other.type) === neighbour);
        const pages = count((other) => neighbourOf(other.type) === neighbour && other.priority < canWait);
        if (isHurried) rooms.push(Math.max(share - theirs, keptForPages - pages));
        else rooms.push(share - theirs, share - keptForPages - (theirs - pages));
      }
    }
    return Math.min(...rooms);
  }

  return {
    left,
    full: (underWay) =>
      silent()
        .flatMap(effectsFor)
        .flatMap((type) => {
          const none = [0, canWait].find((priority) => left({ type, priority }, underWay) <= 0);
          return none === undefined ? [] : [{ type, priority: none }];
        }),
  };
}
