import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Milliseconds } from '../core/time.ts';

/** All that is left to chance in a run comes from one seed. */
export interface Dice {
  /** From 0 to below `count`. */
  readonly below: (count: number) => number;
  readonly between: (least: number, most: number) => number;
  readonly chance: (probability: number) => boolean;
  /** In [0, 1). */
  readonly fraction: () => number;
  readonly pick: <T>(all: readonly [T, ...(readonly T[])]) => T;
  /** One of those there are, or nothing when there are none. */
  readonly pickSome: <T>(all: readonly T[]) => T | undefined;
  /** How long until something happens that happens so often on average; at least a millisecond. */
  readonly wait: (average: Milliseconds) => Milliseconds;
}

const fine = 2 ** 30;

/** @param place of this one among several that share a seed, and say nothing about each other */
export function createDice(seed: number, place = 0): Dice {
  const generator = xoroshiro128plus(seed);
  for (let jumps = 0; jumps < place; jumps += 1) generator.jump();
  const between = (least: number, most: number): number => uniformInt(generator, least, most);
  const below = (count: number): number => between(0, count - 1);
  const fraction = (): number => below(fine) / fine;
  return {
    below,
    between,
    fraction,
    chance: (probability) => probability > 0 && fraction() < probability,
    pick: (all) => all[below(all.length)] ?? all[0],
    pickSome: (all) => (all.length === 0 ? undefined : all[below(all.length)]),
    wait: (average) => Math.max(1, Math.round(-Math.log(1 - fraction()) * average)),
  };
}
