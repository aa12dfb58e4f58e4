import { expect, it } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, hour, minute, policies, start, storeId } from '../support/given.ts';
import { carrying, done, openWorkshop } from './workshop.ts';

/** From when the clock was still ahead. */
const alert: Envelope = {
  to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
  at: start + hour,
  by: alertmanager,
  intent: receive(firing('5xx', 'P0')),
};

function pager() {
  const world = carrying(
    ['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'],
    () => done,
  );
  const calls = () =>
    world.errands.filter(({ effect }) => effect.type === 'page.pagerduty').map(({ now }) => now - start);
  return { carrier: world.carrier, calls };
}

it('whoever is to be called is called now, and not when the time comes again that the clock had shown', async () => {
  const { carrier, calls } = pager();
  const { engine, advance, store } = await openWorkshop({ carriers: [carrier] });
  await engine.start();

  await engine.submit([alert]);
  await advance(6 * minute);
  expect(calls()).toEqual([0, 5 * minute]);
  const [first] = await store.readEvents('INC-1');
  expect(first?.at).toBe(start);
});

it('also when it is set back in the middle of the decision', async () => {
  const { carrier, calls } = pager();
  const workshop = await openWorkshop();
  let ahead = hour;
  const store: Store = {
    ...workshop.store,
    transact: (work) =>
      workshop.store.transact((transaction) =>
        work({
          ...transaction,
          write: async (written) => {
            await transaction.write(written);
            ahead = 0;
          },
        }),
      ),
  };
  const engine = createEngine({
    store,
    storeId,
    clock: { ...workshop.clock, now: () => workshop.clock.now() + ahead },
    carriers: [carrier],
    random: () => 0,
    log: workshop.log,
    policies: () => policies,
  });
  await engine.start();

  await engine.submit([alert]);
  for (let work = engine.working(); work; work = engine.working()) await work;
  await engine.stop();
  expect(calls()[0]).toBe(0);
  const [first] = await store.readEvents('INC-1');
  expect(first?.at).toBe(start);
});
