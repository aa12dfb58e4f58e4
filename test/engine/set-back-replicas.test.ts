import { expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { movableClock } from '../../src/sandbox/movable-clock.ts';
import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, hour, minute, policies, second, start, storeId } from '../support/given.ts';
import { carrying, done } from './workshop.ts';

/** Two replicas that go by one clock, which shows an hour too much. Each notices for itself that it is set back. */
async function twoReplicas() {
  const steady = movableClock({ start, running: false });
  onTestFinished(steady.stop);
  const database = createDatabase({ now: steady.now });
  let pages = 0;
  const { carrier } = carrying(
    ['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'],
    ({ effect }) =>
      effect.type === 'page.pagerduty' && (pages += 1) === 1
        ? { status: 'retry', after: 20 * second, why: 'busy', mayHaveHappened: false }
        : done,
  );

  async function replica(name: string) {
    let ahead = hour;
    const now = () => steady.now() + ahead;
    const store = { ...(await openModelStore(database, { name })), time: now };
    const engine = createEngine({
      store,
      storeId,
      clock: { now, wakeAt: (at, wake) => steady.wakeAt(steady.now() + (at - now()), wake) },
      carriers: [carrier],
      random: () => 0,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      policies: () => policies,
    });
    await engine.start();
    const notice = (): void => {
      ahead = 0;
    };
    const submit = async (envelope: Omit<Envelope, 'at'>) => engine.submit([{ ...envelope, at: now() }]);
    const open = (service: string) =>
      submit({
        to: { kind: 'incident', alias: `${service}@shop/stable`, open: true },
        by: alertmanager,
        intent: receive(firing('5xx', 'P0', '', service)),
      });
    return { store, engine, submit, open, notice };
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
  a.notice();
  await pass(20 * second);
  expect((await eventsOf('INC-1')).map(({ type }) => type)).toContain('clock.set-back');

  await b.open('checkout');
  const to = { kind: 'incident', id: 'INC-1' } as const;
  await b.submit({ to, by: ana, intent: { type: 'incident.acknowledge' } });
  await settle();
  b.notice();
  await pass(minute);
  const waiting = (await a.store.outboxOf('INC-2')).filter(({ status }) => status === 'waiting');
  expect(waiting).toEqual([]);
  await pass(4.5 * minute);
  expect(await rungs('INC-2')).toEqual([hour + minute + 20 * second, expect.closeTo(6.5 * minute, -4.5)]);
  const stored = await a.store.readStream('INC-1');
  expect(stored?.state).toMatchObject({
    acknowledged: { expiresAt: expect.closeTo(start + 16.5 * minute, -4.5) as number },
  });
});
