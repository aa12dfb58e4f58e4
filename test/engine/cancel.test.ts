import { describe, expect, it } from 'vitest';
import type { AnyCarrier } from '../../src/core/effect.ts';
import type { Executor, StepProgress } from '../../src/core/executor.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import type { StepPolicy } from '../../src/core/policies/channels.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import { executorContract } from '../contract/executor.ts';
import { stepRun } from '../executors/runs.ts';
import { ana, ben, hour, minute, policies, second } from '../support/given.ts';
import { carrying, done, openWorkshop, type Workshop } from './workshop.ts';
import { fakeExecutor, type FakeTool } from './fake-executor.ts';

describe('the executor that these stories are told with', () => {
  executorContract(async () => {
    const { tool, executor } = fakeExecutor();
    const secret = 'canary0123456789';
    return {
      executor,
      restarted: () => executor,
      run: stepRun({}),
      secret,
      end: (how) => (tool.end = how),
      loseAnswer: () => (tool.trouble = 'lose'),
      refuse: (words) => (tool.trouble = { refuse: words }),
      hang: () => (tool.trouble = 'hang'),
      heal: () => (tool.trouble = undefined),
      wait: () => {},
      changes: tool.begun,
      close: () => Promise.resolve(),
    };
  });
});

/** Deploy, check, record: of ten minutes each, all by this executor. */
function withSteps(): Policies {
  const { apps } = policies.channels;
  const shop = apps['shop'];
  const stable = shop?.channels['stable'];
  if (!shop || !stable) throw new Error('policies/channels.yml has no shop/stable any more');
  const steps = (['execute', 'verify', 'record'] as const).map((phase): StepPolicy => ({
    uses: 'fake',
    title: `Step ${phase}`,
    phase,
    target: minute,
    deadline: 10 * minute,
    with: {},
  }));
  const channels = { ...shop.channels, stable: { ...stable, rollback: { steps } } };
  return { ...policies, channels: { apps: { ...apps, shop: { ...shop, channels } } } };
}

interface Town extends Workshop {
  readonly operation: () => Promise<Operation>;
  readonly abort: () => Promise<void>;
}

/** A rollback without an incident, approved and begun. */
async function rollingBack(executor: Executor, carriers = carriersOf(executor)): Promise<Town> {
  const workshop = await openWorkshop({ carriers, policies: withSteps() });
  const { engine, clock, store, quiet } = workshop;
  await engine.start();
  const stable = { kind: 'channel', id: 'channel:shop/stable' } as const;
  const op = { kind: 'operation', id: 'OP-1' } as const;
  for (const version of ['1.4.2', '1.5.0'])
    await engine.submit([
      { to: stable, at: clock.now(), by: ana, intent: { type: 'channel.set', version, reason: 'released' } },
    ]);
  const target = { version: '1.4.2' };
  await engine.submit([
    { to: stable, at: clock.now(), by: ana, intent: { type: 'rollback.request', target, reason: 'slow' } },
  ]);
  const operation = async (): Promise<Operation> => (await store.readStream('OP-1'))?.state as Operation;
  const { hash } = await operation();
  await engine.submit([{ to: op, at: clock.now(), by: ben, intent: { type: 'operation.approve', hash } }]);
  await quiet();
  return {
    ...workshop,
    operation,
    abort: async () => {
      await engine.submit([{ to: op, at: clock.now(), by: ana, intent: { type: 'operation.abort' } }]);
      await quiet();
    },
  };
}

function carriersOf(executor: Executor): readonly AnyCarrier[] {
  const others = carrying(['slack.card', 'slack.thread', 'page.slack', 'registry.publish'], () => done);
  return [stepCarrier(new Map([['fake', executor]])), others.carrier];
}

