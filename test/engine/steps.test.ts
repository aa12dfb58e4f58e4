import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Errand, Outcome } from '../../src/core/effect.ts';
import type { Executor, StepProgress } from '../../src/core/executor.ts';
import { stepCarrier } from '../../src/engine/steps.ts';
import { ben, second, start } from '../support/given.ts';
import { asked, plan } from '../support/rollback.ts';

type Answer = StepProgress | 'unreachable';

/** An executor that answers as it is told, and remembers what it was asked. */
function executor(answers: {
  readonly start?: Answer;
  readonly check?: Answer;
  readonly onlyLooks?: boolean;
}) {
  const calls: unknown[] = [];
  const give = (answer: Answer | undefined): Promise<StepProgress> => {
    if (answer === undefined) throw new Error('nobody should have asked');
    return answer === 'unreachable' ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve(answer);
  };
  const built: Executor = {
    name: 'github-workflow',
    schema: z.unknown(),
    pollEvery: 5 * second,
    onlyLooks: answers.onlyLooks ?? false,
    start: (run) => {
      calls.push(['start', run.id]);
      return give(answers.start);
    },
    check: (run, handle) => {
      calls.push(['check', run.id, handle]);
      return give(answers.check);
    },
  };
  return { built, calls };
}

const open = asked();
const { state } = open
  .when({ type: 'operation.approve', hash: open.state.hash }, { by: ben })
  .when({ type: 'operation.begin' });

function carry(built: Executor, errand: Partial<Errand<'step.run'>> = {}): Promise<Outcome> {
  return stepCarrier(new Map([[built.name, built]])).carry({
    id: 'OP-1/5.0',
    stream: 'OP-1',
    effect: { type: 'step.run', step: 0, deadline: 0 },
    state,
    attempt: 1,
    mayHaveHappened: false,
    receipt: {},
    overdue: false,
    now: start,
    signal: AbortSignal.abort(),
    ...errand,
  });
}

const frozen = () => Promise.resolve('frozen');
const begun: StepProgress = { status: 'running', note: 'queued', handle: { run: '7' } };
const finished: StepProgress = { status: 'done', note: 'passed', handle: { run: '7' } };

describe('a step', () => {
  it('is started, and what is needed to find it again is kept', async () => {
    const { built, calls } = executor({ start: begun });
    const outcome = await carry(built);
    expect(outcome).toMatchObject({
      status: 'running',
      again: 5 * second,
      receipt: { run: '7', note: 'queued' },
    });
    expect(calls).toEqual([['start', 'OP-1.1-k3x9w2']]);
  });

  it('that runs is only asked about, with what was kept', async () => {
    const { built, calls } = executor({ start: begun, check: finished });
    const first = await carry(built);
    const receipt = 'receipt' in first && first.receipt ? first.receipt : {};
    expect(await carry(built, { receipt })).toEqual({
      status: 'done',
      receipt: { run: '7', note: 'passed' },
    });
    expect(calls.at(-1)).toEqual(['check', 'OP-1.1-k3x9w2', { run: '7' }]);
  });

  it('gets the plan to the letter', async () => {
    const runs: unknown[] = [];
    const { built } = executor({});
    const recording: Executor = {
      ...built,
      start: (run) => {
        runs.push(run);
        return Promise.resolve(finished);
      },
    };
    await carry(recording);
    expect(runs).toEqual([
      expect.objectContaining({
        id: 'OP-1.1-k3x9w2',
        operation: 'OP-1',
        app: 'shop',
        channel: 'stable',
        from: '1.5.0',
        version: '1.4.2',
        reason: 'checkout answers 500',
        since: start,
        with: plan.steps[0]?.with,
      }),
    ]);
  });

  it('of a plan from before stores had names goes on under the id of then', async () => {
    const { built, calls } = executor({ check: finished });
    const steps = state.plan.steps.map(({ correlation: _none, ...step }) => step);
    await carry(built, { state: { ...state, plan: { ...state.plan, steps } }, receipt: { started: 'yes' } });
    expect(calls).toEqual([['check', 'OP-1.1', {}]]);
  });

  it('may be asked about sooner than usual', async () => {
    const { built } = executor({ start: { ...begun, again: second } });
    expect(await carry(built)).toMatchObject({ again: second });
  });

  it.each<readonly [Answer, Partial<Extract<Outcome, { status: 'retry' }>> | Outcome]>([
    [
      { status: 'failed', note: 'red', handle: { run: '7' } },
      { status: 'failed', why: 'red', receipt: { run: '7' } },
    ],
    [
      { status: 'not-started', note: 'queue full' },
      { status: 'retry', why: 'queue full', after: 5 * second, mayHaveHappened: false },
    ],
    [
      { status: 'unknown', note: 'no answer' },
      { status: 'retry', why: 'no answer', after: 5 * second, mayHaveHappened: true },
    ],
    ['unreachable', { status: 'retry', why: 'ECONNREFUSED', after: 5 * second, mayHaveHappened: true }],
  ])('whose start says %j', async (answer, outcome) => {
    expect(await carry(executor({ start: answer }).built)).toEqual(outcome);
  });

  it('whose executor is not here has failed', async () => {
    const { built } = executor({});
    expect(await carry({ ...built, name: 'other' })).toMatchObject({ status: 'failed' });
  });
});

