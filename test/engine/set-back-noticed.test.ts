import { expect, it } from 'vitest';
import type { AnyCarrier, Errand, Outcome } from '../../src/core/effect.ts';
import type { Envelope } from '../../src/core/envelope.ts';
import { outboxRow } from '../../src/engine/decide.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { StaleStream, StoreUnavailable, type Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, hour, minute, policies, second, start, storeId } from '../support/given.ts';
import { carrying, done, openWorkshop, page } from './workshop.ts';

const alert = (service: string, at: number, what = '5xx'): Envelope => ({
  to: { kind: 'incident', alias: `${service}@shop/stable`, open: true },
  at,
  by: alertmanager,
  intent: receive(firing(what, 'P0', '', service)),
});

/** A bot whose clock shows an hour too much, or so much, until it is set back. */
async function ahead(
  through: (store: Store) => Store = (store) => store,
  by = hour,
  steps: readonly AnyCarrier[] = [],
  how: (errand: Errand) => Outcome = () => done,
) {
  const world = carrying(['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'], how);
  const workshop = await openWorkshop();
  let isAhead = by;
  const now = () => workshop.clock.now() + isAhead;
  const make = (store: Store) =>
    createEngine({
      store,
      storeId,
      clock: { now, wakeAt: (at, wake) => workshop.clock.wakeAt(workshop.clock.now() + (at - now()), wake) },
      carriers: [world.carrier, ...steps],
      random: () => 0,
      log: workshop.log,
      policies: () => policies,
    });
  let engine = make(through(workshop.store));
  await engine.start();
  const settle = async (): Promise<void> => {
    for (let idle = 0; idle < 6; idle += 1) {
      for (let work = engine.working(); work; work = engine.working()) await work;
      await new Promise(setImmediate);
    }
  };
  /** When its rungs were called. */
  const rungs = async (incident: string): Promise<readonly number[]> =>
    (await workshop.store.readEvents(incident))
      .filter(({ type }) => type === 'rung.fired')
      .map(({ at }) => at - start);
  /** How often it was told. */
  const setBacks = async (incident: string): Promise<number> =>
    (await workshop.store.readEvents(incident)).filter(({ type }) => type === 'clock.set-back').length;
  return {
    ...workshop,
    now,
    engine: () => engine,
    rungs,
    setBacks,
    settle,
    pass: (length: number) => workshop.clock.advance(length, settle),
    /** Left out: to the right time. */
    setBack: (to = 0) => {
      isAhead = to;
    },
    another: async () => {
      engine = make(workshop.store);
      await engine.start();
      await settle();
    },
  };
}

it('What was five minutes off stays so, also when the store is away for a moment just then', async () => {
  let isAway = false;
  let refused = 0;
  const bot = await ahead((store) => ({
    ...store,
    transact: (work) => {
      if (!isAway) return store.transact(work);
      refused += 1;
      isAway = false;
      return Promise.reject(new StoreUnavailable('for a moment'));
    },
  }));
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.settle();
  expect(await bot.rungs('INC-1')).toEqual([hour]);
  bot.setBack();
  isAway = true;
  await bot.pass(6 * minute);

  expect(refused).toBe(1);
  const [, second] = await bot.rungs('INC-1');
  expect(second).toBeGreaterThanOrEqual(5 * minute);
});

it('What hangs is asked to stop when its time is over, and not when the time comes that the clock had shown', async () => {
  const toldAt: number[] = [];
  const { carrier } = carrying(['step.run'], ({ overdue, now }) => {
    if (!overdue) return { status: 'running', receipt: { started: 'yes' }, again: 30 * second };
    toldAt.push(now - start);
    return { status: 'failed', why: 'stopped' };
  });
  const bot = await ahead((store) => store, hour, [carrier]);
  const step = { type: 'step.run', step: 0, deadline: 10 * minute } as const;
  await bot.store.transact((transaction) =>
    transaction.enqueue([outboxRow('step', undefined, bot.now(), step)]),
  );
  bot.engine().poke();
  await bot.pass(2 * minute);
  bot.setBack();
  await bot.pass(20 * minute);

  // By how much it was set back is known but for the seconds in which it was not looked at.
  expect(toldAt).toHaveLength(1);
  expect(toldAt[0]).toBeGreaterThanOrEqual(10 * minute);
  expect(toldAt[0]).toBeLessThan(11 * minute);
});

it('Each is told once, also when the process dies in the middle of it', async () => {
  let left = Infinity;
  const bot = await ahead((store) => ({
    ...store,
    transact: (work) => (left-- <= 0 ? new Promise(() => undefined) : store.transact(work)),
    writeMark: (name, value) => (left < 0 ? Promise.resolve() : store.writeMark(name, value)),
  }));
  await bot.engine().submit([alert('checkout', bot.now()), alert('platform', bot.now())]);
  await bot.settle();
  bot.setBack();
  left = 1;
  await bot.clock.advance(20 * second, async () => {
    for (let turns = 0; turns < 30; turns += 1) await new Promise(setImmediate);
  });
  const told = () => Promise.all(['INC-1', 'INC-2'].map(bot.setBacks));
  expect((await told()).toSorted((a, b) => a - b)).toEqual([0, 1]);

  await bot.another();
  await bot.pass(second);
  expect(await told()).toEqual([1, 1]);
  expect([await bot.rungs('INC-1'), await bot.rungs('INC-2')]).toEqual([[hour], [hour]]);
});