describe('a person stops an operation', () => {
  it('and what runs is asked to stop at once, however far off the next question was', async () => {
    const { tool, executor } = fakeExecutor({ pollEvery: 5 * minute });
    tool.end = 'never';
    const town = await rollingBack(executor);
    expect(tool.asked).toEqual(['start OP-1.1-k3x9w2']);
    await town.abort();
    expect(tool.asked.slice(1)).toEqual(['check OP-1.1-k3x9w2', 'cancel OP-1.1-k3x9w2']);
    expect(await town.operation()).toMatchObject({
      status: 'failed',
      why: 'Step execute: Stopped by Ana Ruiz. The work was cancelled half way.',
      steps: [{ status: 'failed', note: 'Stopped by Ana Ruiz. The work was cancelled half way.' }, {}, {}],
    });
  });

  it('also when the process dies as soon as the wish is stored', async () => {
    const { tool, executor } = fakeExecutor({ pollEvery: 5 * minute });
    tool.end = 'never';
    const dying = await (await rollingBack(executor)).crash(second);
    const op = { kind: 'operation', id: 'OP-1' } as const;
    const abort = { to: op, at: dying.clock.now(), by: ana, intent: { type: 'operation.abort' } } as const;
    await dying.engine.submit([abort]);
    const next = await dying.crash(second);
    await next.engine.start();
    await next.quiet();
    expect(tool.asked).toEqual(['start OP-1.1-k3x9w2', 'check OP-1.1-k3x9w2', 'cancel OP-1.1-k3x9w2']);
  });

  it('which is asked for once, and from then on how it ended', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    tool.stubborn = 3;
    const town = await rollingBack(executor);
    await town.abort();
    await town.advance(minute);
    expect(tool.asked.map((words) => words.split(' ')[0])).toEqual([
      'start',
      'check',
      'cancel',
      'check',
      'check',
      'check',
    ]);
    expect((await town.operation()).status).toBe('failed');
  });

  it('and who had it stopped is on record, so that nobody is called for it', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    const town = await rollingBack(executor);
    await town.abort();
    const finished = (await town.store.readEvents('OP-1')).find(({ type }) => type === 'operation.finished');
    expect(finished?.data).toMatchObject({ outcome: 'failed', stoppedBy: 'Ana Ruiz', touched: true });
  });

  it('when the work has just ended: that is its true end, and no further step begins', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    const town = await rollingBack(executor);
    tool.end = 'well';
    await town.abort();
    expect(tool.asked).toEqual(['start OP-1.1-k3x9w2', 'check OP-1.1-k3x9w2']);
    expect(await town.operation()).toMatchObject({
      status: 'failed',
      why: 'Stopped by Ana Ruiz after “Step execute”.',
      steps: [{ status: 'done' }, { status: 'waiting' }, { status: 'waiting' }],
    });
  });

  it('is asked again when the wish did not arrive', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    const town = await rollingBack(executor);
    const deaf: Executor['cancel'] = () => Promise.reject(new Error('The tool is away.'));
    const { cancel } = executor;
    Object.assign(executor, { cancel: deaf });
    await town.abort();
    expect(await town.operation()).toMatchObject({
      status: 'running',
      steps: [{ note: 'The tool is away.' }, {}, {}],
    });
    Object.assign(executor, { cancel });
    await town.advance(10 * second);
    expect((await town.operation()).status).toBe('failed');
  });

  it('and what cannot be stopped is waited for', async () => {
    const { tool, executor } = fakeExecutor({ cancel: false });
    tool.end = 'never';
    const town = await rollingBack(executor);
    await town.abort();
    await town.advance(minute);
    expect((await town.operation()).status).toBe('running');
    tool.end = 'badly';
    await town.advance(5 * second);
    expect((await town.operation()).steps[0]?.note).toBe('The work has ended badly.');
  });

  it('but what is live and verified is recorded to the end', async () => {
    const { tool, executor } = fakeExecutor();
    const town = await rollingBack(executor);
    await town.advance(5 * second);
    expect(tool.asked.at(-1)).toBe('start OP-1.2-k3x9w2');
    await town.abort();
    expect(tool.asked.slice(-2)).toEqual(['check OP-1.2-k3x9w2', 'start OP-1.3-k3x9w2']);
    tool.end = 'never';
    await town.advance(minute);
    expect(tool.asked.filter((words) => words.startsWith('cancel'))).toEqual([]);
    tool.end = 'well';
    await town.advance(5 * second);
    expect((await town.operation()).status).toBe('done');
  });

  it('and it is still known after a crash', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    tool.stubborn = 1;
    const town = await rollingBack(executor);
    await town.abort();
    const after = await town.crash(minute);
    await after.engine.start();
    await after.quiet();
    await after.advance(10 * second);
    expect(tool.asked.filter((words) => words.startsWith('cancel'))).toEqual(['cancel OP-1.1-k3x9w2']);
    expect((await after.store.readStream('OP-1'))?.state).toMatchObject({
      status: 'failed',
      steps: [{ note: 'Stopped by Ana Ruiz. The work was cancelled half way.' }, {}, {}],
    });
  });

  it('that had not begun when we crashed, it is not begun any more', async () => {
    const { tool, executor } = fakeExecutor();
    const lost: Executor = { ...executor, start: () => Promise.reject(new Error('lost on the way')) };
    const town = await rollingBack(lost);
    expect((await town.operation()).steps[0]?.note).toBe('lost on the way');
    await town.abort();
    expect(tool.asked).toEqual(['check OP-1.1-k3x9w2']);
    expect((await town.operation()).why).toMatch(/^Step execute: Stopped by Ana Ruiz. It had not begun/);
    expect((await town.operation()).touched).toBe(false);
  });
});

