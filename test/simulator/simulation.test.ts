import { describe, expect, it } from 'vitest';
import { simulate, type Result, type Scenery } from '../../src/simulator/run.ts';
import { sayBroken } from '../../src/simulator/say-broken.ts';
import { shopScenery } from '../../src/simulator/scenery.ts';
import type { Store, Transaction } from '../../src/store/store.ts';
import { minute } from '../support/given.ts';

const scenery = await shopScenery();

describe('a simulated life', () => {
  it('is the same to the letter each time, and another one under another seed', async () => {
    const [first, again, other] = [await live(7), await live(7), await live(8)];

    expect(again).toEqual(first);
    expect(other.hash).not.toBe(first.hash);
    expect(first.steps).toBeGreaterThan(100);
  });

  it('keeps every promise, in some hundred of them', async () => {
    const seen: Record<string, number> = {};
    for (let seed = 1; seed <= 100; seed += 1) {
      const { broken, seen: here } = await live(seed);
      expect(broken, `again: npm run simulate -- --seed ${seed} --hours ${1 / 6}`).toBeUndefined();
      for (const [what, count] of Object.entries(here)) seen[what] = (seen[what] ?? 0) + count;
    }
    expect(
      worthwhile.filter((what) => (seen[what] ?? 0) < 3),
      'too seldom to prove anything',
    ).toEqual([]);
  }, 240_000);
});

describe('on the real SQLite store', () => {
  it('is the same to the letter each time, and keeps every promise', async () => {
    const [first, again] = [await live(7, { store: 'sqlite' }), await live(7, { store: 'sqlite' })];

    expect(again).toEqual(first);
    for (let seed = 1; seed <= 3; seed += 1)
      expect((await live(seed, { store: 'sqlite' })).broken, `seed ${seed}`).toBeUndefined();
  }, 240_000);
});

/** A run in which these never happen proves little. */
const worthwhile = [
  'killed',
  'stopped',
  'frozen',
  'clock set',
  'rung.fired',
  'incident.acknowledged',
  'incident.resolved',
  'approval.given',
  'work begun',
  'operation.verified',
  'effect waiting',
  'effect withheld',
];

function live(seed: number, change: Partial<Scenery> = {}) {
  return simulate(seed, 10 * minute, { ...scenery, ...change });
}

/** The first of so many seeds that shows it. */
async function firstBroken(through: (store: Store) => Store): Promise<Result> {
  for (let seed = 1; seed <= 30; seed += 1) {
    const result = await live(seed, { through });
    if (result.broken) return result;
  }
  throw new Error('none of them shows it');
}

/** A store whose transactions are not what they should be. */
const inTransactions =
  (change: (transaction: Transaction) => Partial<Transaction>) =>
  (store: Store): Store => ({
    ...store,
    transact: (work) => store.transact((transaction) => work({ ...transaction, ...change(transaction) })),
  });

describe('a planted fault is found:', () => {
  it('a store that loses what it has acknowledged', async () => {
    let count = 0;
    const forgetful = (store: Store): Store => ({
      ...store,
      receive: async (item) => ((count += 1) % 7 === 0 ? { new: true } : store.receive(item)),
    });
    const { broken } = await firstBroken(forgetful);
    expect(broken?.invariant).toBe('whatever was acknowledged is settled once, and answered');
  });

  it('an engine that forgets what it has begun', async () => {
    const forgetful = inTransactions(({ takeOutbox }) => ({
      takeOutbox: async (row, now) => {
        const taken = await takeOutbox(row, now);
        return taken && { ...taken, receipt: {}, mayHaveHappened: false };
      },
    }));
    const found = await firstBroken(forgetful);
    expect(found.broken?.invariant).toBe(
      'each step is begun at most once, and one operation at a time works on a channel',
    );

    const again = await live(found.seed, { through: forgetful });
    expect(again).toEqual(found);
    const said = sayBroken(again, { hours: 1 / 4, store: 'model', lines: 3 }).split('\n');
    expect(said.slice(0, 3)).toEqual(again.broken?.trace.slice(-3));
    expect(said).toContain(`Again:  npm run simulate -- --seed ${found.seed} --hours 0.25`);
  });
});
