import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import type { OperationShape } from '../../src/http/api/operation-shapes.ts';
import { Stop } from '../../src/terminal/exit.ts';
import { followOperation } from '../../src/terminal/follow.ts';
import { watchNotes } from '../../src/terminal/notes.ts';
import { changesOf } from '../../src/terminal/operation-changes.ts';
import { until } from '../faults/support/process.ts';
import { apiOf } from '../http/api-world.ts';
import { stillWorld, type StillWorld } from '../threats/support/still-world.ts';
import { lastgood, start, terminalOf } from './support/run.ts';

const at = (second: number): string => `2026-11-22T03:00:0${second}.000Z`;

const now = Date.parse(at(2));

const waiting: OperationShape = {
  id: 'OP-7',
  kind: 'rollback',
  channel: 'shop/stable',
  source: null,
  override: null,
  caution: null,
  from: '1.5.0',
  to: '1.4.2',
  reason: 'slow',
  status: 'awaiting-approval',
  why: '',
  incident: null,
  severity: null,
  plan_hash: '0f3c9a51d2e47b86',
  requested_by: 'Ana Ruiz (terminal)',
  requested_at: at(0),
  expires_at: at(9),
  approvals: { needed: 1, roles: ['approver', 'lead'], given: [] },
  begun_at: null,
  ended_at: null,
  verified: false,
  abort_requested_by: null,
  waits_for: null,
  yields_to: null,
  frozen: null,
  steps: ['Deploy', 'Check'].map((title) => ({
    title,
    uses: 'github-workflow',
    phase: 'execute',
    status: 'waiting',
    started_at: null,
    ended_at: null,
    note: '',
    url: null,
  })),
};
const [deploy, check] = waiting.steps as [OperationShape['steps'][number], OperationShape['steps'][number]];
const approved: OperationShape = {
  ...waiting,
  status: 'running',
  begun_at: at(2),
  approvals: { ...waiting.approvals, given: [{ by: 'Ben Okafor (slack)', at: at(1) }] },
  steps: [{ ...deploy, status: 'running', started_at: at(2) }, check],
};
const noted: OperationShape = {
  ...approved,
  steps: [{ ...deploy, status: 'running', started_at: at(2), note: 'queued' }, check],
};
const finished: OperationShape = {
  ...noted,
  status: 'done',
  ended_at: at(5),
  why: 'Every step is done.',
  steps: [
    {
      ...deploy,
      status: 'done',
      started_at: at(2),
      ended_at: at(3),
      note: 'success',
      url: 'https://x.example/1',
    },
    { ...check, status: 'done', started_at: at(3), ended_at: at(5) },
  ],
};

test('each change is said once, with its time, in the order in which it happened', () => {
  expect(changesOf(undefined, waiting, now)).toEqual([
    {
      at: at(0),
      text: `OP-7: rollback of shop/stable 1.5.0 → 1.4.2 waits for approval, 0 of 1 so far (approver or lead), until 03:00:09 UTC, in 7s.`,
    },
  ]);
  expect(changesOf(waiting, waiting, now)).toEqual([]);
  expect(changesOf(waiting, approved, now)).toEqual([
    { at: at(1), text: 'Approved by Ben Okafor (slack).' },
    { at: at(2), text: 'OP-7 has started.' },
    { at: at(2), text: 'Step 1 of 2, Deploy: running' },
  ]);
  expect(changesOf(approved, noted, now)).toEqual([
    { at: undefined, text: 'Step 1 of 2, Deploy: running — queued' },
  ]);
  expect(changesOf(noted, finished, now)).toEqual([
    { at: at(3), text: 'Step 1 of 2, Deploy: done — success — https://x.example/1' },
    { at: at(5), text: 'Step 2 of 2, Check: done' },
    { at: at(5), text: 'OP-7 is done. Every step is done.' },
  ]);
  expect(changesOf(approved, { ...approved, abort_requested_by: 'Ana Ruiz' }, now)).toEqual([
    { at: undefined, text: 'Ana Ruiz asked to stop; no further step begins.' },
  ]);
  const frozen = { ...waiting, frozen: { by: 'Ana Ruiz', reason: 'it burns', since: at(1) } };
  expect(changesOf(waiting, frozen, now)).toEqual([
    {
      at: at(1),
      text: 'Production is frozen by Ana Ruiz: it burns. No step begins until two people have lifted that.',
    },
  ]);
  expect(changesOf(frozen, frozen, now)).toEqual([]);
  expect(changesOf(frozen, waiting, now)).toEqual([
    { at: undefined, text: 'Production is no longer frozen.' },
  ]);
});

