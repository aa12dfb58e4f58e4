import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, Handle } from '../../src/core/executor.ts';
import { checkSteps } from '../../src/core/policies/check-channels.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { stepSchemas } from '../../src/executors/index.ts';
import { stepRules } from '../../src/policies/step-rules.ts';
import { drive, soon } from '../contract/executor.ts';
import { minute } from '../support/given.ts';
import { startDeployTool, type DeployTool } from './deploy-tool.ts';
import { byItsOwnId, environment, token } from './http-steps.ts';
import { stepRun } from './runs.ts';

describe('a call whose deploy tool gives it an id of its own', () => {
  let tool: DeployTool;
  let executor: Executor;
  beforeEach(async () => {
    tool = await startDeployTool();
    executor = httpExecutor({ environment });
  });
  afterEach(() => tool.close());

  const start = (step: object) => executor.start(stepRun(step), soon());
  const check = (step: object, handle?: Handle) => executor.check(stepRun(step), handle, soon());
  /** Without a way to find it again. */
  const without = () => {
    const { lookup: _none, ...step } = byItsOwnId(tool.host);
    return step;
  };
  const urls = () => tool.calls.map(({ method, url }) => `${method} ${url}`);

  it('is followed under that, encoded, and the id is kept with the step', async () => {
    const { last, handle } = await drive({ executor, run: stepRun(without()), wait: () => {} });
    expect(last?.status).toBe('done');
    expect(handle).toEqual({ answered: '202', run: 'runs/1?é' });
    expect(urls()).toEqual([
      'POST /deploy?to=1.4.2',
      'GET /runs/runs%2F1%3F%C3%A9',
      'GET /runs/runs%2F1%3F%C3%A9',
    ]);
  });

  it('is looked up by our id when its answer was lost, and not sent again', async () => {
    tool.mood = { lose: true };
    const { last, handle } = await drive({ executor, run: stepRun(byItsOwnId(tool.host)), wait: () => {} });
    expect(last?.status).toBe('done');
    expect(handle).toEqual({ run: 'runs/1?é' });
    expect(urls().slice(0, 3)).toEqual([
      'POST /deploy?to=1.4.2',
      'GET /runs?key=OP-7.1',
      'GET /runs/runs%2F1%3F%C3%A9',
    ]);
  });

  it('is unknown when its answer was lost and there is no look-up; it is not sent again', async () => {
    tool.mood = { lose: true };
    const { last } = await drive(
      { executor, run: stepRun(without()), wait: () => {} },
      'start',
      undefined,
      5,
    );
    expect(last).toEqual({
      status: 'unknown',
      note: `Under which id ${tool.host} has begun it is not known: its answer was lost, or had none.`,
      final: true,
    });
    expect(urls()).toEqual(['POST /deploy?to=1.4.2']);
  });

  it('is unknown while the look-up does not show it, and never called failed', async () => {
    expect(await check(byItsOwnId(tool.host))).toEqual({
      status: 'unknown',
      note: `The answer of ${tool.host} was lost; ${tool.host} does not show it.`,
    });
  });

  it('is stopped under that id, also when only the look-up knows it', async () => {
    tool.end = 'never';
    await start(byItsOwnId(tool.host));
    const stopped = await executor.cancel?.(stepRun(byItsOwnId(tool.host)), {}, soon());
    expect(stopped?.status).toBe('failed');
    expect(urls()).toContain('POST /runs/runs%2F1%3F%C3%A9/cancel');
    await expect(executor.cancel?.(stepRun(without()), {}, soon())).rejects.toThrow('given no id');
  });

  it('is stopped without that id where the policy says how, and the look-up does not show it (yet)', async () => {
    tool.end = 'never';
    const cancel = { url: `http://${tool.host}/deployments/OP-7.1/cancel` };
    await start(without());
    await executor.cancel?.(
      stepRun({ ...byItsOwnId(tool.host, 'nobodys'), cancel }),
      { answered: '202' },
      soon(),
    );
    expect(urls().slice(1)).toEqual(['POST /deployments/OP-7.1/cancel', 'GET /runs?key=nobodys']);
  });

  it.each([
    ['nothing', {}],
    ['a way out of its folder', { id: '..' }],
    ['this folder', { id: '.' }],
    ['nothing at all', { id: '' }],
    ['a list', { id: ['a'] }],
    ['half a number', { id: 1.5 }],
    ['a line break', { id: 'a\nb' }],
    ['half a character', { id: '\ud83d' }],
    ['a whole book', { id: 'x'.repeat(201) }],
    ['our token', { id: token }],
    ['what every object has', JSON.parse('{"__proto__": {"id": "x"}}') as object],
  ])('whose answer gives %s for an id: that is asked for nowhere, and it is unknown', async (_, run) => {
    tool.mood = { status: 202, text: JSON.stringify({ run }) };
    await expect(start(without())).rejects.toThrow('gave no id at “run.id”');
    tool.mood = {};
    expect((await check(without())).status).toBe('unknown');
    expect(urls()).toEqual(['POST /deploy?to=1.4.2']);
  });

  it.each([
    ['another host', '@evil.example/', '/runs/%40evil.example%2F'],
    ['another folder', '../../admin', '/runs/..%2F..%2Fadmin'],
    ['a query', 'x?admin=1#', '/runs/x%3Fadmin%3D1%23'],
    ['what is encoded already', '%2e%2e', '/runs/%252e%252e'],
    ['a placeholder', '{{run|url}}$&', '/runs/%7B%7Brun%7Curl%7D%7D%24%26'],
    ['a number', 4711, '/runs/4711'],
  ])('stays in its place of the address, whatever it looks like: %s', async (_, id, url) => {
    tool.mood = { status: 202, text: JSON.stringify({ run: { id } }) };
    const started = await start(without());
    tool.mood = { status: 200, text: '{}' };
    await check(without(), started.status === 'running' ? started.handle : undefined);
    expect(urls()).toEqual(['POST /deploy?to=1.4.2', `GET ${url}`]);
  });
});

it('a policy may name that id, which no plan fills in', () => {
  const step = {
    uses: 'http',
    title: 'Deploy',
    phase: 'execute',
    target: minute,
    deadline: minute,
  } as const;
  const withId = { ...step, with: byItsOwnId('deploy.example', '{{correlation|url}}') };
  const found = (uses: string) =>
    checkSteps(
      {
        apps: {
          shop: {
            title: 'Shop',
            channels: {
              stable: {
                healthy_after: minute,
                conversation: 'releases',
                rollback: {
                  steps: [
                    { ...withId, uses },
                    { ...step, phase: 'verify', with: {} },
                  ],
                },
              },
            },
          },
        },
      },
      { check: () => undefined, fillsIn: stepRules(stepSchemas).fillsIn },
    );
  expect(found('http')).toEqual([]);
  expect(found('health').map(({ message }) => message)).toContainEqual(
    expect.stringContaining('found "{{run|url}}"'),
  );
});
