import type { Carrier, Errand, Outcome, Receipt } from '../core/effect.ts';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import type { Operation } from '../core/operation/state.ts';
import { sayDuration, type Milliseconds } from '../core/time.ts';

/** So long is waited for how a step ended that was asked to stop because its time was over. */
const grace: Milliseconds = 30_000;

/** The receipt remembers that the run was started, so that a later attempt asks instead; and when it was asked to stop. */
const startedMark = 'started';
const cancelledMark = 'cancelled';

type Frozen = { readonly status: 'frozen'; readonly note: string };
/** Something came up since it was approved: its channel is to be asked again. */
type PutBack = { readonly status: 'put-back'; readonly note: string };
type Progress = StepProgress | Frozen | PutBack | { readonly status: 'unreachable'; readonly note: string };
type StepErrand = Errand<'step.run'>;

/**
 * Carries out the steps of approved operations. A run is started at most once: the outbox marks it in flight before
 * `start` is called, and from then on only `check` is asked, until it says `not-started` for certain, or that it may
 * be repeated. What runs, or may run, is asked to stop when a person wants it or when its time is over; how it ended is for
 * `check` to say.
 */
export function stepCarrier(executors: ReadonlyMap<string, Executor>): Carrier<'step.run'> {
  return {
    types: ['step.run'],
    carry: async (errand) => {
      const run = runOf(errand);
      const executor = executors.get(run.uses);
      if (!executor) {
        const why = `The executor “${run.uses}” is not set up here: its settings are missing (README, Configuration).`;
        const begun = errand.mayHaveHappened || startedMark in errand.receipt;
        return begun ? { status: 'unknown', why } : { status: 'failed', why, begun };
      }
      const { progress, cancelled } = await ask(executor, run, errand);
      return outcomeOf(progress, cancelled, executor, run, errand);
    },
  };
}

/** @returns how far it is, and when it was asked to stop (ISO 8601), if it was. */
async function ask(
  executor: Executor,
  run: StepRun,
  errand: StepErrand,
): Promise<{ readonly progress: Progress; readonly cancelled: string | undefined }> {
  const cancelled = errand.receipt[cancelledMark];
  try {
    const progress = await startOrCheck(executor, run, errand);
    if (!mayRun(progress) || cancelled !== undefined || whyStop(errand) === undefined)
      return { progress, cancelled };
    const handle = progress.status === 'running' ? progress.handle : handleOf(errand.receipt);
    const stopped = await executor.cancel?.(run, handle, errand.signal);
    return stopped === undefined
      ? { progress, cancelled }
      : { progress: stopped, cancelled: new Date(errand.now).toISOString() };
  } catch (error) {
    const note = error instanceof Error ? error.message : String(error);
    return { progress: { status: 'unreachable', note }, cancelled };
  }
}

async function startOrCheck(
  executor: Executor,
  run: StepRun,
  errand: StepErrand,
): Promise<StepProgress | Frozen | PutBack> {
  const { receipt, mayHaveHappened, signal } = errand;
  const started = startedMark in receipt;
  if (!mayHaveHappened && !started) return begin(executor, run, errand);
  if (started || !executor.onlyLooks) {
    const found = await executor.check(run, handleOf(receipt), signal);
    if (found.status === 'unknown' && found.repeatable) return repeat(executor, run, errand, found);
    if (found.status !== 'not-started') return found;
    const stop = whyStop(errand);
    if (stop !== undefined)
      return {
        status: 'failed',
        note: `${stop} It had not begun, and is not begun any more. ${found.note}`,
        begun: false,
      };
    const { recheck } = errand.state as Operation;
    if (recheck !== undefined && errand.effect.step === 0) return { status: 'put-back', note: recheck };
  }
  return begin(executor, run, errand);
}

function mayRun(progress: Progress): boolean {
  return progress.status === 'running' || (progress.status === 'unknown' && progress.repeatable === true);
}

/** It may be at work out there: that it is held, or turned down, once more is no proof that it never began. */
async function repeat(
  executor: Executor,
  run: StepRun,
  errand: StepErrand,
  found: Extract<StepProgress, { status: 'unknown' }>,
): Promise<StepProgress> {
  if (whyStop(errand) !== undefined) return found;
  const again = await begin(executor, run, errand);
  const turnedDown = again.status === 'failed' && again.begun === false;
  if (again.status !== 'frozen' && !turnedDown) return again;
  return { status: 'unknown', repeatable: true, note: `${found.note} ${again.note}` };
}

