import { startCaptured } from './captured-emulator.ts';
import type { CapturedEmulator } from './captured-emulator.ts';
import { createFailureSwitch, failingAnswer } from './failure.ts';
import type { FailureSwitch } from './failure.ts';
import { createGithubApp, type GithubApp, type GithubAppOptions } from './github-app.ts';
import { createRuns } from './github-runs.ts';
import { workflowContents } from './github-workflow-file.ts';
import type { Conclusion, GithubRun, GithubWorkflow, Inputs, RunBehaviour } from './github-runs.ts';
import { createListeners } from './listeners.ts';

export type { Conclusion, GithubRun, GithubWorkflow, RunBehaviour } from './github-runs.ts';

export interface GithubRelease {
  readonly tag: string;
  readonly name?: string;
  readonly publishedAt: Date;
}

export interface GithubOptions {
  readonly port?: number;
  readonly now: () => Date;
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  readonly workflows: readonly GithubWorkflow[];
  readonly releases?: readonly GithubRelease[];
  /** Installation tokens of this app are let in, too. */
  readonly app?: GithubAppOptions;
  /** By default success at the third request for the run. */
  readonly runBehaviour?: RunBehaviour;
}

export interface Github extends FailureSwitch {
  readonly app: GithubApp | undefined;
  /** The base of the REST API. */
  readonly url: string;
  /** Oldest first. */
  runs(): readonly GithubRun[];
  /** Holds for every run that has not ended. */
  setRunBehaviour(behaviour: RunBehaviour): void;
  /** Ends a run now, whatever the behaviour says. */
  finish(runId: number, conclusion: Conclusion): void;
  /** An older server knows no `return_run_details`: it answers 204, and 400 to those who ask for them. */
  setOlderServer(older: boolean): void;
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

type Proceed = (request: Request) => Promise<Response>;

const MAX_INPUTS = 25;

/** A repository on GitHub: emulate's REST API, plus runs that carry their inputs, move and end, and a token that counts. */
export async function startGithub(options: GithubOptions): Promise<Github> {
  const { owner, repo } = options;
  const { changed, onChange } = createListeners();
  const { guard, ...failures } = createFailureSwitch((failure) => {
    const status = failure.retryAfter === undefined ? 502 : 429;
    return failingAnswer(failure, status, { message: failure.error ?? 'Server Error' });
  });
  const app = options.app && createGithubApp(options.app);
  let olderServer = false;
  let dispatching: Promise<unknown> = Promise.resolve();

  const emulator = await startCaptured('github', {
    port: options.port,
    now: options.now,
    seed: {
      tokens: { [options.token]: { login: owner, scopes: ['repo', 'user', 'admin:org', 'admin:repo_hook'] } },
      github: { users: [{ login: owner }], repos: [{ owner, name: repo, default_branch: 'main' }] },
    },
    changed,
    intercept: (request, proceed) => guard(new URL(request.url).pathname, () => answer(request, proceed)),
  });
  const runs = createRuns({
    emulator,
    now: options.now,
    workflows: seedWorkflows(emulator, options),
    behaviour: options.runBehaviour ?? { ends: 'success', after: { polls: 3 } },
    pageUrl: (runId) => `${emulator.url}/${owner}/${repo}/actions/runs/${runId}`,
  });
  for (const release of options.releases ?? []) await seedRelease(emulator, options, release);

  async function answer(request: Request, proceed: Proceed): Promise<Response> {
    const { pathname } = new URL(request.url);
    const page = /^\/[^/]+\/[^/]+\/actions\/runs\/(\d+)$/.exec(pathname)?.[1];
    if (page !== undefined) return runPage(runs.find(Number(page)));
    const asApp = app?.answer(request);
    if (asApp) return asApp;
    const token = request.headers.get('Authorization')?.replace(/^(bearer|token) /i, '');
    if (token !== options.token && !app?.knows(token))
      return refuse(401, token === undefined ? 'Requires authentication' : 'Bad credentials');
    const file = /\/contents\/\.github\/workflows\/([^/]+)$/.exec(decodeURIComponent(pathname))?.[1];
    const workflow = options.workflows.find((each) => each.file === file);
    if (request.method === 'GET' && workflow) return workflowContents(workflow);
    const run = /\/actions\/runs\/(\d+)/.exec(pathname)?.[1];
    if (request.method === 'POST' && pathname.endsWith('/dispatches')) return dispatch(request, proceed);
    if (request.method === 'POST' && pathname.endsWith('/cancel'))
      return cancel(Number(run), request, proceed);
    if (request.method === 'GET' && /\/actions\/.*runs/.test(pathname)) {
      runs.advance(run === undefined ? undefined : Number(run));
      const response = await proceed(request);
      return /\/runs(\/\d+)?$/.test(pathname) && response.ok ? withTitles(response) : response;
    }
    return proceed(request);
  }

  /** One dispatch at a time, so that the newest run is the one just dispatched. */
  function dispatch(request: Request, proceed: Proceed): Promise<Response> {
    const dispatched = dispatching.then(() => dispatchAlone(request, proceed));
    dispatching = dispatched.catch(() => undefined);
    return dispatched;
  }

  async function dispatchAlone(request: Request, proceed: Proceed): Promise<Response> {
    const raw = await request.text();
    const body = JSON.parse(raw) as { ref?: string; inputs?: Inputs; return_run_details?: boolean };
    const inputs = body.inputs ?? {};
    if (olderServer && body.return_run_details !== undefined)
      return refuse(400, '"return_run_details" is not a permitted key.');
    if (Object.keys(inputs).length > MAX_INPUTS)
      return refuse(422, `you may only define up to ${MAX_INPUTS} \`inputs\``);
    if (!isKnownRef(body.ref)) return refuse(422, `No ref found for: ${body.ref ?? ''}`);
    const response = await proceed(
      new Request(request.url, { method: 'POST', headers: request.headers, body: raw }),
    );
    if (response.status !== 204) return response;
    const workflow_run_id = runs.begin(inputs);
    if (body.return_run_details !== true) return response;
    const run_url = `${emulator.url}/repos/${owner}/${repo}/actions/runs/${workflow_run_id}`;
    return Response.json({ workflow_run_id, run_url, html_url: runs.find(workflow_run_id)?.url });
  }

  function isKnownRef(ref: string | undefined): boolean {
    const name = ref?.replace(/^refs\/(heads|tags)\//, '');
    const branches = emulator.table<{ name: string }>('github.branches').all();
    return (
      branches.some((branch) => branch.name === name) ||
      (options.releases ?? []).some(({ tag }) => tag === name)
    );
  }

  async function cancel(runId: number, request: Request, proceed: Proceed): Promise<Response> {
    if (runs.find(runId)?.status === 'completed')
      return refuse(409, 'Cannot cancel a workflow run that is completed.');
    const response = await proceed(request);
    if (!response.ok) return response;
    runs.end(runId, 'cancelled');
    return Response.json({}, { status: 202 });
  }

  /** emulate says the workflow's name where GitHub says the `run-name`. */
  async function withTitles(response: Response): Promise<Response> {
    const retitle = (run: { id: number }): object => {
      const known = runs.find(run.id);
      return { ...run, display_title: known?.title, html_url: known?.url };
    };
    const body = (await response.json()) as { id: number; workflow_runs?: { id: number }[] };
    const titled =
      body.workflow_runs === undefined ? retitle(body) : { workflow_runs: body.workflow_runs.map(retitle) };
    return Response.json({ ...body, ...titled }, { headers: response.headers });
  }

  return {
    ...failures,
    app,
    url: emulator.url,
    runs: runs.all,
    setRunBehaviour(behaviour) {
      runs.setBehaviour(behaviour);
      changed();
    },
    finish: runs.end,
    setOlderServer(older) {
      olderServer = older;
    },
    onChange,
    async close() {
      failures.heal();
      await emulator.close();
    },
  };
}

function seedWorkflows(emulator: CapturedEmulator, options: GithubOptions): Map<number, GithubWorkflow> {
  const fullName = `${options.owner}/${options.repo}`;
  const repositories = emulator.table<{ full_name: string }>('github.repos').all();
  const repository = repositories.find(({ full_name }) => full_name === fullName);
  if (repository === undefined) throw new Error(`emulate did not seed ${fullName}`);
  const table = emulator.table<object>('github.workflows');
  return new Map(
    options.workflows.map((workflow) => {
      const { file, name } = workflow;
      const path = `.github/workflows/${file}`;
      const row = {
        repo_id: repository.id,
        node_id: `W_${file}`,
        name,
        path,
        state: 'active',
        badge_url: '',
      };
      return [table.insert(row).id, workflow];
    }),
  );
}

/** Through the API, because a release in emulate is more than one row. */
async function seedRelease(
  emulator: CapturedEmulator,
  options: GithubOptions,
  release: GithubRelease,
): Promise<void> {
  const response = await fetch(`${emulator.url}/repos/${options.owner}/${options.repo}/releases`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${options.token}` },
    body: JSON.stringify({ tag_name: release.tag, name: release.name ?? release.tag }),
  });
  if (response.status !== 201)
    throw new Error(`emulate refused release ${release.tag}: ${await response.text()}`);
  const { id } = (await response.json()) as { id: number };
  const releases = emulator.table<{ published_at: string }>('github.releases');
  releases.update(id, { published_at: release.publishedAt.toISOString() });
}

/** Where the link in a card leads. */
function runPage(run: GithubRun | undefined): Response {
  if (run === undefined) return refuse(404, 'Not Found');
  const { title, workflow, status, conclusion, inputs } = run;
  return new Response(JSON.stringify({ title, workflow, status, conclusion, inputs }, null, 2), {
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  });
}

function refuse(status: number, message: string): Response {
  const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
  return Response.json(body, { status });
}