describe('a step that may have been started before a crash', () => {
  it('is asked about, without a handle, and not started again', async () => {
    const { built, calls } = executor({ check: begun });
    expect(await carry(built, { mayHaveHappened: true })).toMatchObject({ status: 'running' });
    expect(calls).toEqual([['check', 'OP-1.1-k3x9w2', undefined]]);
  });

  it('is started when it certainly was not', async () => {
    const { built, calls } = executor({ check: { status: 'not-started', note: 'no run' }, start: begun });
    expect(await carry(built, { mayHaveHappened: true })).toMatchObject({ status: 'running' });
    expect(calls).toEqual([
      ['check', 'OP-1.1-k3x9w2', undefined],
      ['start', 'OP-1.1-k3x9w2'],
    ]);
  });

  it.each<Answer>(['unreachable', { status: 'unknown', note: 'two runs' }])(
    'is left alone while nobody can say: %j',
    async (answer) => {
      const { built, calls } = executor({ check: answer });
      expect(await carry(built, { mayHaveHappened: true })).toMatchObject({
        status: 'retry',
        mayHaveHappened: true,
      });
      expect(calls).toHaveLength(1);
    },
  );

  it('is a person’s at once where nobody can be asked', async () => {
    const { built, calls } = executor({ check: { status: 'unknown', note: 'lost', final: true } });
    expect(await carry(built, { mayHaveHappened: true })).toMatchObject({ status: 'unknown', why: 'lost' });
    expect(calls).toHaveLength(1);
  });

  it('is simply started again when it only looks', async () => {
    const { built, calls } = executor({ start: begun, check: finished, onlyLooks: true });
    const again = await carry(built, { mayHaveHappened: true });
    expect(calls).toEqual([['start', 'OP-1.1-k3x9w2']]);
    const receipt = 'receipt' in again && again.receipt ? again.receipt : {};
    await carry(built, { mayHaveHappened: true, receipt });
    expect(calls.at(-1)).toEqual(['check', 'OP-1.1-k3x9w2', { run: '7' }]);
  });

  it('does not begin when production was frozen after it had been taken up', async () => {
    const { built, calls } = executor({ start: begun });
    expect(await carry(built, { frozen })).toEqual({ status: 'withheld', why: 'frozen', frozen: true });
    expect(calls).toEqual([]);
  });

  it('that certainly never began is not started again while production is frozen', async () => {
    const { built, calls } = executor({ start: begun, check: { status: 'not-started', note: 'no run' } });
    const outcome = await carry(built, { mayHaveHappened: true, frozen });
    expect(outcome).toMatchObject({ status: 'withheld', frozen: true });
    expect(calls).toEqual([['check', 'OP-1.1-k3x9w2', undefined]]);
  });

  it('that runs is asked about while production is frozen', async () => {
    const { built } = executor({ check: finished });
    expect(await carry(built, { receipt: { started: 'yes', run: '7' }, frozen })).toMatchObject({
      status: 'done',
    });
  });

  it('does not begin while the store does not say whether production is frozen', async () => {
    const { built, calls } = executor({ start: begun });
    const away = () => Promise.reject(new Error('the store is away'));
    expect(await carry(built, { frozen: away })).toMatchObject({ status: 'retry', mayHaveHappened: false });
    expect(calls).toEqual([]);
  });
});