it('Whoever was called as long ago as it is set back by is not taken for called now', async () => {
  const bot = await ahead(undefined, 4 * minute);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(4 * minute - 2 * second);
  // It is written once more by the clock of before.
  await bot.engine().submit([alert('checkout', bot.now(), 'latency')]);
  await bot.pass(2 * second);
  bot.setBack();
  await bot.pass(2 * minute);

  expect(await bot.rungs('INC-1')).toEqual([4 * minute, 5 * minute + 10 * second]);
});

it('Nor has anybody an incident for longer who acknowledged it that long ago', async () => {
  const bot = await ahead(undefined, 10 * minute);
  const to = { kind: 'incident', id: 'INC-1' } as const;
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.engine().submit([{ to, at: bot.now(), by: ana, intent: { type: 'incident.acknowledge' } }]);
  await bot.pass(10 * minute);
  bot.setBack();
  await bot.pass(6 * minute);

  const events = await bot.store.readEvents('INC-1');
  expect(events.find(({ type }) => type === 'acknowledgement.expired')?.at).toBe(
    start + 15 * minute + 10 * second,
  );
});

it('What came in after that and before it was noticed is called when it is its time', async () => {
  const bot = await ahead();
  await bot.pass(2 * second);
  bot.setBack();
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(30 * second);

  expect(await bot.rungs('INC-1')).toEqual([2 * second]);
});

it('Whoever is asked for something looks at the clock first', async () => {
  const bot = await ahead();
  await bot.engine().submit([alert('platform', bot.now())]);
  await bot.settle();
  bot.setBack();
  await bot.engine().submit([alert('checkout', bot.now())]);

  expect(await bot.setBacks('INC-1')).toBe(1);
});

it('It may be set back again soon', async () => {
  const bot = await ahead(undefined, hour);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.settle();
  bot.setBack(4 * minute);
  await bot.pass(9 * minute);
  bot.setBack();
  await bot.pass(2 * minute);

  expect(await bot.setBacks('INC-1')).toBe(2);
  expect(await bot.rungs('INC-1')).toEqual([hour, 9 * minute + 10 * second, 10 * minute + 20 * second]);
});

it('Whoever acknowledged in between has it', async () => {
  const bot = await ahead();
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(2 * second);
  bot.setBack();
  const to = { kind: 'incident', id: 'INC-1' } as const;
  await bot.engine().submit([{ to, at: bot.now(), by: ana, intent: { type: 'incident.acknowledge' } }]);
  await bot.pass(30 * second);

  const events = await bot.store.readEvents('INC-1');
  expect(events.map(({ type }) => type)).not.toContain('acknowledgement.expired');
  expect(await bot.rungs('INC-1')).toEqual([hour]);
});

it('Nor is it called early when that could not be seen to at once', async () => {
  let isAway = false;
  const bot = await ahead(
    (store) => ({
      ...store,
      hastenOutbox: (by, latest) =>
        isAway ? Promise.reject(new StoreUnavailable('for as long')) : store.hastenOutbox(by, latest),
    }),
    4 * minute,
  );
  await bot.engine().submit([alert('platform', bot.now())]);
  await bot.pass(2 * second);
  bot.setBack();
  isAway = true;
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(4 * minute);
  isAway = false;
  await bot.pass(10 * second);

  expect(await bot.rungs('INC-2')).toEqual([2 * second]);
  await bot.pass(2 * minute);
  expect(await bot.rungs('INC-1')).toEqual([4 * minute, 5 * minute + 2 * second]);
  expect(await bot.rungs('INC-2')).toEqual([2 * second, 5 * minute + 2 * second]);
});

/** A store that takes nothing as long as it is away. */
function leaving() {
  let isAway = false;
  const unlessAway =
    <Values extends unknown[], Answer>(ask: (...values: Values) => Promise<Answer>) =>
    (...values: Values): Promise<Answer> =>
      isAway ? Promise.reject(new StoreUnavailable('away')) : ask(...values);
  const through = ({ transact, hastenOutbox, writeMark, ...store }: Store): Store => ({
    ...store,
    transact: (work) => unlessAway(() => transact(work))(),
    hastenOutbox: unlessAway(hastenOutbox),
    writeMark: unlessAway(writeMark),
  });
  return { through, leave: (away: boolean) => void (isAway = away) };
}

it('A set-back that could not be seen to for as long as it was is seen to all the same', async () => {
  const { through, leave } = leaving();
  const bot = await ahead(through, 4 * minute);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(10 * second);
  bot.setBack();
  leave(true);
  await bot.pass(4 * minute);
  leave(false);
  await bot.pass(2 * minute);

  expect(await bot.rungs('INC-1')).toEqual([4 * minute, 5 * minute + 10 * second]);
});

