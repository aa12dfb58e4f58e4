import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Executor } from '../../src/core/executor.ts';
import { githubWorkflowExecutor } from '../../src/executors/github-workflow.ts';
import { startGithub, type Github } from '../../src/sandbox/neighbours/github.ts';
import { secret } from '../../src/trust/secrets.ts';
import { soon } from '../contract/executor.ts';
import { stepRun } from './runs.ts';

const keys = (type: 'pkcs1' | 'pkcs8') =>
  generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type, format: 'pem' },
  });
// GitHub hands out the first kind.
const { publicKey, privateKey } = keys('pkcs1');
const rollback = { repo: 'acme/shop', workflow: 'rollback.yml', ref: 'main', inputs: { version: '1.4.2' } };
const refusedBefore = 'GitHub does not let the app in (401)';

let github: Github;

beforeEach(async () => {
  github = await startGithub({
    now: () => new Date(),
    token: 'ghp_of_somebody_else',
    app: { id: '4711', publicKey, installationId: 17, installedOn: ['acme/shop'] },
    owner: 'acme',
    repo: 'shop',
    workflows: [{ file: 'rollback.yml', name: 'Roll back' }],
  });
});

afterEach(async () => {
  vi.useRealTimers();
  await github.close();
});

function executorOf(app: { readonly id?: string; readonly privateKey?: string } = {}): Executor {
  const { id = '4711', privateKey: pem = privateKey } = app;
  return githubWorkflowExecutor({
    app: { id, privateKey: secret(pem) },
    apiUrl: github.url,
    now: Date.now,
  });
}

describe('a GitHub App', () => {
  it('signs in with its key, and works with one token from then on', async () => {
    const executor = executorOf();
    const started = await executor.start(stepRun(rollback), soon());
    expect(started).toMatchObject({ status: 'running' });
    const handle = started.status === 'running' ? started.handle : undefined;
    expect((await executor.check(stepRun(rollback), handle, soon())).status).toBe('running');
    expect((await executor.check(stepRun(rollback), handle, soon())).status).toBe('running');
    expect(github.runs()).toHaveLength(1);
    expect(github.app?.tokensMade()).toBe(1);
  });

  it('takes a key of the other form, too', async () => {
    await github.close();
    const other = keys('pkcs8');
    github = await startGithub({
      now: () => new Date(),
      token: 'ghp_of_somebody_else',
      app: { id: '4711', publicKey: other.publicKey, installationId: 17, installedOn: ['acme/shop'] },
      owner: 'acme',
      repo: 'shop',
      workflows: [{ file: 'rollback.yml', name: 'Roll back' }],
    });
    const executor = executorOf({ privateKey: other.privateKey });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('running');
  });

  it('renews its token before the hour is over', async () => {
    const executor = executorOf();
    await executor.start(stepRun(rollback), soon());
    github.app?.expireTokens();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59.5 * 60_000 });
    expect((await executor.check(stepRun(rollback), undefined, soon())).status).toBe('running');
    expect(github.app?.tokensMade()).toBe(2);
  });

  it('gets another token when it was taken away and installed anew', async () => {
    const executor = executorOf();
    await executor.start(stepRun(rollback), soon());
    github.app?.reinstall();
    const again = await executor.start(stepRun(rollback), soon());
    expect(again).toMatchObject({ status: 'not-started', note: expect.stringContaining('a new one') });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('running');
    expect(github.runs()).toHaveLength(2);
  });

  it.each([
    ['another key', () => executorOf({ privateKey: keys('pkcs1').privateKey }), refusedBefore],
    ['another id', () => executorOf({ id: '4712' }), refusedBefore],
  ])('that shows %s starts nothing, and the settings to look at are named', async (_name, open, words) => {
    const progress = await open().start(stepRun(rollback), soon());
    expect(progress).toMatchObject({ status: 'failed', begun: false, note: expect.stringContaining(words) });
    expect(progress.note).toContain('GITHUB_APP_PRIVATE_KEY');
    expect(progress.note).not.toContain('PRIVATE KEY-----');
    expect(github.runs()).toEqual([]);
  });

  it('that is not installed on the repository says where to install it', async () => {
    const elsewhere = { ...rollback, repo: 'acme/other' };
    expect(await executorOf().start(stepRun(elsewhere), soon())).toEqual({
      status: 'failed',
      note: 'The GitHub App is not installed on acme/other: install it there, with Actions: read and write.',
      begun: false,
    });
  });

  it.each([
    ['has trouble', { status: 502, times: 1 }, { note: 'GitHub answered 502.' }],
    ['asks to slow down', { retryAfter: 30, times: 1 }, { again: 30_000 }],
  ])('may start again when GitHub %s before anything was dispatched', async (_name, failure, what) => {
    github.fail({ ...failure, path: '/installation' });
    const executor = executorOf();
    const first = await executor.start(stepRun(rollback), soon());
    expect(first).toMatchObject({ status: 'not-started', ...what });
    expect((await executor.start(stepRun(rollback), soon())).status).toBe('running');
    expect(github.runs()).toHaveLength(1);
  });
});
