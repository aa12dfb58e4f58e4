import { z } from 'zod';
import type { StepProgress } from '../core/executor.ts';

/** A workflow run, as far as its progress goes. */
export const workflowRun = z.object({
  id: z.int(),
  html_url: z.url(),
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
});

export const workflowRuns = z.object({
  workflow_runs: z.array(
    workflowRun.extend({
      event: z.string(),
      created_at: z.iso.datetime(),
      name: z.string().nullable(),
      display_title: z.string(),
    }),
  ),
});

export type WorkflowRun = z.infer<typeof workflowRun>;

export function progressOf(run: WorkflowRun): StepProgress {
  const handle = { run_id: String(run.id), url: run.html_url };
  if (run.conclusion === null) {
    return { status: 'running', note: `Run ${run.id} is ${sayStatus(run.status)}.`, handle };
  }
  return run.conclusion === 'success'
    ? { status: 'done', note: `Run ${run.id} succeeded.`, handle }
    : { status: 'failed', note: `Run ${run.id} ${sayConclusion(run.conclusion)}.`, handle };
}

/**
 * Whether a title carries an id as a word of its own: `Roll back to 1.4.2 (OP-7.1-k3x9w2)` carries OP-7.1-k3x9w2, and
 * neither OP-7.1 nor OP-7.1-k3.
 */
export function mentions(title: string, id: string): boolean {
  return title.match(/\w+(?:[.-]\w+)*/g)?.includes(id) ?? false;
}

function sayStatus(status: string | null): string {
  switch (status) {
    case 'in_progress':
      return 'in progress';
    case 'waiting':
      return 'waiting for an approval on GitHub';
    default:
      // queued, requested, pending: no runner has it yet.
      return 'queued';
  }
}

function sayConclusion(conclusion: string): string {
  switch (conclusion) {
    case 'failure':
      return 'failed';
    case 'cancelled':
      return 'was cancelled on GitHub; look at how far it came';
    case 'timed_out':
      return 'timed out; look at how far it came';
    case 'startup_failure':
      return 'could not start';
    case 'skipped':
      return 'was skipped';
    default:
      return `did not succeed (${conclusion.slice(0, 40)})`;
  }
}
