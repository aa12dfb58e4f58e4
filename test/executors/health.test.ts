import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Executor, StepProgress } from '../../src/core/executor.ts';
import { healthExecutor } from '../../src/executors/health.ts';
import { drive, executorContract, soon } from '../contract/executor.ts';
import { clock, stepRun } from './runs.ts';

const good = 'liveness=ok\nreadiness=ok\n';
type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const text =
  (body: string, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status).end(body);

/** A service whose endpoints answer what they are told to; all others are good. */
async function startService() {
  const answers = new Map<string, Answer>();
  let asked = 0;
  let changes = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (request.method !== 'GET') changes += 1;
    (answers.get(request.url ?? '') ?? text(good))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    answers,
    asked: () => asked,
    changes: () => changes,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function policy(host: string, paths: readonly string[] = ['/api', '/web']) {
  return {
    endpoints: paths.map((path) => ({
      url: `http://${host}${path}`,
      expect: ['liveness=ok', 'readiness=ok'],
    })),
    until_stable: 3,
    every: '5s',
    within: '1m',
  };
}

executorContract(async () => {
  const service = await startService();
  const { now, pass } = clock();
  const run = policy(service.host);
  const answer = (how: Answer) => service.answers.set('/api', how);
  const build = () => healthExecutor({ now });
  return {
    executor: build(),
    restarted: build,
    run: stepRun({
      ...run,
      endpoints: run.endpoints.map((one) => ({ ...one, url: `${one.url}?key=canary77` })),
    }),
    secret: 'canary77',
    end: (how) => {
      if (how === 'badly') service.answers.set('/api?key=canary77', text('down', 503));
    },
    loseAnswer: () => {
      service.answers.set('/api?key=canary77', (_, response) => {
        service.answers.clear();
        response.destroy();
      });
    },
    refuse: (words) => answer(text(words, 403)),
    hang: () => service.answers.set('/api?key=canary77', () => {}),
    heal: () => service.answers.clear(),
    wait: () => pass(5_000),
    changes: service.changes,
    close: service.close,
  };
});

describe('health', () => {
  let service: Awaited<ReturnType<typeof startService>>;
  let executor: Executor;
  let now: () => number;
  let pass: (milliseconds: number) => void;
  beforeEach(async () => {
    service = await startService();
    ({ now, pass } = clock());
    executor = healthExecutor({ now });
  });
  afterEach(() => service.close());

  const follow = () => drive({ executor, run: stepRun(policy(service.host)), wait: () => pass(5_000) });

  it('is done after three good rounds in a row, and says how far it is', async () => {
    const { said, last } = await follow();
    expect(said.map((line) => (JSON.parse(line) as StepProgress).note)).toEqual([
      '2 endpoints are good, 1 of 3 times in a row.',
      '2 endpoints are good, 2 of 3 times in a row.',
      '2 endpoints are good, 3 of 3 times in a row.',
    ]);
    expect(last?.status).toBe('done');
    expect(service.asked()).toBe(6);
  });

  it('begins to count again after a bad round', async () => {
    const started = await executor.start(stepRun(policy(service.host)), soon());
    expect(started).toMatchObject({ handle: { good: '1', began: '2026-11-22T03:00:00.000Z' } });
    service.answers.set('/web', text('starting', 503));
    pass(5_000);
    const handle = started.status === 'running' ? started.handle : undefined;
    expect(await executor.check(stepRun(policy(service.host)), handle, soon())).toMatchObject({
      status: 'running',
      note: `${service.host}/web answered 503.`,
      handle: { good: '0', began: '2026-11-22T03:00:00.000Z' },
    });
  });

  it('asks no more often than the policy says', async () => {
    const run = stepRun(policy(service.host));
    const started = await executor.start(run, soon());
    const handle = started.status === 'running' ? started.handle : undefined;
    expect(started).toMatchObject({ again: 5_000 });
    pass(4_999);
    expect(await executor.check(run, handle, soon())).toEqual({ ...started, again: 1 });
    expect(service.asked()).toBe(2);
    pass(1);
    await executor.check(run, handle, soon());
    expect(service.asked()).toBe(4);
  });

  it('has failed when it is not stable in time, and names each endpoint that was bad', async () => {
    service.answers.set('/api', text('liveness=ok\nreadiness=starting\n'));
    service.answers.set('/web', text('hello'));
    const { said, last } = await follow();
    expect(last).toEqual({
      status: 'failed',
      note:
        `Not stable within 1m. ${service.host}/api said readiness=starting. ` +
        `${service.host}/web said no liveness, no readiness.`,
    });
    // At 0, 5, … 60 seconds.
    expect(said).toHaveLength(13);
  });

  it('does not fail for the time in which nobody asked: that is left out', async () => {
    const run = stepRun(policy(service.host));
    const started = await executor.start(run, soon());
    pass(10 * 60_000);
    const handle = started.status === 'running' ? started.handle : undefined;
    const later = await executor.check(run, handle, soon());
    expect(later).toMatchObject({
      status: 'running',
      handle: { good: '2', began: '2026-11-22T03:09:55.000Z' },
    });
    service.answers.set('/api', text('starting', 503));
    const { last, said } = await drive(
      { executor, run, wait: () => pass(5_000) },
      'check',
      later.status === 'running' ? later.handle : undefined,
    );
    expect(last).toMatchObject({ status: 'failed' });
    // At once it answers that it is early; then at 10, 15, … 60 seconds of those in which somebody asked.
    expect(said).toHaveLength(12);
  });

  it('is looked at anew after a crash', async () => {
    expect((await executor.check(stepRun(policy(service.host)), undefined, soon())).status).toBe(
      'not-started',
    );
  });

  const say = async (answer: Answer): Promise<string> => {
    service.answers.set('/api', answer);
    return (await executor.start(stepRun(policy(service.host, ['/api'])), soon())).note;
  };

  it.each([
    ['lines', text(good)],
    ['lines with other things around them', text('version=1.4.2\r\n liveness = ok \r\n\r\nreadiness=ok\r\n')],
    ['JSON', text('{ "liveness": "ok", "readiness": "ok", "version": { "major": 1 } }')],
    ['another 2xx', text(good, 203)],
  ])('takes %s', async (_, answer) => {
    expect(await say(answer)).toBe('The endpoint is good, 1 of 3 times in a row.');
  });

  it.each([
    ['half of it', text('liveness=ok'), 'said no readiness.'],
    ['another value', text('liveness=ok\nreadiness=okay'), 'said readiness=okay.'],
    ['JSON with another value', text('{"liveness":"ok","readiness":"no"}'), 'said readiness=no.'],
    ['broken JSON', text('{"liveness":"ok","readiness":"ok"'), 'said no liveness, no readiness.'],
    ['good words with a bad status', text(good, 500), 'answered 500.'],
    ['control characters', text('liveness=\u001b[2J\u0000x\nreadiness=ok'), 'said liveness=[2J x.'],
    [
      'a very long value',
      text(`liveness=${'x'.repeat(999)}\nreadiness=ok`),
      `said liveness=${'x'.repeat(59)}….`,
    ],
    ['more than 64 KB', text(good.repeat(6_000)), 'gave no answer (more than 64 KB).'],
    [
      'a redirect, which is not followed',
      (_: IncomingMessage, response: ServerResponse) => response.writeHead(302, { location: '/web' }).end(),
      'answered 302.',
    ],
    [
      'a closed connection',
      (request: IncomingMessage) => request.socket.destroy(),
      'gave no answer (UND_ERR_SOCKET).',
    ],
  ])('is not content with %s', async (_, answer, note) => {
    expect(await say(answer)).toBe(`${service.host}/api ${note}`);
  });

  it('says when nothing listens', async () => {
    const { host } = service;
    await service.close();
    service = await startService();
    const { note } = await executor.start(stepRun(policy(host, ['/api'])), soon());
    expect(note).toBe(`${host}/api gave no answer (ECONNREFUSED).`);
  });

  it.each([
    ['no endpoint', { endpoints: [] }],
    ['another scheme', { endpoints: [{ url: 'file:///etc/passwd', expect: ['a=b'] }] }],
    ['a password in the address', { endpoints: [{ url: 'http://u:p@127.0.0.1/', expect: ['a=b'] }] }],
    ['a host to be filled in', { endpoints: [{ url: 'http://{{reason}}/', expect: ['a=b'] }] }],
    ['nothing expected', { endpoints: [{ url: 'http://127.0.0.1/', expect: [] }] }],
    ['an expectation without a value', { endpoints: [{ url: 'http://127.0.0.1/', expect: ['ok'] }] }],
    ['a bare number for a duration', { within: 120 }],
    ['no good round', { until_stable: 0 }],
  ])('refuses a policy with %s', (_, change) => {
    expect(executor.schema.safeParse({ ...policy('127.0.0.1'), ...change }).success).toBe(false);
  });
});
