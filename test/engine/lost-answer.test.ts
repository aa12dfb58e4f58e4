import { expect, it } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, ana, minute, start } from '../support/given.ts';
import { carrying, done, openWorkshop, type Workshop } from './workshop.ts';

/** How a transaction ends. */
type End = 'well' | 'stored, and the answer is lost' | 'not stored';

interface Bot extends Workshop {
  /** How the next transactions end, one after another. */
  readonly next: (...ends: readonly End[]) => void;
  readonly calls: () => readonly string[];
  /** Time passes, also where nothing comes of it. */
  readonly wait: () => Promise<void>;
}

async function startBot(): Promise<Bot> {
  const ends: End[] = [];
  const through = (store: Store): Store => ({
    ...store,
    transact: async (work) => {
      const end = ends.shift() ?? 'well';
      const broken = new StoreUnavailable(`the connection broke: ${end}`);
      const value = await store.transact(async (transaction) => {
        const value = await work(transaction);
        if (end === 'not stored') throw broken;
        return value;
      });
      if (end !== 'well') throw broken;
      return value;
    },
  });
  const types = ['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'] as const;
  const world = carrying(types, () => done);
  const workshop = await openWorkshop({ carriers: [world.carrier], through });
  await workshop.engine.start();
  return {
    ...workshop,
    next: (...how) => void ends.push(...how),
    wait: () =>
      workshop.clock.advance(minute, async () => {
        for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
      }),
    calls: () =>
      world.errands
        .filter(({ effect }) => effect.type.startsWith('page.'))
        .map(({ id, mayHaveHappened }) => `${id}${mayHaveHappened ? ', perhaps again' : ''}`),
  };
}

const alert: Envelope = {
  to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
  at: start,
  by: alertmanager,
  intent: receive(firing('5xx', 'P0')),
};
const everybody = ['k3x9w2/INC-1/4.0', 'k3x9w2/INC-1/4.1', 'k3x9w2/INC-1/4.2'];

it('calls whoever is to be called when only the answer was lost that this is stored', async () => {
  const { engine, next, wait, calls } = await startBot();
  next('stored, and the answer is lost');
  await expect(engine.submit([alert])).rejects.toThrow('the answer is lost');
  expect(calls()).toEqual([]);

  await wait();
  expect(calls(), 'nothing had been sent, so there is nothing to ask about').toEqual(everybody);
});

it('also when the store stays away for a while', async () => {
  const { engine, next, wait, calls } = await startBot();
  next('stored, and the answer is lost', 'not stored', 'not stored', 'not stored', 'not stored');
  await expect(engine.submit([alert])).rejects.toThrow('the answer is lost');

  await wait();
  expect(calls().toSorted()).toEqual(everybody);
});

it('calls nobody when nothing was stored, and once when it is tried again', async () => {
  const { engine, next, wait, calls } = await startBot();
  next('not stored');
  await expect(engine.submit([alert])).rejects.toThrow('not stored');
  await wait();
  expect(calls()).toEqual([]);

  await engine.submit([alert]);
  await wait();
  expect(calls()).toEqual(everybody);
});

it('calls once, too, when it is tried again at once', async () => {
  const { engine, next, wait, calls } = await startBot();
  // In between it is asked of each of the three whether it is stored.
  next('not stored', 'not stored', 'not stored', 'not stored', 'stored, and the answer is lost');
  await expect(engine.submit([alert])).rejects.toThrow('not stored');
  await expect(engine.submit([alert])).rejects.toThrow('the answer is lost');

  await wait();
  expect(calls().toSorted()).toEqual(everybody);
});

it('calls nobody about what somebody has taken meanwhile', async () => {
  const { engine, next, wait, calls, store } = await startBot();
  next('stored, and the answer is lost', 'not stored', 'not stored', 'not stored');
  await expect(engine.submit([alert])).rejects.toThrow('the answer is lost');
  const to = { kind: 'incident', id: 'INC-1' } as const;
  await engine.submit([{ to, at: start + 1, by: ana, intent: { type: 'incident.acknowledge' } }]);

  await wait();
  const pages = (await store.outboxOf('INC-1')).filter(({ id }) => id.startsWith('INC-1/4.'));
  expect(pages.slice(0, 3).map(({ status }) => status)).toEqual(['withheld', 'withheld', 'withheld']);
  expect(calls().filter((id) => everybody.includes(id))).toEqual([]);
});
