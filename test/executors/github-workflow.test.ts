import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { githubWorkflowExecutor } from '../../src/executors/github-workflow.ts';
import { mentions, progressOf } from '../../src/executors/github-run.ts';
import { startGithub, type Github } from '../../src/sandbox/neighbours/github.ts';
import { secret } from '../../src/trust/secrets.ts';
import type { Executor } from '../../src/core/executor.ts';
import { drive, executorContract, soon } from '../contract/executor.ts';
import { clock, stepRun } from './runs.ts';

const token = 'ghp_canary0123456789';
const rollback = {
  repo: 'acme/shop',
  workflow: 'rollback.yml',
  ref: 'main',
  inputs: { version: '1.4.2', reason: 'checkout errors' },
};

async function open() {
  const { now, pass } = clock();
  const github = await startGithub({
    now: () => new Date(now()),
    token,
    owner: 'acme',
    repo: 'shop',
    workflows: [{ file: 'rollback.yml', name: 'Roll back' }],
  });
  const executor = githubWorkflowExecutor({ token: secret(token), apiUrl: github.url, now });
  return { github, executor, now, pass };
}

executorContract(async () => {
  const { github, executor, now, pass } = await open();
  return {
    executor,
    restarted: () => githubWorkflowExecutor({ token: secret(token), apiUrl: github.url, now }),
    run: stepRun(rollback),
    secret: token,
    end: (how) => {
      const ends = ({ well: 'success', badly: 'failure', never: 'never' } as const)[how];
      github.setRunBehaviour({ ends, after: { polls: 2 } });
    },
    loseAnswer: () => github.fail({ path: '/dispatches', applied: true, times: 1 }),
    refuse: (words) => github.fail({ status: 422, error: words }),
    hang: () => github.fail({ hang: true, applied: true }),
    heal: github.heal,
    wait: () => pass(5_000),
    changes: () => github.runs().length,
    close: () => github.close(),
  };
});

