import { expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import type { Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, hour, minute, policies, second, start, storeId } from '../support/given.ts';
import { carrying, done } from './workshop.ts';

/**
 * Two replicas that go by one clock, which shows an hour too much, or so much. Each notices for itself that it is set
 * back: the next time it reads it, and until then its lease does not hold if it was stopped.
 */
async function twoReplicas(by = hour) {
  const steady = movableClock({ start, running: false });
  onTestFinished(steady.stop);
  const database = createDatabase({ now: steady.now });
  let pages = 0;
  let isLifeShown = true;
  let isRight = false;
  const { carrier } = carrying(
    ['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'],
    ({ effect }) =>
      effect.type === 'page.pagerduty' && (pages += 1) === 1
        ? { status: 'retry', after: 20 * second, why: 'busy', mayHaveHappened: false }
        : done,
  );

  async function replica(name: string) {
    let ahead = by;
    let isStopped = false;
    let hasLease = true;
    const waiting: (() => void)[] = [];
    const unlessStopped = (work: () => void) => (): void => {
      if (isStopped) waiting.push(work);
      else work();
    };
    const now = () => steady.now() + ahead;
    const model = await openModelStore(database, { name });
    const store: Store = {
      ...model,
      time: now,
      lease: () => () => hasLease,
      watch: (look) => model.watch(unlessStopped(look)),
      wakesDue: async (until, limit) => {
        const due = await model.wakesDue(until, limit);
        if (due.length > 0 && isRight) ahead = 0;
        return due;
      },
      writeMark: (mark, value) =>
        mark === 'alive-at' && !isLifeShown ? Promise.resolve() : model.writeMark(mark, value),
    };
    const engine = createEngine({
      store,
      storeId,
      clock: { now, wakeAt: (at, wake) => steady.wakeAt(steady.now() + (at - now()), unlessStopped(wake)) },
      carriers: [carrier],
      random: () => 0,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      policies: () => policies,
    });
    await engine.start();
    /** It reads the clock, which goes after the right one by so much. */
    const notice = (after = 0): void => {
      ahead = -after;
      hasLease = true;
    };
    /** As SIGSTOP, and SIGCONT. */
    const stop = (): void => {
      isStopped = true;
      hasLease = false;
    };
    const goOn = (): void => {
      isStopped = false;
      for (const work of waiting.splice(0)) work();
    };
    const submit = async (envelope: Omit<Envelope, 'at'>) => engine.submit([{ ...envelope, at: now() }]);
    const open = (service: string) =>
      submit({
        to: { kind: 'incident', alias: `${service}@shop/stable`, open: true },
        by: alertmanager,
        intent: receive(firing('5xx', 'P0', '', service)),
      });
    return { store, engine, submit, open, notice, stop, goOn };
  }
  const [a, b] = [await replica('a'), await replica('b')];

  async function settle(): Promise<void> {
    for (let idle = 0; idle < 6; idle += 1) {
      for (const { engine } of [a, b])
        for (let work = engine.working(); work; work = engine.working()) await work;
      await new Promise(setImmediate);
    }
  }
  const eventsOf = async (incident: string) =>
    (await a.store.readEvents(incident)).map(({ type, at }) => ({ type, at: at - start }));
  return {
    a,
    b,
    settle,
    /** From now on whoever is given wakes reads the clock with them, and it is set back. */
    setBack: () => (isRight = true),
    /** No sign of life of theirs arrives any more. */
    showNoLife: () => (isLifeShown = false),
    eventsOf,
    pass: (length: number) => steady.advance(length, settle),
    rungs: async (incident: string) =>
      (await eventsOf(incident)).flatMap(({ type, at }) => (type === 'rung.fired' ? [at] : [])),
  };
}

it('Nobody is called early while one of two has not noticed, nor twice as early when both have', async () => {
  const { a, b, pass, settle, eventsOf, rungs } = await twoReplicas();
  await a.open('checkout');
  await pass(58 * second);
  a.notice();
  // Whoever is asked for something looks at the clock.
  await a.open('checkout');
  // Meanwhile the other one says that it is alive, by the old clock.
  await pass(3 * second);
  b.notice();
  await b.open('checkout');
  await settle();
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([hour, expect.closeTo(5 * minute, -4.5)]);
  const told = (await eventsOf('INC-1')).filter(({ type }) => type === 'clock.set-back');
  expect(told).toHaveLength(1);
});

it('What one of them does by the old clock, when the other has seen to it, comes when it is its time', async () => {
  const { a, b, pass, settle, rungs, eventsOf } = await twoReplicas();
  await a.open('platform');
  await pass(minute);
  b.stop();
  a.notice();
  await pass(30 * second);
  expect((await eventsOf('INC-1')).map(({ type }) => type)).toContain('clock.set-back');

  b.goOn();
  await b.open('checkout');
  const to = { kind: 'incident', id: 'INC-1' } as const;
  await b.submit({ to, by: ana, intent: { type: 'incident.acknowledge' } });
  await settle();
  b.notice();
  await pass(minute);
  const waiting = (await a.store.outboxOf('INC-2')).filter(({ status }) => status === 'waiting');
  expect(waiting).toEqual([]);
  await pass(4.5 * minute);
  expect(await rungs('INC-2')).toEqual([hour + 1.5 * minute, expect.closeTo(6.5 * minute, -4.5)]);
  const stored = await a.store.readStream('INC-1');
  expect(stored?.state).toMatchObject({
    acknowledged: { expiresAt: expect.closeTo(start + 16.5 * minute, -4.5) as number },
  });
});

it('Whoever was stopped meanwhile, and goes on by the old clock, calls nobody early', async () => {
  const { a, b, pass, settle, rungs } = await twoReplicas();
  await a.open('checkout');
  await pass(30 * second);
  b.stop();
  a.notice();
  await pass(50 * second);
  b.goOn();
  await settle();
  b.notice();
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([hour, expect.closeTo(5 * minute, -4.5)]);
});

it('Nor when its sign of life by the old clock was on its way when it was stopped', async () => {
  const { a, b, pass, settle, rungs, eventsOf } = await twoReplicas();
  await a.open('checkout');
  await pass(30 * second);
  b.stop();
  a.notice();
  await pass(50 * second);
  await b.store.writeMark('alive-at', String(start + hour + 80 * second));
  b.notice();
  b.goOn();
  await settle();
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([hour, expect.closeTo(5 * minute, -4.5)]);
  expect((await eventsOf('INC-1')).filter(({ type }) => type === 'clock.set-back')).toHaveLength(1);
});

it('Also when no sign of life has arrived for longer than it is set back by', async () => {
  const { a, b, pass, showNoLife, rungs } = await twoReplicas(2 * minute);
  await a.open('checkout');
  await pass(minute);
  showNoLife();
  await pass(2.5 * minute);
  a.notice();
  b.notice();
  await pass(2 * minute);

  expect(await rungs('INC-1')).toEqual([2 * minute, expect.closeTo(5 * minute, -4.5)]);
});

it('What comes in by the clock as it is now is not long overdue to whoever has not noticed yet', async () => {
  const { a, b, pass, setBack, rungs } = await twoReplicas();
  await pass(30 * second);
  setBack();
  a.notice();
  await a.open('checkout');
  await pass(2 * second);
  b.notice();
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([30 * second, 5.5 * minute]);
});

it.each([
  ['What comes through only when all is right, of somebody who is gone, comes in time', 0],
  ['Also what comes through when the clock has been set back once more', 70 * second],
])('%s', async (_, more) => {
  const { a, b, pass, rungs, eventsOf } = await twoReplicas();
  await pass(30 * second);
  b.stop();
  a.notice();
  await pass(30 * second);
  a.notice(more);
  await pass(minute);
  b.goOn();
  // Its COMMIT has stood still for as long.
  await b.open('checkout');
  b.stop();
  await pass(40 * second);
  const waiting = (await a.store.outboxOf('INC-1')).filter(({ status }) => status === 'waiting');
  expect(waiting).toEqual([]);
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([hour + 2 * minute, expect.closeTo(7.25 * minute - more, -4.5)]);
  expect((await eventsOf('INC-1')).filter(({ type }) => type === 'clock.set-back')).toHaveLength(1);
});

it('What is set by a clock that is set forward again is not called early by whoever has not noticed', async () => {
  const { a, b, pass, rungs } = await twoReplicas();
  await pass(30 * second);
  a.notice();
  b.notice();
  await pass(30 * second);
  b.notice(-30 * minute);
  await pass(20 * second);
  await b.open('checkout');
  await pass(11 * second);
  a.notice(-30 * minute);
  await pass(5 * minute);

  expect(await rungs('INC-1')).toEqual([31 * minute + 20 * second, expect.closeTo(36.5 * minute, -4.5)]);
});
