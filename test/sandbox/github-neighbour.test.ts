import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGithub } from '../../src/sandbox/neighbours/github.ts';
import type { Github } from '../../src/sandbox/neighbours/github.ts';
import { official } from './official.ts';

const REPO = { owner: 'shop-inc', repo: 'shop' };
const DISPATCH = {
  ...REPO,
  workflow_id: 'rollback.yml',
  ref: 'main',
  inputs: { version: '1.4.2', correlation_id: 'op-1/4.1' },
};
const RUN_FIELDS = [
  'id',
  'name',
  'display_title',
  'status',
  'conclusion',
  'html_url',
  'event',
  'created_at',
  'head_branch',
];
const complaintsOf = official('github-subset.json');

let clock: Date;
let github: Github;
let octokit: Octokit;

beforeEach(async () => {
  clock = new Date('2026-03-01T10:00:00Z');
  github = await startGithub({
    ...REPO,
    now: () => clock,
    token: 'ghp_sandbox',
    workflows: [{ file: 'rollback.yml', name: 'Rollback' }],
    releases: [{ tag: 'v1.4.2', publishedAt: new Date('2026-02-01T09:00:00Z') }],
  });
  octokit = octokitWith('ghp_sandbox');
});

afterEach(() => github.close());

function octokitWith(auth: string): Octokit {
  const silent = (): void => {};
  return new Octokit({
    auth,
    baseUrl: github.url,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
}

async function dispatch(): Promise<number> {
  const { data } = await octokit.rest.actions.createWorkflowDispatch({
    ...DISPATCH,
    return_run_details: true,
  });
  return (data as unknown as { workflow_run_id: number }).workflow_run_id;
}

async function look(run_id: number): Promise<{ status: string | null; conclusion: string | null }> {
  const { data } = await octokit.rest.actions.getWorkflowRun({ ...REPO, run_id });
  return { status: data.status, conclusion: data.conclusion };
}

describe('a dispatched workflow', () => {
  test('names its run, which carries the inputs in its title', async () => {
    const response = await octokit.rest.actions.createWorkflowDispatch({
      ...DISPATCH,
      return_run_details: true,
    });
    expect(response.status).toBe(200);
    const { data } = await octokit.rest.actions.listWorkflowRuns({
      ...REPO,
      workflow_id: 'rollback.yml',
      event: 'workflow_dispatch',
    });
    expect(data.workflow_runs).toMatchObject([
      {
        id: (response.data as unknown as { workflow_run_id: number }).workflow_run_id,
        name: 'Rollback',
        display_title: 'rollback 1.4.2 [op-1/4.1]',
        event: 'workflow_dispatch',
        head_branch: 'main',
        status: 'queued',
        created_at: '2026-03-01T10:00:00.000Z',
      },
    ]);
    expect(github.runs()).toMatchObject([
      { workflow: 'rollback.yml', inputs: DISPATCH.inputs, status: 'queued' },
    ]);
  });

  test('goes from queued to success as it is asked for', async () => {
    const run = await dispatch();
    expect(await look(run)).toEqual({ status: 'queued', conclusion: null });
    expect(await look(run)).toEqual({ status: 'in_progress', conclusion: null });
    expect(await look(run)).toEqual({ status: 'completed', conclusion: 'success' });
    const { data } = await octokit.rest.actions.listJobsForWorkflowRun({ ...REPO, run_id: run });
    expect(data.jobs).toMatchObject([{ name: 'rollback', status: 'completed', conclusion: 'success' }]);
    expect(data.jobs[0]?.steps?.map(({ name }) => name)).toContain('Deploy');
  });

  test('fails, never ends, or is ended, as it was told', async () => {
    github.setRunBehaviour({ ends: 'failure', after: { polls: 1 } });
    expect(await look(await dispatch())).toEqual({ status: 'completed', conclusion: 'failure' });
    github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
    const endless = await dispatch();
    for (const _ of [1, 2, 3, 4])
      expect(await look(endless)).toEqual({ status: 'in_progress', conclusion: null });
    github.finish(endless, 'timed_out');
    expect(await look(endless)).toEqual({ status: 'completed', conclusion: 'timed_out' });
  });

  test('ends after some real time as well', async () => {
    github.setRunBehaviour({ ends: 'success', after: { ms: 1 } });
    const run = await dispatch();
    await expect.poll(() => look(run)).toEqual({ status: 'completed', conclusion: 'success' });
  });

  test('is cancelled once', async () => {
    const run_id = await dispatch();
    await octokit.rest.actions.cancelWorkflowRun({ ...REPO, run_id });
    expect(await look(run_id)).toEqual({ status: 'completed', conclusion: 'cancelled' });
    await expect(octokit.rest.actions.cancelWorkflowRun({ ...REPO, run_id })).rejects.toMatchObject({
      status: 409,
    });
  });

  test('keeps many dispatches at once apart', async () => {
    const ids = await Promise.all(
      Array.from({ length: 24 }, (_, index) => `op-${index}`).map(async (correlation_id) => {
        const inputs = { version: '1.4.2', correlation_id };
        const { data } = await octokit.rest.actions.createWorkflowDispatch({
          ...DISPATCH,
          inputs,
          return_run_details: true,
        });
        return [(data as unknown as { workflow_run_id: number }).workflow_run_id, correlation_id] as const;
      }),
    );
    const ran = new Map(github.runs().map(({ id, inputs }) => [id, inputs['correlation_id']]));
    expect(ran).toEqual(new Map(ids));
  });

  test('is refused as GitHub refuses it', async () => {
    const dispatchWith = (change: object): Promise<unknown> =>
      octokit.rest.actions
        .createWorkflowDispatch({ ...DISPATCH, ...change })
        .catch((error: unknown) => error);
    const tooMany = Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`input_${index}`, 'x']));
    expect(await dispatchWith({ workflow_id: 'nothing.yml' })).toMatchObject({ status: 404 });
    expect(await dispatchWith({ ref: 'nowhere' })).toMatchObject({ status: 422 });
    expect(await dispatchWith({ ref: 'v1.4.2' })).toMatchObject({ status: 204 });
    expect(await dispatchWith({ inputs: tooMany })).toMatchObject({ status: 422 });
    expect(github.runs()).toHaveLength(1);
  });

  test('leads to a page', async () => {
    const run_id = await dispatch();
    const { data } = await octokit.rest.actions.getWorkflowRun({ ...REPO, run_id });
    const page = await fetch(data.html_url);
    expect(await page.text()).toContain('rollback 1.4.2 [op-1/4.1]');
  });
});

