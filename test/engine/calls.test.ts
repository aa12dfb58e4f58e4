import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import type { EffectType, Outcome } from '../../src/core/effect.ts';
import type { Severity } from '../../src/core/severity.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, second, start } from '../support/given.ts';
import { carrying, done, openWorkshop, page } from './workshop.ts';

const everything: readonly EffectType[] = [
  'page.slack',
  'page.mail',
  'page.pagerduty',
  'slack.card',
  'slack.thread',
];
const never = new Promise<Outcome>(() => undefined);

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
};

function alert(severity: Severity = 'P0'): Envelope {
  return {
    to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
    at: start,
    by: alertmanager,
    intent: receive(firing('5xx', severity)),
  };
}

describe('whoever is called', () => {
  it('is being called as soon as it is stored that they are to be: nothing is looked for in between', async () => {
    const world = carrying(everything, () => never);
    const { engine, store } = await openWorkshop({ carriers: [world.carrier] });
    await engine.start();

    await engine.submit([alert()]);

    const rows = await store.outboxOf('INC-1');
    const calls = rows.filter(({ effect }) => effect.type.startsWith('page.'));
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 'in-flight'));
    expect(world.errands.map(({ effect }) => effect.type)).toEqual(calls.map(({ effect }) => effect.type));
  });

  it('is called before anything is drawn for those who read along', async () => {
    const world = carrying(everything, () => done);
    const { engine, quiet } = await openWorkshop({ carriers: [world.carrier] });
    await engine.start();

    await engine.submit([alert()]);
    await quiet();

    const types = world.errands.map(({ effect }) => effect.type);
    const firstToRead = types.findIndex((type) => type.startsWith('slack.'));
    const lastCall = types.findLastIndex((type) => type.startsWith('page.'));
    expect(firstToRead).toBeGreaterThan(lastCall);
  });

  it('is asked about, not called again, when we died on the way', async () => {
    const before = carrying(everything, () => never);
    const town = await openWorkshop({ carriers: [before.carrier] });
    await town.engine.start();
    await town.engine.submit([alert()]);

    const after = carrying(everything, () => done);
    const { engine, advance } = await town.crash(second, [after.carrier]);
    await engine.start();
    await advance(second);

    const calls = after.errands.filter(({ effect }) => effect.type.startsWith('page.'));
    const called = before.errands.filter(({ effect }) => effect.type.startsWith('page.'));
    expect(calls.map(({ id }) => id)).toEqual(called.map(({ id }) => id));
    expect(calls.every(({ mayHaveHappened }) => mayHaveHappened)).toBe(true);
  });

  it('waits where there is no room, and before the start', async () => {
    const world = carrying(everything, () => never);
    const { engine, store } = await openWorkshop({ carriers: [world.carrier], mostInFlight: 1 });
    const calls = async () =>
      (await store.outboxOf('INC-1'))
        .filter(({ effect }) => effect.type.startsWith('page.'))
        .map(({ status }) => status);

    await engine.submit([alert()]);
    expect(await calls()).toEqual(['waiting', 'waiting', 'waiting']);
    expect(world.errands).toEqual([]);

    await engine.start();
    while (world.errands.length === 0) await new Promise(setImmediate);
    expect((await calls()).toSorted()).toEqual(['in-flight', 'waiting', 'waiting']);
  });
});

describe('whoever is about to be called', () => {
  const full = new StoreUnavailable('the disk is full');
  /** A store that answers the next transaction when the test says so; when it is lost, nobody is taken up in it. */
  function slow() {
    let held: { readonly answered: Promise<void>; readonly how: 'stored' | 'lost' } | undefined;
    const through = (store: Store): Store => ({
      ...store,
      transact: async (work) => {
        if (!held) return store.transact(work);
        const { answered, how } = held;
        held = undefined;
        const done = store.transact((transaction) =>
          work(how === 'stored' ? transaction : { ...transaction, takeOutbox: () => Promise.reject(full) }),
        );
        await Promise.allSettled([done, answered]);
        return done;
      },
    });
    const hold = (how: 'stored' | 'lost') => {
      let answer = (): void => undefined;
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      held = { answered, how };
      return answer;
    };
    return { through, hold };
  }

  it('has their place already, before the store has answered', async () => {
    const { through, hold } = slow();
    const world = carrying(everything, () => never);
    const { engine, enqueue } = await openWorkshop({ carriers: [world.carrier], through });
    await engine.start();
    await turns();
    const answer = hold('stored');
    const submitted = engine.submit([alert()]);
    await turns();
    await enqueue(...Array.from({ length: 40 }, (_, n) => page(`text ${n}`)));
    engine.poke();
    await turns();
    answer();
    await submitted;
    await turns();
    expect(world.errands).toHaveLength(28);
  });

  it('leaves it to whoever waits when they are not called after all', async () => {
    const { through, hold } = slow();
    const world = carrying(everything, () => never);
    const { engine, enqueue } = await openWorkshop({ carriers: [world.carrier], through, mostInFlight: 1 });
    await engine.start();
    await turns();
    const answer = hold('lost');
    const submitted = engine.submit([alert()]);
    await turns();
    await enqueue(page('waits'));
    engine.poke();
    await turns();
    expect(world.errands).toEqual([]);
    answer();
    await expect(submitted).rejects.toThrow('the disk is full');
    await turns();
    expect(world.errands).toMatchObject([{ effect: { text: 'waits' } }]);
  });
});

describe('whoever reads along', () => {
  const pace = { card: 200, line: 400, cardAgain: second };

  it('is shown one card for all that has happened in a moment', async () => {
    const world = carrying(everything, () => done);
    const { engine, advance } = await openWorkshop({ carriers: [world.carrier], pace });
    await engine.start();
    await engine.submit([alert()]);
    await advance(199);
    expect(world.errands.filter(({ effect }) => effect.type === 'slack.card')).toEqual([]);
    expect(world.errands.length).toBeGreaterThan(0);

    await advance(1);
    expect(world.errands.filter(({ effect }) => effect.type === 'slack.card')).toHaveLength(1);
  });

  it('is shown a card once a second at most, and at last as it is', async () => {
    const shown: number[] = [];
    const world = carrying(everything, ({ effect, now }) => {
      if (effect.type === 'slack.card') shown.push(now - start);
      return done;
    });
    const { engine, advance, store } = await openWorkshop({ carriers: [world.carrier], pace });
    await engine.start();
    for (let n = 0; n < 30; n += 1) {
      const intent = receive(firing(`alert ${n}`, 'P2'));
      await engine.submit([{ ...alert(), at: start + n * 100, intent }]);
      await advance(100);
    }
    await advance(2 * second);

    expect(shown).toEqual([200, 1_200, 2_200, 3_200]);
    const left = (await store.outboxOf('INC-1')).filter(({ status }) => status === 'waiting');
    expect(left).toEqual([]);
  });
});
