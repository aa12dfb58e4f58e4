import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, Handle } from '../../src/core/executor.ts';
import { checkSteps } from '../../src/core/policies/check-channels.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { minute } from '../support/given.ts';
import { drive, executorContract, soon } from '../contract/executor.ts';
import { startDeployTool, type DeployTool } from './deploy-tool.ts';
import { stepRun } from './runs.ts';

const token = 'deploy-canary0123456789';
const environment = { DEPLOY_TOKEN: token, BROKEN: 'a\nb' };

/** As it is when the plan was made; in the policy, `{{correlation|url}}` stands for the id. */
function policy(host: string, id = 'OP-7.1') {
  return {
    url: `http://${host}/deploy?to=1.4.2`,
    header_env: { Authorization: 'Bearer DEPLOY_TOKEN' },
    json: { version: '1.4.2', reason: 'checkout errors' },
    check: {
      url: `http://${host}/deployments/${id}`,
      every: '1s',
      done: { 'status.state': 'succeeded' },
      failed: { 'status.state': ['failed', 'cancelled'] },
    },
    cancel: { url: `http://${host}/deployments/${id}/cancel` },
  };
}

/** The same for a deploy tool that gives what it begins an id of its own. */
function byItsOwnId(host: string, id = 'OP-7.1') {
  const { check, ...step } = policy(host);
  return {
    ...step,
    capture: { run: 'run.id' },
    lookup: { url: `http://${host}/runs?key=${id}`, run: 'runs.0.id' },
    check: { ...check, url: `http://${host}/runs/{{run|url}}` },
    cancel: { url: `http://${host}/runs/{{run|url}}/cancel` },
  };
}

describe.each([
  ['our own', policy],
  ['the deploy tool’s', byItsOwnId],
])('by %s id', (_, policyFor) => {
  executorContract(async () => {
    const tool = await startDeployTool();
    const build = () => httpExecutor({ environment });
    return {
      executor: build(),
      restarted: build,
      run: stepRun(policyFor(tool.host)),
      policy: policyFor(tool.host, '{{correlation|url}}'),
      secret: token,
      end: (how) => {
        tool.end = ({ well: 'succeeded', badly: 'failed', never: 'never' } as const)[how];
      },
      loseAnswer: () => {
        tool.mood = { lose: true };
      },
      refuse: (words) => {
        tool.mood = { status: 403, text: words };
      },
      hang: () => {
        tool.mood = { hang: true };
      },
      heal: () => {
        tool.mood = {};
      },
      wait: () => {},
      changes: tool.deployments,
      close: tool.close,
    };
  });
});