describe('a GitHub workflow', () => {
  let github: Github;
  let executor: Executor;
  let now: () => number;
  let pass: (milliseconds: number) => void;
  beforeEach(async () => {
    ({ github, executor, now, pass } = await open());
  });
  afterEach(() => github.close());

  it('is dispatched with its inputs and the id of the step, and followed to its conclusion', async () => {
    const started = await executor.start(stepRun(rollback), soon());
    const [run] = github.runs();
    expect(run).toMatchObject({
      ref: 'main',
      inputs: { version: '1.4.2', reason: 'checkout errors', correlation_id: 'OP-7.1' },
    });
    expect(started).toEqual({
      status: 'running',
      note: `Run ${run?.id} has been started.`,
      handle: { run_id: String(run?.id), url: run?.url },
    });
    const { last, said } = await drive(
      { executor, run: stepRun(rollback), wait: () => pass(5_000) },
      'check',
    );
    expect(last).toMatchObject({
      status: 'done',
      note: `Run ${run?.id} succeeded.`,
      handle: { url: run?.url },
    });
    expect(said.join()).toContain(`Run ${run?.id} is in progress.`);
  });

  it('is found by the id of the step where a server does not name the run', async () => {
    github.setOlderServer(true);
    const run = stepRun(rollback);
    const started = await executor.start(run, soon());
    expect(started).toEqual({
      status: 'running',
      note: 'GitHub has accepted the run.',
      handle: { dispatched: new Date(now()).toISOString() },
    });
    expect(github.runs()).toHaveLength(1);
    expect((await drive({ executor, run, wait: () => pass(5_000) }, 'check')).last?.status).toBe('done');
  });

  it('keeps waiting for a run that was accepted and is not shown yet', async () => {
    const progress = await executor.check(
      stepRun(rollback),
      { dispatched: new Date(now()).toISOString() },
      soon(),
    );
    expect(progress.status).toBe('running');
  });

  it('is unknown, never not started, when no run is shown after a crash', async () => {
    expect(await executor.check(stepRun(rollback), undefined, soon())).toEqual({
      status: 'unknown',
      note: 'GitHub shows no run with OP-7.1; it may show one late.',
    });
  });

  it('is unknown when two runs carry its id', async () => {
    await executor.start(stepRun(rollback), soon());
    await executor.start(stepRun(rollback), soon());
    expect(await executor.check(stepRun(rollback), undefined, soon())).toMatchObject({
      status: 'unknown',
      note: 'GitHub shows 2 runs with OP-7.1.',
    });
  });

  it('does not take an old run with the same id for its own', async () => {
    await executor.start(stepRun(rollback), soon());
    pass(60 * 60_000);
    const later = { ...stepRun(rollback), since: now() };
    expect((await executor.check(later, undefined, soon())).status).toBe('unknown');
  });

  it('has failed when GitHub refuses the dispatch, in the words of GitHub, and certainly began nothing', async () => {
    const progress = await executor.start(stepRun({ ...rollback, ref: 'gone' }), soon());
    expect(progress).toMatchObject({ status: 'failed', begun: false });
    expect(progress.note).toMatch(/^GitHub refused the run \(422\): No ref found for: gone/);
    expect(github.runs()).toHaveLength(0);
  });

  it('dispatches once: a refusal for another reason is not asked again', async () => {
    github.fail({ status: 422, error: 'Workflow does not have a workflow_dispatch trigger', times: 1 });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('failed');
    expect(github.runs()).toHaveLength(0);
  });

  it('may start again after GitHub asked to slow down', async () => {
    github.fail({ retryAfter: 60, times: 1 });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('not-started');
  });

  it('may start again when nothing listens over there', async () => {
    const { url } = github;
    await github.close();
    const away = githubWorkflowExecutor({ token: secret(token), apiUrl: url, now });
    const progress = await away.start(stepRun(rollback), soon());
    expect(progress).toEqual({ status: 'not-started', note: 'GitHub cannot be reached (ECONNREFUSED).' });
    await expect(away.check(stepRun(rollback), undefined, soon())).rejects.toThrow(/ECONNREFUSED/);
    ({ github } = await open());
  });

  it('throws when a 502 leaves open whether it was dispatched', async () => {
    github.fail({ status: 502, times: 1 });
    await expect(executor.start(stepRun(rollback), soon())).rejects.toThrow('GitHub answered 502.');
  });

  it('is cancelled on GitHub, and says so', async () => {
    github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
    const started = await executor.start(stepRun(rollback), soon());
    const handle = started.status === 'running' ? started.handle : {};
    const [run] = github.runs();
    expect(await executor.cancel?.(stepRun(rollback), handle, soon())).toEqual({
      status: 'failed',
      note: `Run ${run?.id} was cancelled on GitHub; look at how far it came.`,
      handle: { run_id: String(run?.id), url: run?.url },
    });
    expect(github.runs()).toMatchObject([{ conclusion: 'cancelled' }]);
  });

  it.each([
    ['not yet, since it waits for its jobs', { status: 409, error: 'Cannot cancel a queued run' }],
    ['not by us', { status: 403, error: 'Resource not accessible by integration' }],
  ])('that GitHub does not cancel, %s, is asked again', async (_, { status, error }) => {
    github.setRunBehaviour({ ends: 'never', after: { polls: 1 } });
    const started = await executor.start(stepRun(rollback), soon());
    const handle = started.status === 'running' ? started.handle : {};
    github.fail({ path: '/cancel', status, error });
    await expect(executor.cancel?.(stepRun(rollback), handle, soon())).rejects.toThrow(error);
  });

  it('cannot be cancelled before GitHub shows it', async () => {
    const accepted = { dispatched: new Date(now()).toISOString() };
    await expect(executor.cancel?.(stepRun(rollback), accepted, soon())).rejects.toThrow(
      'cannot be stopped yet',
    );
  });

  it('follows no redirect, and takes none for an answer', async () => {
    const asked: string[] = [];
    const elsewhere = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(307, { location: '/stolen', 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const apiUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const moved = githubWorkflowExecutor({ token: secret(token), apiUrl, now });
    expect(await moved.start(stepRun(rollback), soon())).toEqual({
      status: 'failed',
      note: 'GitHub answered 307. Has the repository been renamed?',
      begun: false,
    });
    await expect(moved.check(stepRun(rollback), { run_id: '1' }, soon())).rejects.toThrow(
      'GitHub gave no answer (something else than a run).',
    );
    elsewhere.close();
    expect(asked).toEqual([
      'POST /repos/acme/shop/actions/workflows/rollback.yml/dispatches',
      'GET /repos/acme/shop/actions/runs/1',
    ]);
  });

  it('is unknown when its run has been deleted', async () => {
    const progress = await executor.check(stepRun(rollback), { run_id: '4711' }, soon());
    expect(progress).toEqual({ status: 'unknown', note: 'Run 4711 is no longer on GitHub.' });
  });

  it.each([
    ['a command substitution', '$(id)'],
    ['a flag', '--force'],
    ['an expression', '${{ secrets.TOKEN }}'],
    ['a line break', 'one\ntwo'],
    ['quotes', `"; rm -rf / #'`],
  ])('hands over %s verbatim, as an input and nowhere else', async (_, reason) => {
    await executor.start(stepRun({ ...rollback, inputs: { version: reason, reason } }), soon());
    const [run] = github.runs();
    expect(run?.inputs).toEqual({ version: reason, reason, correlation_id: 'OP-7.1' });
    expect(run).toMatchObject({ ref: 'main', workflow: 'rollback.yml' });
  });
});

it('starts nothing when what was filled in is unfit', async () => {
  const { github, executor } = await open();
  const progress = await executor.start(stepRun({ ...rollback, inputs: { reason: 'a\0b' } }), soon());
  expect(progress).toEqual({
    status: 'failed',
    note: 'Nothing was started. inputs.reason: expected text without control characters',
    begun: false,
  });
  expect(github.runs()).toEqual([]);
  await github.close();
});

describe('the policy of a GitHub workflow', () => {
  const { schema } = githubWorkflowExecutor({
    token: secret(token),
    apiUrl: 'http://127.0.0.1:9',
    now: () => 0,
  });
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`i${i}`, 'x']));

  it('takes 24 inputs beside ours', () => {
    expect(schema.safeParse({ ...rollback, inputs: many(24) }).success).toBe(true);
  });

  it('takes placeholders where a value may be filled in', () => {
    const inputs = { version: '{{version}}', reason: '{{ reason }}' };
    expect(schema.safeParse({ ...rollback, ref: 'v{{version}}', inputs }).success).toBe(true);
  });

  it.each([
    ['a NUL in an input', { inputs: { reason: 'a\0b' } }],
    ['an escape sequence in an input', { inputs: { reason: '\u001b[2J' } }],
    ['25 inputs beside ours', { inputs: many(25) }],
    ['an input that is not text', { inputs: { count: 3 } }],
    ['an input under the correlation input', { inputs: { correlation_id: 'OP-1.1' } }],
    ['a repository out of its place', { repo: '../..' }],
    ['a repository with a third part', { repo: 'acme/shop/x' }],
    ['a workflow out of its place', { workflow: '../x.yml' }],
    ['a ref that is an expression', { ref: '${{ github.ref }}' }],
  ])('refuses %s', (_, change) => {
    expect(schema.safeParse({ ...rollback, ...change }).success).toBe(false);
  });
});

