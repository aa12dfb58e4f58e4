import type { CapturedEmulator, Stored } from './captured-emulator.ts';

export interface GithubWorkflow {
  /** The file's name in `.github/workflows/`. */
  readonly file: string;
  readonly name: string;
  /** The file's `run-name`, with `${{ inputs.… }}`; by default version and correlation id of a rollback. */
  readonly runName?: string;
}

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'timed_out';

/** How runs end, and when: after so many requests that asked for the run, or so many milliseconds of real time. */
export interface RunBehaviour {
  readonly ends: Conclusion | 'never';
  readonly after: { readonly polls: number } | { readonly ms: number };
}

export interface GithubRun {
  readonly id: number;
  readonly workflow: string;
  readonly title: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: Conclusion | null;
  readonly inputs: Inputs;
  readonly ref: string;
  /** ISO. */
  readonly createdAt: string;
  /** A page that says the above. */
  readonly url: string;
}

export type Inputs = Readonly<Record<string, unknown>>;

export interface Runs {
  /** The newest run of the emulator is one of this workflow with these inputs. Returns its id. */
  begin(inputs: Inputs): number;
  /** Moves all runs, or the one that was asked for. */
  advance(onlyRun?: number): void;
  readonly end: (runId: number, conclusion: Conclusion) => void;
  find(runId: number): GithubRun | undefined;
  readonly all: () => readonly GithubRun[];
  setBehaviour(behaviour: RunBehaviour): void;
}

interface RunRow {
  readonly workflow_id: number;
  readonly head_branch: string;
  readonly status: GithubRun['status'];
  readonly conclusion: Conclusion | null;
  readonly run_started_at: string;
}

interface JobRow {
  readonly run_id: number;
  readonly name: string;
  readonly status: GithubRun['status'];
  readonly conclusion: Conclusion | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly steps: readonly object[];
}

interface Begun {
  readonly workflow: GithubWorkflow;
  readonly inputs: Inputs;
  /** By the machine's clock: nobody sees it. */
  readonly startedMs: number;
  polls: number;
}

const DEFAULT_RUN_NAME = 'rollback ${{ inputs.version }} [${{ inputs.correlation_id }}]';
const STEPS = ['Set up job', 'Check out', 'Deploy', 'Complete job'];

/** The runs of emulate's workflows, which there neither carry inputs nor ever leave the queue. */
export function createRuns(options: {
  readonly emulator: CapturedEmulator;
  readonly now: () => Date;
  readonly workflows: ReadonlyMap<number, GithubWorkflow>;
  readonly behaviour: RunBehaviour;
  readonly pageUrl: (runId: number) => string;
}): Runs {
  const runTable = options.emulator.table<RunRow>('github.workflow_runs');
  const jobTable = options.emulator.table<JobRow>('github.jobs');
  const begun = new Map<number, Begun>();
  let { behaviour } = options;

  const move = (run: Stored<RunRow>, status: RunRow['status'], conclusion: Conclusion | null): void => {
    const at = options.now().toISOString();
    runTable.update(run.id, { status, conclusion, ...(status === 'queued' && { run_started_at: at }) });
    const job = jobTable.all().find(({ run_id }) => run_id === run.id);
    if (job === undefined) throw new Error(`emulate gave run ${run.id} no job`);
    const started_at = status === 'queued' ? at : job.started_at;
    const completed_at = status === 'completed' ? at : null;
    const steps = STEPS.map((name, index) => ({
      name,
      number: index + 1,
      status,
      conclusion,
      started_at,
      completed_at,
    }));
    jobTable.update(job.id, { name: 'rollback', status, conclusion, started_at, completed_at, steps });
  };

  const toRun = (row: Stored<RunRow>): GithubRun | undefined => {
    const known = begun.get(row.id);
    if (known === undefined) return undefined;
    return {
      id: row.id,
      workflow: known.workflow.file,
      title: titleOf(known.workflow, known.inputs),
      status: row.status,
      conclusion: row.conclusion,
      inputs: known.inputs,
      ref: row.head_branch,
      createdAt: row.created_at,
      url: options.pageUrl(row.id),
    };
  };

  return {
    begin(inputs) {
      const run = runTable.all().at(-1);
      const workflow = options.workflows.get(run?.workflow_id ?? 0);
      if (run === undefined || workflow === undefined)
        throw new Error('emulate took a dispatch and has no run of it');
      begun.set(run.id, { workflow, inputs, startedMs: performance.now(), polls: 0 });
      move(run, 'queued', null);
      return run.id;
    },
    advance(onlyRun) {
      for (const run of runTable.all()) {
        const known = begun.get(run.id);
        if (known === undefined || run.status === 'completed' || (onlyRun ?? run.id) !== run.id) continue;
        known.polls += 1;
        const { after, ends } = behaviour;
        const passed =
          'polls' in after ? known.polls / after.polls : (performance.now() - known.startedMs) / after.ms;
        if (passed >= 1 && ends !== 'never') move(run, 'completed', ends);
        else if (passed > 1 / 3 && run.status === 'queued') move(run, 'in_progress', null);
      }
    },
    end(runId, conclusion) {
      const run = runTable.get(runId);
      if (run === undefined) throw new Error(`there is no run ${runId}`);
      move(run, 'completed', conclusion);
    },
    find(runId) {
      const row = runTable.get(runId);
      return row === undefined ? undefined : toRun(row);
    },
    all: () => runTable.all().flatMap((row) => toRun(row) ?? []),
    setBehaviour(next) {
      behaviour = next;
    },
  };
}

function titleOf(workflow: GithubWorkflow, inputs: Inputs): string {
  const runName = runNameOf(workflow);
  return runName.replace(/\$\{\{\s*inputs\.(\w+)\s*\}\}/g, (_, name: string) => textOf(inputs[name]));
}

export function runNameOf({ runName }: GithubWorkflow): string {
  return runName ?? DEFAULT_RUN_NAME;
}

function textOf(input: unknown): string {
  if (input === undefined) return '';
  return typeof input === 'string' ? input : JSON.stringify(input);
}