describe('How an operation ends is how the terminal ends:', () => {
  test.each<[OperationShape['status'], number]>([
    ['done', 0],
    ['failed', 1],
    ['rejected', 1],
    ['withdrawn', 1],
    ['expired', 1],
    ['void', 1],
    ['unknown', 3],
  ])('%s is %i', async (status, code) => {
    const looks = [waiting, undefined, approved, { ...finished, status }];
    const read = (): Promise<{ readonly status: number; readonly body: unknown }> => {
      const body = looks.shift();
      // A bot that is away for a moment is asked again.
      return body ? Promise.resolve({ status: 200, body }) : Promise.reject(new Stop(1, 'not there'));
    };
    const said: string[] = [];
    const write = (text: string): unknown => said.push(text);
    const followed = await followOperation({ read }, 'OP-7', { every: 1, write });
    expect(said).toHaveLength(7);
    expect(followed).toMatchObject({ code, operation: { status } });
  });

  test('a bot that was away twice, each time for less than two minutes, was never away for good', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const looks = [undefined, waiting, undefined, finished];
    const read = () => {
      vi.advanceTimersByTime(100_000);
      const body = looks.shift();
      return body ? Promise.resolve({ status: 200, body }) : Promise.reject(new Stop(1, 'not there'));
    };
    try {
      expect(await followOperation({ read }, 'OP-7', { every: 1, write: () => true })).toMatchObject({
        code: 0,
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test('what does not work is said when that changes, and not for its numbers', async () => {
    const down = (seconds: number): readonly string[] => [`Slack took nothing for ${seconds}s; see the log`];
    const noted = [
      down(1),
      down(9),
      ['PagerDuty took nothing for 1m 2s', ...down(70)],
      undefined,
      [],
      down(3),
    ];
    const read = () => Promise.resolve({ status: 200, body: noted.length > 0 ? approved : finished });
    const said: string[] = [];
    const write = (text: string): unknown => text.startsWith('!') && said.push(text);
    const notes = watchNotes(() => Promise.resolve(noted.shift()));
    await followOperation({ read }, 'OP-7', { every: 1, write, notes });
    expect(said).toEqual([
      '! Slack took nothing for 1s; see the log\n',
      '! PagerDuty took nothing for 1m 2s\n',
      '! What did not work works again.\n',
      '! Slack took nothing for 3s; see the log\n',
    ]);
  });

  test('one that may not be looked at is not waited for', async () => {
    const read = () => Promise.resolve({ status: 401, body: { error: 'This token is not known here.' } });
    await expect(followOperation({ read }, 'OP-7', { every: 1 })).rejects.toMatchObject({
      code: 3,
      message: expect.stringContaining('not known here'),
    });
  });
});

describe('lastgood rollback --wait', () => {
  let world: StillWorld;
  beforeEach(async () => {
    world = await stillWorld();
  });
  afterEach(() => world.close());

  const rollback = ['rollback', 'stable', 'last-good', 'checkout', 'answers', '500', '--wait'];

  async function approve(): Promise<void> {
    const { hash } = await world.operation('OP-1');
    await apiOf(world, 'ben').command('operation', { line: `approve OP-1 ${hash}` });
  }

  it('tells what happens until it is done', async () => {
    const running = start(rollback, terminalOf(world, 'ana'));
    await until('it waits for approval', () => /waits for approval/.test(running.stderr()));
    await approve();
    await world.settle();
    await world.pass(60_000);
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^OP-1: Ana Ruiz \(terminal\) asks to roll shop\/stable back 1\.5\.0 → 1\.4\.2/);
    expect(stderr).toMatch(/03:00:\d\d UTC {2}Approved by Ben Okafor/);
    expect(stderr).toMatch(/OP-1 is done\./);
    const lines = stderr.trimEnd().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('prints one JSON object when told to, and nothing else', async () => {
    const running = start([...rollback, '--json'], terminalOf(world, 'ana'));
    await until('it is planned', async () => (await world.bot().store.readStream('OP-1')) !== undefined);
    const { hash } = await world.operation('OP-1');
    await apiOf(world, 'ben').command('operation', { line: `reject OP-1 ${hash}` });
    const { code, stdout } = await running.ended;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      tone: 'done',
      stream: 'OP-1',
      operation: { status: 'rejected' },
    });
  });

  it('is stopped by Ctrl-C, and the operation is not', async () => {
    const running = start(rollback, terminalOf(world, 'ana'));
    await until('it waits for approval', () => /waits for approval/.test(running.stderr()));
    running.interrupt();
    const { code, stderr } = await running.ended;
    expect(code).toBe(3);
    expect(stderr).toContain('Not following any more. OP-1 goes on');
    expect((await world.operation('OP-1')).status).toBe('awaiting-approval');
  });

  it('has nothing to wait for when nothing was planned', async () => {
    const env = terminalOf(world, 'ana');
    const acked = await lastgood(['incident', 'declare', 'P2', 'checkout', 'slow', '--wait'], env);
    expect(acked).toMatchObject({ code: 0, stderr: expect.stringContaining('Nothing to wait for') });
    const refused = await lastgood(['rollback', 'stable', '9.9.9', 'x', '--wait'], env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot roll') });
  });
});
