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
  readonly cancel?: Answer;
  readonly onlyLooks?: boolean;
}) {
  const calls: (readonly unknown[])[] = [];
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
    cancel: (run, handle) => {
      calls.push(['cancel', run.id, handle]);
      return give(answers.cancel);
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
      { status: 'failed', note: 'no such workflow', begun: false },
      { status: 'failed', why: 'no such workflow', begun: false },
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

  it('whose executor is not here has failed, and certainly began nothing', async () => {
    const { built } = executor({});
    expect(await carry({ ...built, name: 'other' })).toMatchObject({ status: 'failed', begun: false });
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

  describe('that may be repeated', () => {
    const repeatable: StepProgress = { status: 'unknown', repeatable: true, note: 'lost; it deploys' };
    const wanted = {
      mayHaveHappened: true,
      effect: { type: 'step.run', step: 0, deadline: 60 * second },
    } as const;
    const aborted = { ...state, aborting: 'Ana Ruiz' };

    it('is started once more', async () => {
      const { built, calls } = executor({ check: repeatable, start: begun });
      expect(await carry(built, wanted)).toMatchObject({ status: 'running' });
      expect(calls.map(([verb]) => verb)).toEqual(['check', 'start']);
    });

    it.each([
      ['somebody stops it', { state: aborted }],
      ['its time is over', { overdue: true }],
    ])(
      'is not, when %s: it is asked to stop as what runs is, once, and how it ended is waited for',
      async (_, why) => {
        const { built, calls } = executor({ check: repeatable, cancel: repeatable });
        const asked = await carry(built, { ...wanted, ...why });
        expect(asked).toMatchObject({
          status: 'running',
          receipt: { cancelled: expect.any(String) as string },
        });
        const receipt = 'receipt' in asked && asked.receipt ? asked.receipt : {};
        await carry(built, { ...wanted, ...why, receipt });
        expect(calls).toEqual([
          ['check', 'OP-1.1-k3x9w2', undefined],
          ['cancel', 'OP-1.1-k3x9w2', undefined],
          ['check', 'OP-1.1-k3x9w2', undefined],
        ]);
        const atLast = { overdue: true, now: start + 90 * second };
        expect(await carry(built, { ...wanted, ...why, receipt, ...atLast })).toMatchObject({
          status: 'unknown',
          why: 'Its time (1m) is over, and nobody knows how it ended: lost; it deploys',
        });
      },
    );

    it('is asked about when it is turned down this time', async () => {
      const refused: StepProgress = { status: 'failed', note: '409: it deploys', begun: false };
      const { built } = executor({ check: repeatable, start: refused });
      expect(await carry(built, wanted)).toMatchObject({
        status: 'retry',
        why: 'lost; it deploys 409: it deploys',
        mayHaveHappened: true,
      });
    });

    it('is a person’s at once when it is stopped where nobody can be asked', async () => {
      const { built } = executor({
        check: { ...repeatable, final: true },
        cancel: { ...repeatable, final: true },
      });
      expect(await carry(built, { ...wanted, state: aborted })).toMatchObject({ status: 'unknown' });
    });

    it('is asked about while production is frozen, and not held as if it had never begun', async () => {
      const { built, calls } = executor({ check: repeatable });
      expect(await carry(built, { ...wanted, frozen })).toEqual({
        status: 'retry',
        why: 'lost; it deploys frozen',
        after: 5 * second,
        mayHaveHappened: true,
      });
      expect(calls).toHaveLength(1);
    });
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

  it('that certainly never began is not started again when something has come up: its channel is asked first', async () => {
    const { built, calls } = executor({ start: begun, check: { status: 'not-started', note: 'no run' } });
    const recheck = { ...state, recheck: 'INC-2 (P0) is open on shop/stable.' };
    const outcome = await carry(built, { mayHaveHappened: true, state: recheck });
    expect(outcome).toEqual({ status: 'withheld', why: 'INC-2 (P0) is open on shop/stable.' });
    expect(calls.map(([asked]) => asked)).toEqual(['check']);
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
