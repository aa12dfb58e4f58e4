import { expect, it } from 'vitest';
import type { Channel } from '../../src/core/channel/state.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { kindOfStream } from '../../src/engine/kinds.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import type { Store, StreamWrite, Transaction } from '../../src/store/store.ts';
import { ana, ben, minute, policies, second } from '../support/given.ts';
import { fakeExecutor } from './fake-executor.ts';
import { carrying, done, openWorkshop, page } from './workshop.ts';

const stable = 'channel:shop/stable';

/** The store refuses what this throws at, as PostgreSQL does with a class of errors that are no outage. */
function refusing(changed: (transaction: Transaction) => Partial<Transaction>): (store: Store) => Store {
  return (store) => ({
    ...store,
    transact: (work) => store.transact((transaction) => work({ ...transaction, ...changed(transaction) })),
  });
}
const refused = (): never => {
  throw new Error('PostgreSQL refused a statement: cache lookup failed (XX000)');
};

const saysDone = ({ id, events }: StreamWrite): boolean =>
  id === 'OP-1' && events.some(({ type }) => type === 'step.done');

/** Lets everything that is under way come to its next pause. */
async function macrotask(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
}

/** A rollback that runs, and has just ended well out there. */
async function rollback(changed: (transaction: Transaction) => Partial<Transaction>) {
  const { tool, executor } = fakeExecutor({ name: 'github-workflow' });
  const told = carrying(['slack.card', 'slack.thread', 'page.slack', 'registry.publish'], () => done);
  const carriers = [stepCarrier(new Map([[executor.name, executor]])), told.carrier];
  const workshop = await openWorkshop({ carriers, through: refusing(changed) });
  const { engine, clock, store, quiet } = workshop;
  const say = async (id: string, intent: Intent, by = ana): Promise<void> => {
    await engine.submit([{ to: { kind: kindOfStream(id), id }, at: clock.now(), by, intent }]);
  };
  const operation = async () => (await store.readStream('OP-1'))?.state as Operation;
  await engine.start();
  for (const version of ['1.4.2', '1.5.0'])
    await say(stable, { type: 'channel.set', version, reason: 'released' });
  await say(stable, { type: 'rollback.request', target: { version: '1.4.2' }, reason: 'slow' });
  await say('OP-1', { type: 'operation.approve', hash: (await operation()).hash }, ben);
  await quiet();
  tool.end = 'well';
  const lock = async () => ((await store.readStream(stable))?.state as Channel | undefined)?.lock;
  return { ...workshop, say, operation, lock, told };
}

it('A step whose outcome the store refuses is unknown to its operation, too, and a person frees the channel', async () => {
  let left = 1;
  const { say, operation, lock, advance } = await rollback(({ write }) => ({
    write: (stream) => (saysDone(stream) && left-- > 0 ? refused() : write(stream)),
  }));
  await advance(minute);
  expect(await operation()).toMatchObject({
    status: 'unknown',
    why: expect.stringContaining('could not be recorded: PostgreSQL refused a statement') as string,
  });
  expect(await lock()).toMatchObject({ operation: 'OP-1' });
  await say('OP-1', { type: 'operation.settle', outcome: 'done', why: 'I looked' }, ben);
  expect(await lock()).toBeUndefined();
});

it('What not even its stream can hear is said in the emergency conversation, and holds up nothing', async () => {
  let broken = false;
  const { store, clock, quiet, told } = await rollback(({ write }) => ({
    write: (stream) => (broken && stream.id === 'OP-1' ? refused() : write(stream)),
  }));
  broken = true;
  const setAside = async () =>
    (await store.outboxOf('OP-1')).find(
      ({ effect, status }) => effect.type === 'step.run' && status === 'unknown',
    );
  while (!(await setAside())) await clock.advance(second, macrotask);
  await quiet();
  const step = await setAside();
  expect(told.errands.filter(({ effect }) => effect.type === 'page.slack')).toMatchObject([
    {
      effect: {
        to: policies.notifications.conversations['emergency'],
        text: expect.stringContaining(`What became of ${step?.id} (step.run) cannot be recorded`) as string,
      },
    },
  ]);
});

it('What cannot be taken up was not sent, and is not called unknown', async () => {
  const slack = carrying(['page.slack'], () => done);
  const { engine, enqueue, quiet, row } = await openWorkshop({
    carriers: [slack.carrier],
    through: refusing(({ updateOutbox }) => ({
      updateOutbox: (id, change) => (change.status === 'in-flight' ? refused() : updateOutbox(id, change)),
    })),
  });
  await enqueue(page('never taken up'));
  await engine.start();
  await quiet();
  expect(await row('effect-1')).toMatchObject({ status: 'failed', attempts: 0 });
  expect(slack.errands).toEqual([]);
});