test('an older server starts the run without saying which', async () => {
  github.setOlderServer(true);
  const details = octokit.rest.actions.createWorkflowDispatch({ ...DISPATCH, return_run_details: true });
  await expect(details).rejects.toMatchObject({ status: 400 });
  const response = await octokit.rest.actions.createWorkflowDispatch(DISPATCH);
  expect(response.status).toBe(204);
  const { data } = await octokit.rest.actions.listWorkflowRunsForRepo(REPO);
  expect(data.workflow_runs.map(({ display_title }) => display_title)).toEqual(['rollback 1.4.2 [op-1/4.1]']);
});

test('only the right token is let in', async () => {
  await expect(octokitWith('ghp_other').rest.repos.get(REPO)).rejects.toMatchObject({ status: 401 });
});

test('releases are there from the start', async () => {
  const { data } = await octokit.rest.repos.getReleaseByTag({ ...REPO, tag: 'v1.4.2' });
  expect(data).toMatchObject({ tag_name: 'v1.4.2', published_at: '2026-02-01T09:00:00.000Z' });
});

test('a broken gateway starts the run and loses the answer', async () => {
  github.fail({ status: 502, applied: true, times: 1, path: '/dispatches' });
  await expect(dispatch()).rejects.toMatchObject({ status: 502 });
  expect(github.runs()).toHaveLength(1);
});

test.skipIf(complaintsOf === undefined)(
  'answers as the official description says (../shared/specs/github-subset.json)',
  async () => {
    const repo = '/repos/{owner}/{repo}';
    const dispatched = await octokit.rest.actions.createWorkflowDispatch({
      ...DISPATCH,
      return_run_details: true,
    });
    const run_id = (dispatched.data as unknown as { workflow_run_id: number }).workflow_run_id;
    const run = await octokit.rest.actions.getWorkflowRun({ ...REPO, run_id });
    const path = `${repo}/actions/workflows/{workflow_id}/dispatches`;
    expect(complaintsOf?.(path, 'post', '200', dispatched.data)).toEqual([]);
    expect(complaintsOf?.(`${repo}/actions/runs/{run_id}`, 'get', '200', run.data, RUN_FIELDS)).toEqual([]);
  },
);