/** Production may have been frozen since the step was taken up, or was asked about. */
async function begin(
  executor: Executor,
  run: StepRun,
  { frozen, isOurs, signal }: StepErrand,
): Promise<StepProgress | Frozen> {
  let note: string | undefined;
  try {
    note = await frozen?.();
  } catch {
    return { status: 'not-started', note: 'The store does not say whether production is frozen.' };
  }
  if (note !== undefined) return { status: 'frozen', note };
  // Suspended while the store was asked: whoever took the step over has its own view of it by now.
  if (isOurs?.() === false)
    return { status: 'not-started', note: 'This process was suspended, and another may be at it.' };
  return executor.start(run, signal);
}

/** Why nothing is begun any more, and what runs is asked to stop; undefined when all is well. */
function whyStop({ state, effect, overdue }: StepErrand): string | undefined {
  const { aborting, verified } = state as Operation;
  // What is live and verified is not stopped any more: the rest only records it.
  if (aborting !== undefined && !verified) return `Stopped by ${aborting}.`;
  return overdue ? `Stopped because its time (${sayDuration(effect.deadline)}) was over.` : undefined;
}

function outcomeOf(
  progress: Progress,
  cancelled: string | undefined,
  executor: Executor,
  run: StepRun,
  errand: StepErrand,
): Outcome {
  const { note } = progress;
  const handle = 'handle' in progress ? progress.handle : undefined;
  const after = ('again' in progress ? progress.again : undefined) ?? executor.pollEvery;
  switch (progress.status) {
    case 'done':
      return { status: 'done', receipt: { ...handle, note } };
    case 'failed': {
      const stop = cancelled === undefined ? undefined : whyStop(errand);
      const why = stop === undefined ? note : `${stop} ${note}`;
      const begun = progress.begun === false ? { begun: progress.begun } : {};
      return { status: 'failed', why, ...(handle ? { receipt: handle } : {}), ...begun };
    }
    case 'not-started':
      return { status: 'retry', why: note, after, mayHaveHappened: false };
    case 'frozen':
      return { status: 'withheld', why: note, frozen: true };
    case 'put-back':
      return { status: 'withheld', why: note };
    case 'running':
    case 'unknown':
    case 'unreachable':
      // A person can look now as well as later.
      if (progress.status === 'unknown' && progress.final === true)
        return { status: 'unknown', why: note, receipt: errand.receipt };
      if (isEnough(cancelled, executor, run, errand))
        return unknownAtLast(progress.status === 'running', note, errand);
      // Also of what nobody knows it is remembered that it was asked to stop.
      if (progress.status === 'running' || (progress.status === 'unknown' && cancelled !== undefined)) {
        const asked = cancelled === undefined ? {} : { [cancelledMark]: cancelled };
        const started = progress.status === 'running' ? { [startedMark]: 'yes' } : {};
        return { status: 'running', receipt: { ...handle, ...asked, note, ...started }, again: after };
      }
      // Not known yet: asked again until the step's deadline, and only then unknown for good.
      return { status: 'retry', why: note, after, mayHaveHappened: true };
    default:
      return progress satisfies never;
  }
}

/** Its time is over, and so is the grace for one that was, or still can be, asked to stop. */
function isEnough(
  cancelled: string | undefined,
  { cancel }: Executor,
  { until }: StepRun,
  { overdue, now }: StepErrand,
): boolean {
  if (!overdue) return false;
  if (cancelled !== undefined) return now >= Math.max(until, Date.parse(cancelled)) + grace;
  return cancel === undefined || now >= until + grace;
}

function unknownAtLast(runs: boolean, note: string, { effect, receipt }: StepErrand): Outcome {
  const time = sayDuration(effect.deadline);
  const why = runs
    ? `Its time (${time}) is over, and it still runs: ${note}`
    : `Its time (${time}) is over, and nobody knows how it ended: ${note}`;
  return { status: 'unknown', why, receipt };
}

function handleOf(receipt: Receipt): Handle | undefined {
  const { note: _note, [startedMark]: started, [cancelledMark]: _cancelled, ...handle } = receipt;
  return started === undefined ? undefined : handle;
}

function runOf({ effect, state, stream }: StepErrand): StepRun & { readonly uses: string } {
  const operation = state as Operation;
  const { plan } = operation;
  const step = plan.steps[effect.step];
  if (!step) throw new Error(`${stream} has no step ${effect.step}`);
  const since = operation.steps[effect.step]?.startedAt ?? 0;
  return {
    id: step.correlation ?? `${stream}.${effect.step + 1}`,
    operation: stream,
    app: plan.app,
    channel: plan.channel,
    from: plan.from,
    version: plan.to,
    reason: plan.reason,
    since,
    until: since + effect.deadline,
    with: step.with,
    uses: step.uses,
  };
}
