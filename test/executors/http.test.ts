import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, Handle } from '../../src/core/executor.ts';
import { httpExecutor } from '../../src/executors/http.ts';
import { drive, executorContract, soon } from '../contract/executor.ts';
import { startDeployTool, type DeployTool } from './deploy-tool.ts';
import { byItsOwnId, environment, policy, token } from './http-steps.ts';
import { stepRun } from './runs.ts';

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
    ['another status', { status: 404, text: 'no such app' }, 'answered 404: no such app', { begun: false }],
    ['without the words', { status: 200, text: 'queued' }, 'answered 200 without “true”: queued', {}],
    [
      'a redirect, which is not followed',
      { status: 302, headers: { location: '/deploy' } },
      'answered 302: ',
      {},
    ],
  ])('has failed with %s', async (_, mood, words, begun) => {
    tool.mood = mood;
    expect(await start(plain({ expect: { contains: 'true' } }))).toEqual({
      status: 'failed',
      note: `${tool.host} ${words}`,
      ...begun,
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
    ['somebody in between stops waiting for it', { status: 408 }],
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
      expect(await check(plain())).toMatchObject({ status: 'unknown', final: true });
    });

    it('is sent again where the policy calls that safe, under the same key', async () => {
      const step = plain({ safe_to_repeat: true });
      const { last } = await drive({ executor, run: stepRun(step), wait: () => {} });
      expect(last?.status).toBe('done');
      expect(tool.calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['OP-7.1', 'OP-7.1']);
      expect(tool.deployments()).toBe(1);
    });

    it('is never said not to have begun: safe to repeat, it may still be at work, and can be stopped', async () => {
      tool.end = 'never';
      const step = { ...policy(tool.host), safe_to_repeat: true };
      await expect(start(step)).rejects.toThrow('was lost');
      const note = `The answer of ${tool.host} was lost; ${tool.host} says status.state=deploying.`;
      expect(await check(step)).toEqual({ status: 'unknown', repeatable: true, note });
      expect(await executor.cancel?.(stepRun(step), undefined, soon())).toEqual({
        status: 'failed',
        note: `${tool.host} says status.state=cancelled.`,
      });
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
      begun: false,
    });
    expect(tool.calls).toEqual([]);
  });
});

describe('the policy of a call', () => {
  const { schema } = httpExecutor({ environment });
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
