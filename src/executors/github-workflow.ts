import { z } from 'zod';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import type { Instant } from '../core/time.ts';
import { quoter } from '../trust/secrets.ts';
import { NoAnswer } from './ask.ts';
import { bounded, githubAccess, type Actions, type GithubCredentials } from './github-access.ts';
import { answerIn } from './github-answer.ts';
import { githubRefusals, slower } from './github-refusals.ts';
import { mentions, progressOf, workflowRun, workflowRuns } from './github-run.ts';
import { workflowStep, type WorkflowStep } from './github-workflow-step.ts';
import { unfit } from './unfit.ts';

/** GitHub's clock may be behind ours. */
const clockSkew = 2 * 60_000;

const runDetails = z.object({ workflow_run_id: z.int(), html_url: z.url() });

/**
 * Dispatches a GitHub Actions workflow and follows its run to the conclusion. The step's id goes into one input,
 * which the workflow has to show in its `run-name`. `handle.run_id` is the run; until GitHub has named it,
 * `handle.dispatched` (ISO 8601) is when it was asked for.
 */
export function githubWorkflowExecutor(deps: GithubCredentials & { readonly now: () => Instant }): Executor {
  const quote = quoter(['app' in deps ? deps.app.privateKey : deps.token]);
  const actionsOf = githubAccess(deps);
  const refusals = { now: deps.now, quote, isApp: 'app' in deps };
  const { notLetIn, notDispatched, notRead } = githubRefusals(refusals);

  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = workflowStep.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const dispatched = new Date(deps.now()).toISOString();
    const actions = await actionsOf(fit.data.repo, signal).catch((error: unknown) =>
      notLetIn(error, fit.data.repo),
    );
    if ('status' in actions) return actions;
    try {
      const answer: { readonly status: number; readonly data: unknown } = await dispatch(
        actions,
        fit.data,
        run,
        signal,
      );
      const details = runDetails.safeParse(answer.data);
      if (details.success) {
        const { workflow_run_id: id, html_url: url } = details.data;
        return {
          status: 'running',
          note: `Run ${id} has been started.`,
          handle: { run_id: String(id), url },
        };
      }
      return answer.status < 300
        ? { status: 'running', note: 'GitHub has accepted the run.', handle: { dispatched } }
        : {
            status: 'failed',
            note: `GitHub answered ${answer.status}. Has the repository been renamed?`,
            begun: false,
          };
    } catch (error) {
      return notDispatched(error);
    }
  }

  async function dispatch(actions: Actions, step: WorkflowStep, run: StepRun, signal: AbortSignal) {
    const request = {
      ...step.repo,
      workflow_id: step.workflow,
      ref: step.ref,
      inputs: { ...step.inputs, [step.correlation_input]: run.id },
      request: bounded(signal),
    };
    try {
      return await actions.createWorkflowDispatch({ ...request, return_run_details: true });
    } catch (error) {
      // A server that does not know the field refuses the request whole: nothing has run, and it may be asked again.
      const refused = answerIn(error, deps.now());
      if (refused === undefined || ![400, 422].includes(refused.status)) throw error;
      if (!refused.words.includes('return_run_details')) throw error;
      return await actions.createWorkflowDispatch(request);
    }
  }

  async function check(run: StepRun, handle: Handle | undefined, signal: AbortSignal): Promise<StepProgress> {
    const step = workflowStep.parse(run.with);
    try {
      const actions = await actionsOf(step.repo, signal);
      return handle?.['run_id'] === undefined
        ? await search(actions, step, run, handle?.['dispatched'], signal)
        : await follow(actions, step, handle['run_id'], signal);
    } catch (error) {
      const again = answerIn(error, deps.now())?.slowDown;
      if (again === undefined) throw notRead(error);
      return { status: 'unknown', note: slower, again };
    }
  }

  async function follow(
    actions: Actions,
    step: WorkflowStep,
    runId: string,
    signal: AbortSignal,
  ): Promise<StepProgress> {
    try {
      const { data } = await actions.getWorkflowRun({
        ...step.repo,
        run_id: Number(runId),
        request: bounded(signal),
      });
      return progressOf(understand(workflowRun, data));
    } catch (error) {
      if (answerIn(error, deps.now())?.status !== 404) throw error;
      return { status: 'unknown', note: `Run ${runId} is no longer on GitHub.` };
    }
  }

  async function search(
    actions: Actions,
    step: WorkflowStep,
    run: StepRun,
    dispatched: string | undefined,
    signal: AbortSignal,
  ): Promise<StepProgress> {
    // The plain list, newest first: its filters are answered by a search index that lags behind.
    const { data } = await actions.listWorkflowRuns({
      ...step.repo,
      workflow_id: step.workflow,
      per_page: 100,
      request: bounded(signal),
    });
    const since = run.since - clockSkew;
    const [found, ...others] = understand(workflowRuns, data).workflow_runs.filter(
      (candidate) =>
        candidate.event === 'workflow_dispatch' &&
        Date.parse(candidate.created_at) >= since &&
        (mentions(candidate.display_title, run.id) || mentions(candidate.name ?? '', run.id)),
    );
    if (found && others.length > 0) {
      return { status: 'unknown', note: `GitHub shows ${others.length + 1} runs with ${run.id}.` };
    }
    if (found) return progressOf(found);
    if (dispatched !== undefined) {
      const note = `GitHub has accepted the run, but shows none with ${run.id} yet.`;
      return { status: 'running', note, handle: { dispatched } };
    }
    // Never `not-started`: GitHub shows a run some time after it took the dispatch.
    return { status: 'unknown', note: `GitHub shows no run with ${run.id}; it may show one late.` };
  }

  async function cancel(
    run: StepRun,
    handle: Handle | undefined,
    signal: AbortSignal,
  ): Promise<StepProgress> {
    const step = workflowStep.parse(run.with);
    const runId = handle?.['run_id'];
    if (runId === undefined)
      throw new Error('GitHub does not show the run yet, so it cannot be stopped yet.');
    const actions = await actionsOf(step.repo, signal).catch(sayNotRead);
    const refused = await refusalToCancel(actions, step, runId, signal).catch(sayNotRead);
    const progress = await follow(actions, step, runId, signal).catch(sayNotRead);
    // A run that has ended is not cancelled either, which is all right; one that waits for its jobs can be, later.
    if (refused === undefined || progress.status !== 'running') return progress;
    throw new Error(`GitHub does not stop run ${runId} at the moment: ${quote(refused)}`);
  }

  function sayNotRead(error: unknown): never {
    throw notRead(error);
  }

  /** @returns what GitHub said to a run that it does not cancel, now or any more; undefined when it took the wish. */
  async function refusalToCancel(
    actions: Actions,
    { repo }: WorkflowStep,
    runId: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const { status }: { readonly status: number } = await actions.cancelWorkflowRun({
        ...repo,
        run_id: Number(runId),
        request: bounded(signal),
      });
      // A redirect is an answer here, and moves nothing.
      return status < 300 ? undefined : `it answered ${status}`;
    } catch (error) {
      const answer = answerIn(error, deps.now());
      if (answer?.status !== 409) throw error;
      return answer.words;
    }
  }

  return {
    name: 'github-workflow',
    schema: workflowStep,
    start,
    check,
    cancel,
    pollEvery: 2_000,
    onlyLooks: false,
  };
}

/** A proxy in between, or a redirect, which is not followed, may answer anything. */
function understand<T>(shape: z.ZodType<T>, data: unknown): T {
  const parsed = shape.safeParse(data);
  if (!parsed.success) throw new NoAnswer('something else than a run', true);
  return parsed.data;
}