describe('the progress of a run', () => {
  const run = { id: 4711, html_url: 'https://github.com/acme/shop/actions/runs/4711' };
  it.each([
    ['queued', null, 'running', 'Run 4711 is queued.'],
    ['in_progress', null, 'running', 'Run 4711 is in progress.'],
    ['waiting', null, 'running', 'Run 4711 is waiting for an approval on GitHub.'],
    ['completed', 'success', 'done', 'Run 4711 succeeded.'],
    ['completed', 'failure', 'failed', 'Run 4711 failed.'],
    ['completed', 'timed_out', 'failed', 'Run 4711 timed out; look at how far it came.'],
    ['completed', 'startup_failure', 'failed', 'Run 4711 could not start.'],
    ['completed', 'cancelled', 'failed', 'Run 4711 was cancelled on GitHub; look at how far it came.'],
    ['completed', 'neutral', 'failed', 'Run 4711 did not succeed (neutral).'],
  ])('%s, %s is %s', (status, conclusion, expected, note) => {
    expect(progressOf({ ...run, status, conclusion })).toEqual({
      status: expected,
      note,
      handle: { run_id: '4711', url: run.html_url },
    });
  });
});

describe('an id in a title', () => {
  it.each(['OP-7.1', 'Roll back to 1.4.2 (OP-7.1)', 'OP-7.1: back to 1.4.2', '[OP-7.1]', 'see OP-7.1.'])(
    'is found in %s',
    (title) => expect(mentions(title, 'OP-7.1')).toBe(true),
  );
  it.each(['OP-7', 'OP-7.10', 'OP-7.1.2', 'XOP-7.1', 'my-OP-7.1', 'op-7.1', ''])(
    'is not found in %s',
    (title) => expect(mentions(title, 'OP-7.1')).toBe(false),
  );
});
