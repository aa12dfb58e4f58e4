import { expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { freezeId } from '../../src/core/freeze/state.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { kindOfStream } from '../../src/engine/kinds.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import type { Store } from '../../src/store/store.ts';
import { ana, ben, dana, minute } from '../support/given.ts';
import { fakeExecutor, type FakeTool } from './fake-executor.ts';
import { carrying, done, openWorkshop, type Workshop } from './workshop.ts';

const stable = 'channel:shop/stable';
const freeze: Intent = { type: 'freeze.begin', reason: 'deploys go astray', open: [] };
const lift: Intent = { type: 'freeze.lift', reason: 'it is mended' };

async function say({ engine, clock }: Workshop, id: string, intent: Intent, by: Actor): Promise<void> {
  await engine.submit([{ to: { kind: kindOfStream(id), id }, at: clock.now(), by, intent }]);
}

async function operationIn({ store }: Workshop): Promise<Operation> {
  return (await store.readStream('OP-1'))?.state as Operation;
}

/** A rollback that Ben has approved; nothing is carried out before the engine is started. */
async function approved(
  through: (store: Store) => Store = (store) => store,
): Promise<{ readonly workshop: Workshop; readonly deploys: FakeTool }> {
  const { tool: deploys, executor } = fakeExecutor({ name: 'github-workflow' });
  const others = ['health', 'sentry-release'].map((name) => fakeExecutor({ name }).executor);
  const executors = [executor, ...others];
  const told = carrying(['slack.card', 'slack.thread', 'registry.publish'], () => done).carrier;
  const steps = stepCarrier(new Map(executors.map((each) => [each.name, each])));
  const workshop = await openWorkshop({ carriers: [steps, told], through });
  for (const version of ['1.4.2', '1.5.0'])
    await say(workshop, stable, { type: 'channel.set', version, reason: 'released' }, ana);
  await say(
    workshop,
    stable,
    { type: 'rollback.request', target: { version: '1.4.2' }, reason: 'slow' },
    ana,
  );
  const { hash } = await operationIn(workshop);
  await say(workshop, 'OP-1', { type: 'operation.approve', hash }, ben);
  return { workshop, deploys };
}

const starts = ({ asked }: FakeTool): readonly string[] => asked.filter((each) => each.startsWith('start '));

async function lifted(workshop: Workshop): Promise<void> {
  await say(workshop, freezeId, lift, ben);
  await say(workshop, freezeId, lift, dana);
  await workshop.quiet();
}

it('A freeze is kept over a restart, and over the time in which nobody ran', async () => {
  const { workshop, deploys } = await approved();
  await say(workshop, freezeId, freeze, ana);
  const after = await workshop.crash(minute);

  await after.engine.start();
  await after.advance(minute);

  expect(deploys.asked).toEqual([]);
  const [step] = (await after.store.outboxOf('OP-1')).filter(({ effect }) => effect.type === 'step.run');
  // Not even taken up.
  expect(step).toMatchObject({ status: 'withheld', attempts: 0 });
  expect((await operationIn(after)).status).toBe('approved');
  await lifted(after);
  expect(starts(deploys)).toHaveLength(1);
});

it('A step whose start was lost is asked about while production is frozen, and begun once when that is lifted', async () => {
  const { workshop, deploys } = await approved();
  deploys.trouble = { refuse: 'not now' };
  deploys.end = 'never';
  // The request went out and was never answered: then the process died.
  const [row] = await workshop.store.outboxDue(workshop.clock.now(), 1);
  await workshop.store.transact((transaction) =>
    transaction.updateOutbox(row?.id ?? '', { status: 'in-flight', attempts: 1 }),
  );
  await say(workshop, freezeId, freeze, ana);
  const after = await workshop.crash(minute);
  deploys.trouble = undefined;

  await after.engine.start();
  await after.quiet();

  expect(deploys.asked.map((each) => each.split(' ')[0])).toEqual(['check']);
  expect(await operationIn(after)).toMatchObject({ status: 'approved' });
  await lifted(after);
  expect(starts(deploys)).toHaveLength(1);
});

it('A step that runs is followed to its end, may be aborted, and the next one waits', async () => {
  const { workshop, deploys } = await approved();
  deploys.end = 'never';
  await workshop.engine.start();
  await workshop.quiet();
  await say(workshop, freezeId, freeze, ana);
  await workshop.advance(minute);
  expect((await operationIn(workshop)).steps[0]?.status).toBe('running');

  deploys.end = 'well';
  await workshop.advance(minute);
  expect(await operationIn(workshop)).toMatchObject({ status: 'running', held: 1 });

  await say(workshop, 'OP-1', { type: 'operation.abort' }, ana);
  await workshop.quiet();
  expect(await operationIn(workshop)).toMatchObject({ status: 'failed' });
  expect((await operationIn(workshop)).why).toContain('Stopped by Ana Ruiz');
});

it('Pages, cards and the registry file go out as ever', async () => {
  const { workshop } = await approved();
  await say(workshop, freezeId, freeze, ana);
  await workshop.engine.start();
  await workshop.advance(minute);

  const { store } = workshop;
  const rows = [...(await store.outboxOf(stable)), ...(await store.outboxOf(freezeId))];
  expect(rows.map(({ effect }) => effect.type)).toEqual(
    expect.arrayContaining(['registry.publish', 'slack.card']),
  );
  expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'done'));
});

it('A step is not begun by a process that was suspended while it asked whether production is frozen', async () => {
  let isOurs = true;
  const { workshop, deploys } = await approved((store) => ({
    ...store,
    lease: () => () => isOurs,
    readStream: async (id) => {
      const stream = await store.readStream(id);
      // Longer than its lease: the others have taken it for dead meanwhile.
      if (id === freezeId) isOurs = false;
      return stream;
    },
  }));

  await workshop.engine.start();
  await workshop.quiet();
  expect(deploys.asked).toEqual([]);
});
