import { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import type { Instant } from '../core/time.ts';
import { quoter, reveal, type Secret } from '../trust/secrets.ts';
import { NoAnswer, noAnswer } from './ask.ts';
import { mentions, progressOf, workflowRun, workflowRuns } from './github-run.ts';
import { unfit } from './unfit.ts';

const requestTimeout = 10_000;
/** GitHub's clock may be behind ours. */
const clockSkew = 2 * 60_000;
/** GitHub takes 25 inputs; one is ours. */
const maxInputs = 24;

const inputName = z.string().regex(/^[A-Za-z_][\w-]{0,99}$/, 'expected the name of a workflow input');

export const workflowStep = z
  .strictObject({
    repo: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/, 'expected a repository such as acme/shop')
      .refine((text) => !/(^|\/)\.{1,2}(\/|$)/.test(text), 'expected a repository such as acme/shop')
      .transform((text) => {
        const [owner = '', repo = ''] = text.split('/');
        return { owner, repo };
      }),
    workflow: z.string().regex(/^[\w.-]+\.ya?ml$/, 'expected a workflow file such as rollback.yml'),
    ref: z.string().regex(/^(?:[\w./+-]|\{\{ ?\w+ ?\}\})+$/, 'expected a branch or a tag'),
    inputs: z
      .record(
        inputName,
        z.string().regex(/^(?:[^\p{Cc}]|[\t\r\n])*$/u, 'expected text without control characters'),
      )
      .refine((inputs) => Object.keys(inputs).length <= maxInputs, `expected at most ${maxInputs} inputs`)
      .default({}),
    correlation_input: inputName.default('correlation_id'),
  })
  .refine(({ inputs, correlation_input }) => !Object.hasOwn(inputs, correlation_input), {
    path: ['inputs'],
    error: 'expected the correlation input to be left to Lastgood',
  });

const runDetails = z.object({ workflow_run_id: z.int(), html_url: z.url() });

type WorkflowStep = z.infer<typeof workflowStep>;

/**
 * Dispatches a GitHub Actions workflow and follows its run to the conclusion. The step's id goes into one input,
 * which the workflow has to show in its `run-name`. `handle.run_id` is the run; until GitHub has named it,
 * `handle.dispatched` (ISO 8601) is when it was asked for.
 */
export function githubWorkflowExecutor(deps: {
  readonly token: Secret;
  /** `https://api.github.com`, or `https://<host>/api/v3`. */
  readonly apiUrl: string;
  readonly now: () => Instant;
}): Executor {
  const quote = quoter([deps.token]);
  // Octokit as it comes does not retry, and must not: repeated after a 502, a dispatch starts a second run.
  const { actions } = new Octokit({ auth: reveal(deps.token), baseUrl: deps.apiUrl, log: silent }).rest;

  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = workflowStep.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const dispatched = new Date(deps.now()).toISOString();
    try {
      const answer: { readonly status: number; readonly data: unknown } = await dispatch(
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
        : { status: 'failed', note: `GitHub answered ${answer.status}. Has the repository been renamed?` };
    } catch (error) {
      return notDispatched(error);
    }
  }

  async function dispatch(step: WorkflowStep, run: StepRun, signal: AbortSignal) {
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
      const refused = answerIn(error);
      if (refused === undefined || ![400, 422].includes(refused.status)) throw error;
      if (!refused.words.includes('return_run_details')) throw error;
      return await actions.createWorkflowDispatch(request);
    }
  }

  /** What a failed dispatch lets us know. Throws when the run may have been started all the same. */
  function notDispatched(error: unknown): StepProgress {
    const refused = answerIn(error);
    if (refused === undefined) {
      const lost = noAnswer(error);
      if (lost.mayHaveHappened) throw new Error(`GitHub's answer was lost (${quote(lost.message)}).`);
      return { status: 'not-started', note: `GitHub cannot be reached (${quote(lost.message)}).` };
    }
    if (refused.status >= 500) throw new Error(`GitHub answered ${refused.status}.`);
    if (refused.slowDown) return { status: 'not-started', note: 'GitHub asks us to slow down.' };
    return { status: 'failed', note: `GitHub refused the run (${refused.status}): ${quote(refused.words)}` };
  }

  async function check(run: StepRun, handle: Handle | undefined, signal: AbortSignal): Promise<StepProgress> {
    const step = workflowStep.parse(run.with);
    try {
      return handle?.['run_id'] === undefined
        ? await search(step, run, handle?.['dispatched'], signal)
        : await follow(step, handle['run_id'], signal);
    } catch (error) {
      throw notRead(error);
    }
  }

  function notRead(error: unknown): Error {
    const answer = answerIn(error);
    return new Error(
      answer
        ? `GitHub answered ${answer.status}: ${quote(answer.words)}`
        : `GitHub gave no answer (${quote(noAnswer(error).message)}).`,
    );
  }

  async function follow(step: WorkflowStep, runId: string, signal: AbortSignal): Promise<StepProgress> {
    try {
      const { data } = await actions.getWorkflowRun({
        ...step.repo,
        run_id: Number(runId),
        request: bounded(signal),
      });
      return progressOf(understand(workflowRun, data));
    } catch (error) {
      if (answerIn(error)?.status !== 404) throw error;
      return { status: 'unknown', note: `Run ${runId} is no longer on GitHub.` };
    }
  }

  async function search(
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

  return { name: 'github-workflow', schema: workflowStep, start, check, pollEvery: 2_000, onlyLooks: false };
}

function bounded(signal: AbortSignal): { signal: AbortSignal; redirect: 'manual' } {
  return { signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]), redirect: 'manual' };
}

/** A proxy in between, or a redirect, which is not followed, may answer anything. */
function understand<T>(shape: z.ZodType<T>, data: unknown): T {
  const parsed = shape.safeParse(data);
  if (!parsed.success) throw new NoAnswer('something else than a run', true);
  return parsed.data;
}

/** GitHub's answer inside what Octokit threw; undefined when there was none, although Octokit then says 500. */
function answerIn(
  error: unknown,
): { readonly status: number; readonly words: string; readonly slowDown: boolean } | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const response = error.response as
    { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> } | undefined;
  if (response === undefined) return undefined;
  const { status, headers } = response;
  const limited = headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0';
  return { status, words: error.message, slowDown: status === 429 || (status === 403 && limited) };
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
