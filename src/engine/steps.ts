import type { Carrier, Errand, Outcome, Receipt } from '../core/effect.ts';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import type { Operation } from '../core/operation/state.ts';

/**
 * Carries out the steps of approved operations. A run is started at most once: the outbox marks it in flight before
 * `start` is called, and from then on only `check` is asked, until it says `not-started` for certain.
 */
export function stepCarrier(executors: ReadonlyMap<string, Executor>): Carrier<'step.run'> {
  return {
    types: ['step.run'],
    carry: async (errand) => {
      const run = runOf(errand);
      const executor = executors.get(run.uses);
      if (!executor) {
        const begun = errand.mayHaveHappened || startedMark in errand.receipt;
        return {
          status: begun ? 'unknown' : 'failed',
          why: `The executor “${run.uses}” is not set up here: its settings are missing (README, Configuration).`,
        };
      }
      return outcomeOf(await progress(executor, run, errand), executor);
    },
  };
}

/** The receipt remembers that the run was started, so that a later attempt asks instead. */
const startedMark = 'started';

async function progress(
  executor: Executor,
  run: StepRun,
  { receipt, mayHaveHappened, overdue, signal }: Errand<'step.run'>,
): Promise<StepProgress | { readonly status: 'unreachable'; readonly note: string }> {
  const mayBeStarted = mayHaveHappened || startedMark in receipt;
  try {
    if (mayBeStarted && !(executor.onlyLooks && !(startedMark in receipt))) {
      const found = await executor.check(run, handleOf(receipt), signal);
      if (found.status !== 'not-started') return found;
      if (overdue)
        return { status: 'failed', note: `${found.note} Its time is over, so it is not begun any more.` };
    }
    return await executor.start(run, signal);
  } catch (error) {
    return { status: 'unreachable', note: error instanceof Error ? error.message : String(error) };
  }
}

function outcomeOf(
  progress: StepProgress | { readonly status: 'unreachable'; readonly note: string },
  { pollEvery }: Executor,
): Outcome {
  const { note } = progress;
  switch (progress.status) {
    case 'running':
      return {
        status: 'running',
        receipt: { ...progress.handle, note, [startedMark]: 'yes' },
        again: progress.again ?? pollEvery,
      };
    case 'done':
      return { status: 'done', receipt: { ...progress.handle, note } };
    case 'failed':
      return { status: 'failed', why: note, ...(progress.handle ? { receipt: progress.handle } : {}) };
    case 'not-started':
      return { status: 'retry', why: note, after: pollEvery, mayHaveHappened: false };
    case 'unknown':
    case 'unreachable':
      // Not known yet: asked again until the step's deadline, and only then unknown for good.
      return { status: 'retry', why: note, after: pollEvery, mayHaveHappened: true };
    default:
      return progress satisfies never;
  }
}

function handleOf(receipt: Receipt): Handle | undefined {
  const { note: _note, [startedMark]: started, ...handle } = receipt;
  return started === undefined ? undefined : handle;
}

function runOf({ effect, state, stream }: Errand<'step.run'>): StepRun & { readonly uses: string } {
  const operation = state as Operation;
  const { plan } = operation;
  const step = plan.steps[effect.step];
  if (!step) throw new Error(`${stream} has no step ${effect.step}`);
  return {
    id: `${stream}.${effect.step + 1}`,
    operation: stream,
    app: plan.app,
    channel: plan.channel,
    from: plan.from,
    version: plan.to,
    reason: plan.reason,
    since: operation.steps[effect.step]?.startedAt ?? 0,
    with: step.with,
    uses: step.uses,
  };
}
