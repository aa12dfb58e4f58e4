import { expect, it } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
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
  const types = () => world.errands.map(({ effect }) => effect.type);
  return { carrier: world.carrier, calls, types };
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

/** A bot whose clock is an hour ahead, until `setBack`; what it does in the store passes through this. */
async function startAhead(through: (store: Store, setBack: () => void) => Store) {
  const { carrier, calls, types } = pager();
  const workshop = await openWorkshop();
  let ahead = hour;
  const store = through(workshop.store, () => {
    ahead = 0;
  });
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
  const quiet = async (): Promise<void> => {
    for (let work = engine.working(); work; work = engine.working()) await work;
  };
  return { engine, store, calls, types, quiet };
}

it('also when it is set back in the middle of the decision', async () => {
  const { engine, store, calls, quiet } = await startAhead((store, setBack) => ({
    ...store,
    transact: (work) =>
      store.transact((transaction) =>
        work({ ...transaction, write: (written) => transaction.write(written).finally(setBack) }),
      ),
  }));

  await engine.submit([alert]);
  await quiet();
  expect(calls()[0]).toBe(0);
  const [first] = await store.readEvents('INC-1');
  expect(first?.at).toBe(start);
  await engine.stop();
});

it('also when it is set back after that, and the answer that it is stored is lost', async () => {
  let isLost = true;
  const { engine, calls, quiet } = await startAhead((store, setBack) => ({
    ...store,
    transact: async (work) => {
      const value = await store.transact(work);
      if (!isLost) return value;
      isLost = false;
      setBack();
      throw new StoreUnavailable('the connection broke before the answer came');
    },
  }));

  await expect(engine.submit([alert])).rejects.toThrow(StoreUnavailable);
  await quiet();
  expect(calls()).toEqual([0]);
  await engine.stop();
});

it('what was decided is shown now, too, when it is set back while that is being stored', async () => {
  const { engine, types, quiet } = await startAhead((store, setBack) => ({
    ...store,
    transact: (work) => store.transact(work).finally(setBack),
    // What had been stored was brought forward before this was.
    hastenOutbox: () => Promise.resolve(),
  }));

  await engine.submit([alert]);
  await quiet();
  expect(types()).toContain('slack.card');
  await engine.stop();
});
