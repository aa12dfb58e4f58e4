import { expect, it } from 'vitest';
import type { Envelope } from '../../src/core/envelope.ts';
import type { Outcome } from '../../src/core/effect.ts';
import { StoreUnavailable, type Store, type Transaction } from '../../src/store/store.ts';
import { firing, receive } from '../support/alerts.ts';
import { alertmanager, minute, second, start } from '../support/given.ts';
import { carrying, done, openWorkshop, page, type Carried, type Workshop } from './workshop.ts';

type Write = (transaction: Transaction) => Promise<void>;
const writes = new Set(['useNumber', 'write', 'enqueue', 'updateOutbox', 'settleInbox', 'receiveSettled']);

interface Bot extends Workshop {
  /** The next COMMIT stands still, and nobody waits for it that long. */
  readonly stall: () => void;
  readonly isStalled: () => boolean;
  /** It comes through after all. */
  readonly land: () => Promise<void>;
  /** Time passes, also where nothing comes of it. */
  readonly pass: (length: number) => Promise<void>;
}

async function startBot({ carrier }: Carried): Promise<Bot> {
  let stalls = false;
  let stalled: Write[] | undefined;
  const broken = new StoreUnavailable('COMMIT was not answered');
  const through = (store: Store): Store => ({
    ...store,
    transact: (work) =>
      store.transact(async (transaction) => {
        const written: Write[] = [];
        const value = await work(noting(transaction, written, () => stalled !== undefined));
        if (!stalls) return value;
        stalls = false;
        stalled = written;
        throw broken;
      }),
  });
  const workshop = await openWorkshop({ carriers: [carrier], through });
  return {
    ...workshop,
    stall: () => {
      stalls = true;
    },
    isStalled: () => stalled !== undefined,
    land: async () => {
      const landing = stalled ?? [];
      stalled = undefined;
      await workshop.store.transact(async (transaction) => {
        for (const write of landing) await write(transaction);
      });
    },
    pass: (length) =>
      workshop.clock.advance(length, async () => {
        for (let turns = 0; turns < 20; turns += 1) await new Promise(setImmediate);
      }),
  };
}

/** Notes what is written; what stands still has the locks of its lanes. */
function noting(transaction: Transaction, written: Write[], isLocked: () => boolean): Transaction {
  const steps = Object.entries(transaction).map(([name, step]) => {
    const run = step as (...values: readonly unknown[]) => unknown;
    return [
      name,
      (...values: readonly unknown[]) => {
        if (name === 'takeOutbox' && isLocked()) return Promise.resolve(undefined);
        if (writes.has(name))
          written.push((other) =>
            (other[name as 'write'] as (...same: readonly unknown[]) => Promise<void>)(...values),
          );
        return run(...values);
      },
    ] as const;
  });
  return Object.fromEntries(steps) as unknown as Transaction;
}

it('what a COMMIT marks in flight that comes through after anybody waited for it goes out, as perhaps sent', async () => {
  const slack = carrying(['page.slack'], () => done);
  const { enqueue, engine, stall, isStalled, land, pass, row } = await startBot(slack);
  await enqueue(page('stands still'));
  stall();
  await engine.start();
  while (!isStalled()) await new Promise(setImmediate);
  await pass(20 * second);
  expect(slack.errands).toEqual([]);

  await land();
  expect((await row('effect-1')).status).toBe('in-flight');
  await pass(10 * second);
  expect(slack.errands).toMatchObject([{ id: 'k3x9w2/effect-1', mayHaveHappened: true }]);
  expect((await row('effect-1')).status).toBe('done');
});

it('whoever such a COMMIT decides to call is called', async () => {
  const everything = ['page.slack', 'page.pagerduty', 'page.mail', 'slack.card', 'slack.thread'] as const;
  const world = carrying(everything, () => done);
  const { engine, stall, land, pass, store } = await startBot(world);
  await engine.start();
  stall();
  const alert: Envelope = {
    to: { kind: 'incident', alias: 'checkout@shop/stable', open: true },
    at: start,
    by: alertmanager,
    intent: receive(firing('5xx', 'P0')),
  };
  await expect(engine.submit([alert])).rejects.toThrow('COMMIT was not answered');
  await pass(40 * second);
  expect(world.errands).toEqual([]);

  await land();
  await pass(10 * second);
  const calls = (await store.outboxOf('INC-1')).filter(({ effect }) => effect.type.startsWith('page.'));
  expect(calls.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
});

it('what is being carried here is left alone, however long that takes', async () => {
  const slack = carrying(['page.slack'], () => new Promise<Outcome>(() => undefined));
  const { enqueue, engine, stall, isStalled, land, pass, row } = await startBot(slack);
  await enqueue(page('stands still'));
  stall();
  await engine.start();
  while (!isStalled()) await new Promise(setImmediate);
  await land();
  await pass(minute);
  expect(slack.errands).toHaveLength(1);
  expect((await row('effect-1')).status).toBe('in-flight');
});