describe('a call to a deploy tool', () => {
  let tool: DeployTool;
  let executor: Executor;
  beforeEach(async () => {
    tool = await startDeployTool();
    executor = httpExecutor({ environment });
  });
  afterEach(() => tool.close());

  const start = (step: object) => executor.start(stepRun(step), soon());
  const check = (step: object, handle?: Handle) => executor.check(stepRun(step), handle, soon());
  /** Only called, and not followed. */
  const plain = (more: object = {}) => ({ url: `http://${tool.host}/deploy`, ...more });

  it('carries what the policy says, the token, and the id of the step twice', async () => {
    const step = { ...policy(tool.host), headers: { 'X-Reason': 'checkout%20errors' } };
    expect(await start(step)).toEqual({
      status: 'running',
      note: `${tool.host} answered 202.`,
      handle: { answered: '202' },
      again: 1_000,
    });
    expect(tool.calls).toMatchObject([
      {
        method: 'POST',
        url: '/deploy?to=1.4.2',
        body: '{"version":"1.4.2","reason":"checkout errors"}',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': 'OP-7.1',
          'x-correlation-id': 'OP-7.1',
          'x-reason': 'checkout%20errors',
        },
      },
    ]);
  });

  it('is followed as the policy says, and tells what it sees', async () => {
    const { said, last } = await drive({ executor, run: stepRun(policy(tool.host)), wait: () => {} });
    expect(last).toEqual({ status: 'done', note: `${tool.host} says status.state=succeeded.` });
    expect(said[1]).toContain('says status.state=deploying.');
    expect(tool.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /deploy?to=1.4.2',
      'GET /deployments/OP-7.1',
      'GET /deployments/OP-7.1',
    ]);
  });

  it('that is not followed is done when it was answered as expected', async () => {
    const step = plain({ method: 'PUT', body: 'version=1.4.2', expect: { status: [202], contains: 'true' } });
    expect(await start(step)).toEqual({ status: 'done', note: `${tool.host} answered 202.` });
    expect(tool.calls).toMatchObject([{ method: 'PUT', body: 'version=1.4.2' }]);
  });

  it.each([
    ['another status', { status: 404, text: 'no such app' }, 'answered 404: no such app'],
    ['without the words', { status: 200, text: 'queued' }, 'answered 200 without “true”: queued'],
    [
      'a redirect, which is not followed',
      { status: 302, headers: { location: '/deploy' } },
      'answered 302: ',
    ],
  ])('has failed with %s', async (_, mood, words) => {
    tool.mood = mood;
    expect(await start(plain({ expect: { contains: 'true' } }))).toEqual({
      status: 'failed',
      note: `${tool.host} ${words}`,
    });
    expect(tool.calls).toHaveLength(1);
  });

  it('goes by the status and the first 64 KB of an answer that is long', async () => {
    const long = (words: string, at: number) => ({
      status: 200,
      text: 'x'.repeat(at) + words + 'x'.repeat(70_000),
    });
    tool.mood = long('', 0);
    expect(await start(plain())).toMatchObject({ status: 'done' });
    tool.mood = long('true', 60_000);
    expect(await start(plain({ expect: { contains: 'true' } }))).toMatchObject({ status: 'done' });
    tool.mood = long('true', 70_000);
    expect(await start(plain({ expect: { contains: 'true' } }))).toMatchObject({
      status: 'failed',
      note: expect.stringContaining('answered 200 without “true” in its first 64 KB: xxx') as string,
    });
    tool.mood = { ...long('', 0), status: 409 };
    expect(await start(plain())).toMatchObject({ status: 'failed' });
  });

  it('may be started again when it was asked to slow down, or nobody listens', async () => {
    tool.mood = { status: 429 };
    expect((await start(plain())).status).toBe('not-started');
    await tool.close();
    expect(await start(plain())).toEqual({
      status: 'not-started',
      note: `${tool.host} cannot be reached (ECONNREFUSED).`,
    });
  });

  it.each([
    ['the answer is lost', { lose: true }],
    ['the other side stumbles', { status: 502 }],
  ])('throws when %s: it may have happened', async (_, mood) => {
    tool.mood = mood;
    await expect(start(plain())).rejects.toThrow(tool.host);
  });

  describe('whose answer was lost', () => {
    beforeEach(() => {
      tool.mood = { lose: true };
    });

    it('is unknown where nothing tells, and not sent again', async () => {
      await expect(start(plain())).rejects.toThrow('was lost');
      expect((await check(plain())).status).toBe('unknown');
    });

    it('is sent again where the policy calls that safe, under the same key', async () => {
      const step = plain({ safe_to_repeat: true });
      const { last } = await drive({ executor, run: stepRun(step), wait: () => {} });
      expect(last?.status).toBe('done');
      expect(tool.calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['OP-7.1', 'OP-7.1']);
      expect(tool.deployments()).toBe(1);
    });

    it('is unknown as long as nothing shows it, and never called failed', async () => {
      tool.mood = {};
      expect(await check(policy(tool.host))).toEqual({
        status: 'unknown',
        note: `The answer of ${tool.host} was lost; ${tool.host} does not show it.`,
      });
    });
  });

  it.each([
    ['something else than JSON', { status: 200, text: '<html>' }, 'something else than JSON: <html>'],
    ['a refusal', { status: 403, text: `not ${token}` }, 'answered 403: not [secret]'],
  ])('throws when it is answered with %s on the way', async (_, mood, words) => {
    await start(policy(tool.host));
    tool.mood = mood;
    await expect(check(policy(tool.host), { answered: '202' })).rejects.toThrow(words);
  });

  describe('whose deploy tool gives it an id of its own', () => {
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

  it('finds nothing in what JSON inherits', async () => {
    await start(policy(tool.host));
    tool.mood = { status: 200, text: '{"status":"x"}' };
    const step = policy(tool.host);
    const inherited = {
      ...step,
      check: { ...step.check, done: { 'status.length': 1, 'constructor.name': 'Object' } },
    };
    expect(await check(inherited, { answered: '202' })).toMatchObject({
      status: 'running',
      note: expect.stringContaining('status.length=nothing, constructor.name=nothing') as string,
    });
  });

  it('cannot be cancelled where the policy does not say how', async () => {
    const { cancel: _cancel, ...step } = policy(tool.host);
    expect(await executor.cancel?.(stepRun(step), {}, soon())).toBeUndefined();
  });

  it('is cancelled under no key: with that of the call, it would be taken for the call again', async () => {
    tool.end = 'never';
    await start(policy(tool.host));
    await executor.cancel?.(stepRun(policy(tool.host)), { answered: '202' }, soon());
    expect(tool.calls.map(({ url, headers }) => [url, headers['idempotency-key']])).toEqual([
      ['/deploy?to=1.4.2', 'OP-7.1'],
      ['/deployments/OP-7.1/cancel', undefined],
      ['/deployments/OP-7.1', undefined],
    ]);
    expect(new Set(tool.calls.map(({ headers }) => headers['x-correlation-id']))).toEqual(
      new Set(['OP-7.1']),
    );
  });

  it('that the other side does not stop throws, and goes on', async () => {
    tool.end = 'never';
    await start(policy(tool.host));
    const step = {
      ...policy(tool.host),
      cancel: { method: 'DELETE', url: `http://${tool.host}/deployments/none` },
    };
    await expect(executor.cancel?.(stepRun(step), { answered: '202' }, soon())).rejects.toThrow(
      `${tool.host} does not stop it (404): {}`,
    );
  });

  it.each([
    ['is not set', 'NOWHERE'],
    ['would break the header', 'BROKEN'],
  ])('is not made with a token that %s', async (_, name) => {
    expect(await start(plain({ header_env: { Authorization: name } }))).toEqual({
      status: 'failed',
      note: `Nothing was started. Not set in Lastgood's environment, or not fit for a header: ${name}.`,
    });
    expect(tool.calls).toEqual([]);
  });
});