describe('the time of a step is over', () => {
  it('and it never began: that is certain, and nobody has to look', async () => {
    const { executor } = fakeExecutor();
    const full: StepProgress = { status: 'not-started', note: 'The queue is full.' };
    const town = await rollingBack({ ...executor, start: () => Promise.resolve(full) });
    await town.advance(10 * minute);
    expect(await town.operation()).toMatchObject({ status: 'failed', touched: false });
    expect((await town.operation()).why).toMatch(/gave up after \d+ tries: The queue is full/);
  });

  async function late(tool: FakeTool, executor: Executor): Promise<Town> {
    tool.end = 'never';
    const town = await rollingBack(executor);
    await town.advance(10 * minute);
    return town;
  }

  it('what runs is asked to stop, and has failed when it did', async () => {
    const { tool, executor } = fakeExecutor();
    const town = await late(tool, executor);
    expect(tool.asked.slice(-2)).toEqual(['check OP-1.1-k3x9w2', 'cancel OP-1.1-k3x9w2']);
    expect(await town.operation()).toMatchObject({
      status: 'failed',
      why: 'Step execute: Stopped because its time (10m) was over. The work was cancelled half way.',
    });
  });

  it('and there is a moment for it to end; then nobody knows', async () => {
    const { tool, executor } = fakeExecutor();
    tool.stubborn = Infinity;
    const town = await late(tool, executor);
    expect((await town.operation()).status).toBe('running');
    await town.advance(30 * second);
    expect(await town.operation()).toMatchObject({
      status: 'unknown',
      why: 'Step execute: Its time (10m) is over, and it still runs: The work goes on.',
    });
    const asked = tool.asked.length;
    await town.advance(hour);
    expect(tool.asked).toHaveLength(asked);
  });

  it('what cannot be stopped is unknown at once', async () => {
    const { tool, executor } = fakeExecutor({ cancel: false });
    const town = await late(tool, executor);
    expect((await town.operation()).why).toContain('is over, and it still runs');
  });

  it('its true end counts when it ended in the last moment', async () => {
    const { tool, executor } = fakeExecutor({ pollEvery: 9 * minute });
    tool.end = 'never';
    const town = await rollingBack(executor);
    await town.advance(9 * minute);
    tool.end = 'well';
    await town.advance(minute);
    expect((await town.operation()).steps[0]?.status).toBe('done');
  });

  it('nobody answers: unknown, after a moment in which somebody might', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    const town = await rollingBack(executor);
    tool.trouble = { refuse: 'go away' };
    await town.advance(10 * minute);
    expect((await town.operation()).status).toBe('running');
    await town.advance(minute);
    expect(await town.operation()).toMatchObject({
      status: 'unknown',
      why: 'Step execute: Its time (10m) is over, and nobody knows how it ended: The tool refused.',
    });
  });

  it('while we were away: it is asked about, stopped, and gets its moment', async () => {
    const { tool, executor } = fakeExecutor();
    tool.end = 'never';
    tool.stubborn = 2;
    const town = await rollingBack(executor);
    const after = await town.crash(hour);
    await after.engine.start();
    await after.advance(minute);
    expect(tool.asked.slice(1)).toEqual([
      'check OP-1.1-k3x9w2',
      'cancel OP-1.1-k3x9w2',
      'check OP-1.1-k3x9w2',
      'check OP-1.1-k3x9w2',
    ]);
    expect((await after.store.readStream('OP-1'))?.state).toMatchObject({ status: 'failed' });
  });
});