it('What is set back once more, before that could be seen to, is so twice', async () => {
  const { through, leave } = leaving();
  const bot = await ahead(through, 2 * hour);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(10 * second);
  leave(true);
  bot.setBack(hour);
  await bot.pass(20 * second);
  bot.setBack();
  await bot.pass(20 * second);
  leave(false);
  await bot.pass(5 * minute);

  expect(await bot.rungs('INC-1')).toEqual([2 * hour, 5 * minute + 31 * second]);
});

it('Nobody is called early when it is set forward again before that could be seen to', async () => {
  const { through, leave } = leaving();
  const bot = await ahead(through);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.pass(10 * second);
  leave(true);
  bot.setBack();
  await bot.pass(20 * second);
  bot.setBack(hour);
  leave(false);
  await bot.pass(5 * minute);

  expect(await bot.rungs('INC-1')).toEqual([hour, hour + 5 * minute]);
  // Once more, and that it stays.
  bot.setBack();
  await bot.pass(5 * minute);
  expect((await bot.rungs('INC-1')).slice(2)).toEqual([10 * minute + 10 * second]);
});

it('What came in meanwhile is called when it is its time, also when the process dies before that is seen to', async () => {
  let isStuck = false;
  const bot = await ahead((store) => ({
    ...store,
    hastenOutbox: (by, latest) =>
      isStuck ? Promise.reject(new StoreUnavailable('away')) : store.hastenOutbox(by, latest),
  }));
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.settle();
  isStuck = true;
  bot.setBack();
  await bot.engine().submit([alert('platform', bot.now())]);
  await bot.pass(5 * second);
  await bot.engine().stop();
  await bot.another();
  await bot.pass(5 * minute);

  expect(await bot.rungs('INC-1')).toEqual([hour, 5 * minute]);
  expect(await bot.rungs('INC-2')).toEqual([0, 5 * minute]);
});

it('Whoever could not be told, since others went on with it all the time, is told in the end, and all once', async () => {
  let inTheWay = 0;
  const bot = await ahead((store) => ({
    ...store,
    transact: (work) =>
      store.transact((transaction) =>
        work({
          ...transaction,
          write: (written) =>
            written.id === 'INC-1' && inTheWay-- > 0
              ? Promise.reject(new StaleStream('again'))
              : transaction.write(written),
        }),
      ),
  }));
  await bot.engine().submit([alert('checkout', bot.now()), alert('platform', bot.now())]);
  await bot.settle();
  bot.setBack();
  inTheWay = 5;
  await bot.clock.advance(10 * second, async () => {
    await bot.settle();
    // Another replica, which has not noticed yet, says that it is alive.
    if ((await bot.setBacks('INC-1')) === 0) await bot.store.writeMark('alive-at', String(bot.now() + hour));
  });
  await bot.pass(6 * minute);

  for (const id of ['INC-1', 'INC-2']) {
    expect(await bot.setBacks(id)).toBe(1);
    expect(await bot.rungs(id)).toEqual([hour, expect.any(Number)]);
  }
});

it('What was five minutes off stays so, also when no sign of life could be stored for hours', async () => {
  let isFull = false;
  const bot = await ahead((store) => ({
    ...store,
    writeMark: (name, value) =>
      isFull ? Promise.reject(new StoreUnavailable('the disk is full')) : store.writeMark(name, value),
  }));
  isFull = true;
  await bot.pass(2 * hour);
  await bot.engine().submit([alert('checkout', bot.now())]);
  await bot.settle();
  isFull = false;
  bot.setBack();
  await bot.pass(6 * minute);

  expect(await bot.rungs('INC-1')).toEqual([3 * hour, 2 * hour + 5 * minute + 10 * second]);
});

it('What was to be tried again, by a clock that was ahead between two signs of life, is tried when it is its time', async () => {
  let tries = 0;
  // Whoever has not heard of the others for long decides nothing by the clock, and does not look at it.
  let isOurs = true;
  const { engine, enqueue, setBack, pass, settle, rungs, setBacks, now, row } = await ahead(
    (store) => ({ ...store, lease: () => () => isOurs }),
    0,
    [],
    ({ effect }) =>
      effect.type === 'page.slack' && effect.text === 'busy' && (tries += 1) <= 2
        ? { status: 'retry', after: 14 * second, why: 'busy', mayHaveHappened: false }
        : done,
  );
  await engine().submit([alert('checkout', now())]);
  await settle();
  await enqueue(page('busy'));
  engine().poke();
  await settle();
  await pass(13 * second);
  setBack(30 * minute);
  isOurs = false;
  await pass(2 * second);
  setBack();
  isOurs = true;
  expect((await row('effect-1')).dueAt).toBeGreaterThan(start + 30 * minute);
  await pass(20 * second);
  expect((await row('effect-1')).status).toBe('done');
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([0, 5 * minute]);
  expect(await setBacks('INC-1')).toBe(0);
});