describe('the policy of a call', () => {
  const { schema } = httpExecutor({ environment });

  it('may name the deploy tool’s own id, which no plan fills in', () => {
    const step = {
      uses: 'http',
      title: 'Deploy',
      phase: 'execute',
      target: minute,
      deadline: minute,
    } as const;
    const withId = { ...step, with: byItsOwnId('deploy.example', '{{correlation|url}}') };
    const found = (uses: string) =>
      checkSteps({
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
      });
    expect(found('http')).toEqual([]);
    expect(found('health').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('found "{{run|url}}"'),
    );
  });

  const host = 'deploy.example';
  const complaint = (more: object): string | undefined =>
    schema.safeParse({ url: `https://${host}/deploy`, ...more }).error?.issues[0]?.message;
  const check = { url: `https://${host}/{{correlation|url}}`, every: '5s', done: { state: 'live' } };

  const ownId = {
    capture: { run: 'data.id' },
    lookup: { url: `https://${host}/runs?key={{correlation|url}}`, run: 'runs.0.id' },
    check: { ...check, url: `https://${host}/runs/{{run|url}}` },
    cancel: { url: `https://${host}/runs/{{run|url}}/cancel` },
  };

  it.each([
    ['an encoded version among the folders', { url: `https://${host}:8443/{{app|url}}/{{ version | url }}` }],
    ['an encoded reason behind the question mark', { url: `http://10.0.0.7/x?reason={{reason|url}}` }],
    ['whatever it likes as JSON', { json: { deep: [{ reason: '{{reason}}' }], count: 3 } }],
    ['a form', { body: 'version={{version|url}}&reason={{reason|url}}' }],
    ['a version in a header', { headers: { 'X-To': '{{version}}', 'X-Why': '{{reason|url}}' } }],
    ['a token', { header_env: { Authorization: 'Bearer DEPLOY_TOKEN', 'X-Key': 'KEY' } }],
    ['a check by our id', { check, cancel: { url: `https://${host}/cancel` } }],
    ['a check by the deploy tool’s own id', ownId],
    ['one without a look-up', { ...ownId, lookup: undefined }],
    [
      'a check by the version',
      { check: { ...check, url: `https://${host}/live`, done: { live: '{{version}}' } } },
    ],
  ])('takes %s', (_, more) => {
    expect(complaint(more)).toBeUndefined();
  });

  it.each([
    ['a host to be filled in', { url: 'https://{{app|url}}.example/' }, 'with its host written out'],
    ['a scheme to be filled in', { url: '{{app|url}}://x/' }, 'expected an address such as'],
    ['a port to be filled in', { url: 'https://x:{{version|url}}/' }, 'with its host written out'],
    ['a password', { url: 'https://u:p@x/' }, 'without a password'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'expected an address such as'],
    ['a bare version', { url: 'https://x/{{version}}' }, 'expected {{version|url}}'],
    ['a reason among the folders', { url: 'https://x/{{reason|url}}/y' }, '“..” would lead elsewhere'],
    ['a backslash', { url: 'https://x\\@evil.example/' }, 'with its host written out'],
    ['a blank', { url: 'https://x/a b' }, 'without blanks'],
    ['a fragment', { url: 'https://x/#{{reason|url}}' }, 'expected an address such as'],
    ['a bare reason in a header', { headers: { 'X-Why': '{{reason}}' } }, 'expected {{reason|url}}'],
    ['a line break in a header', { headers: { 'X-Why': 'a\r\nEvil: b' } }, 'plain ASCII on one line'],
    ['a header of ours', { headers: { 'Idempotency-Key': 'x' } }, 'Invalid key'],
    ['the host as a header', { header_env: { Host: 'X' } }, 'Invalid key'],
    ['a bare reason in a body', { body: '<r>{{reason}}</r>' }, 'expected only encoded values'],
    ['two bodies', { body: 'x', json: {} }, 'not both'],
    ['a GET with a body', { method: 'GET', json: {} }, 'a GET carries no body'],
    ['a cancel without a check', { cancel: { url: 'https://x/' } }, 'expected check beside it'],
    [
      'a check of anybody',
      { check: { ...check, url: 'https://x/live' } },
      'an older deployment would be taken',
    ],
    [
      'a bare id',
      { ...ownId, check: { ...check, url: `https://${host}/{{run}}` } },
      'expected {{version|url}}',
    ],
    ['an id that nobody asks for', { capture: ownId.capture, check }, 'with {{run|url}} in its url'],
    ['an id out of nowhere', { ...ownId, capture: undefined, lookup: undefined }, 'expected capture beside'],
    ['an id in the call itself', { ...ownId, json: { id: '{{run|url}}' } }, 'and nowhere else'],
    [
      'an id among what is looked for',
      { ...ownId, check: { ...ownId.check, done: { id: '{{run}}' } } },
      'nowhere else',
    ],
    ['an id as a host', { ...ownId, cancel: { url: 'https://{{run|url}}/' } }, 'with its host written out'],
    ['a look-up alone', { check, lookup: ownId.lookup }, 'expected capture beside it'],
    [
      'a look-up of anybody',
      { ...ownId, lookup: { url: `https://${host}/runs?version={{version|url}}`, run: '0.id' } },
      'what somebody else began',
    ],
    ['a check for nothing', { check: { ...check, done: {} } }, 'expected at least one value'],
    ['a strange path', { check: { ...check, done: { 'a..b': 1 } } }, 'Invalid key'],
    [
      'a token in the policy',
      { header_env: { Authorization: 'Bearer abc.def' } },
      'the name of an environment variable',
    ],
  ])('refuses %s', (_, more, words) => {
    expect(complaint(more)).toContain(words);
  });
});
