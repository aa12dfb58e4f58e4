import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import { freezeId, inForce } from '../../src/core/freeze/state.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { describeOperationEvent } from '../../src/core/operation/describe.ts';
import type { OperationEvent } from '../../src/core/operation/event.ts';
import { canary as canaryReport } from '../support/canary.ts';
import { ana, ben, dana, hour, minute, start } from '../support/given.ts';
import { done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const canary = 'channel:shop/canary';
const stable = 'channel:shop/stable';
const now = 3 * hour;
const github: Actor = { kind: 'source', name: 'github' };
const bot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };

function set(version: string): ChannelIntent {
  return { type: 'channel.set', version, reason: 'released' };
}
function deployed(version: string): ChannelIntent {
  return { type: 'deployment.report', version, at: start + now + minute };
}
function p0(channel: string): IncidentIntent {
  const what = { title: 'checkout answers 500', severity: 'P0', service: 'checkout' } as const;
  return { type: 'incident.declare', ...what, app: 'shop', channel };
}
function approve(all: Streams): void {
  all.say('OP-1', { type: 'operation.approve', hash: all.operation('OP-1').hash }, ben, now);
}

/** 1.6.0 is to come from canary; its step has been due since `now`, and GitHub could not be reached. */
function promoting(): Streams {
  const all = streams();
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(canary, set('1.6.0'), ana, 0);
  all.say(stable, set('1.5.0'), ana, hour);
  const promote = { type: 'promotion.request', target: 'shop/stable', version: undefined } as const;
  all.say(canary, { ...promote, override: false, reason: 'runs well' }, ana, now);
  approve(all);
  return all;
}
/** Back from 1.5.0 to 1.4.2. */
function rollingBack(): Streams {
  const all = streams();
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(stable, set('1.5.0'), ana, hour);
  all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, now);
  approve(all);
  return all;
}

/** The outbox tries again. @returns whether the step begins */
function triesAgain(all: Streams, at = now + 2 * minute): boolean {
  const [step] = all.outstanding();
  if (!step) throw new Error('no step is under way');
  all.send(step, at);
  return step.begun;
}

describe('A first step that has not begun yet', () => {
  it('of a promotion does not begin into a P0', () => {
    const all = promoting();
    all.say('INC-1', p0('stable'), ana, now + minute);
    expect(triesAgain(all)).toBe(false);
    expect(all.outstanding()).toEqual([]);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'Frozen by INC-1 (P0) on shop/stable. Ask again when that is over, or ask a lead to override it.',
    });
    expect(all.channel(stable)).not.toHaveProperty('lock');
    expect(all.channel(stable)).not.toHaveProperty('doubt');
  });

  it.each<[string, (all: Streams) => unknown, RegExp]>([
    [
      'a P0 on its source',
      (all) => all.say('INC-1', p0('canary'), ana, now + minute),
      /INC-1 \(P0\) on shop\/canary/,
    ],
    [
      'a health report of its version that fails',
      (all) => {
        const window = { start: start + now - 30 * minute, end: start + now };
        const report = canaryReport({ version: '1.6.0', window, error_rate: 0.5 });
        return all.say(canary, { type: 'health.report', report }, bot, now + minute);
      },
      /last health report of 1\.6\.0 on shop\/canary failed/,
    ],
    [
      'a health report of its version that calls it critical so far',
      (all) => {
        const window = { start: start + now - minute, end: start + now };
        const report = canaryReport({ version: '1.6.0', window, severity: 'critical' });
        return all.say(canary, { type: 'health.report', report }, bot, now + minute);
      },
      /newest health report of 1\.6\.0 on shop\/canary warns/,
    ],
    [
      'a rollback on its source',
      (all) => {
        all.say(canary, set('1.5.9'), ana, now);
        all.say(canary, set('1.6.0'), ana, now);
        const back = { type: 'rollback.request', target: { version: '1.5.9' }, reason: 'fails' } as const;
        return all.say(canary, back, ana, now + minute);
      },
      /is under way on shop\/canary/,
    ],
  ])('of a promotion does not begin after %s', (_what, happens, why) => {
    const all = promoting();
    happens(all);
    expect(triesAgain(all)).toBe(false);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: expect.stringMatching(why) as string,
    });
  });

  it('of a rollback does not begin when something else has been deployed: its plan was made for another version', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.1'), github, now + minute);
    const [step] = all.outstanding();
    if (!step) throw new Error('no step is under way');
    const settled = { type: 'effect.settled', id: step.id, effect: step.effect } as const;
    const outcome = { status: 'withheld', why: 'as the outbox says' } as const;
    const told = all.say('OP-1', { ...settled, outcome }, github, now + 2 * minute);
    expect(
      told.flatMap(({ stream, event }) =>
        stream === 'OP-1' ? [describeOperationEvent(event as typeof event & OperationEvent)] : [],
      ),
    ).toEqual([
      'Had not begun yet, and asks again whether it may. 1.5.1 runs on shop/stable, says github.',
      'Void: 1.5.1 is live now, the plan was made for 1.5.0. Nothing was changed.',
    ]);
    expect(all.channel(stable)).not.toHaveProperty('lock');
  });

  it('begins all the same when what came up is no reason against it', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.0'), github, now + minute);
    expect(triesAgain(all), 'it asks again').toBe(false);
    expect(all.operation('OP-1')).toMatchObject({ status: 'running', begunAt: start + now + 2 * minute });
    expect(triesAgain(all)).toBe(true);
    expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-1.1']);
  });

  it('has no more time for asking again', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.0'), github, now + minute);
    const { executeBefore } = all.operation('OP-1');
    expect(triesAgain(all), 'it asks again').toBe(false);
    expect(all.operation('OP-1')).toMatchObject({ status: 'running', executeBefore });
    expect(triesAgain(all, executeBefore)).toBe(false);
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', touched: false });
  });

  it('of a promotion does not ask again for a report that says nothing', () => {
    const all = promoting();
    const window = { start: start + now - 30 * minute, end: start + now };
    const report = canaryReport({ version: '1.6.0', window, sessions: 3 });
    all.say(canary, { type: 'health.report', report }, bot, now + minute);
    expect(all.operation('OP-1')).not.toHaveProperty('recheck');
    expect(triesAgain(all)).toBe(true);
  });

  it('of a rollback is not kept from beginning by an incident', () => {
    const all = rollingBack();
    all.say('INC-1', p0('stable'), ana, now + minute);
    expect(triesAgain(all)).toBe(true);
  });

  it('asks the switch, too: frozen meanwhile, it waits', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.0'), github, now + minute);
    all.say(freezeId, { type: 'freeze.begin', reason: 'stop', open: [] }, ana, now + minute);
    expect(triesAgain(all)).toBe(false);
    expect(all.operation('OP-1')).toMatchObject({ status: 'approved', frozen: { reason: 'stop' } });
    expect(inForce(all.freeze())?.waiting).toMatchObject([{ operation: 'OP-1', ready: true }]);
    // Its time to begin counts from when it may.
    for (const by of [ben, dana])
      all.say(freezeId, { type: 'freeze.lift', reason: 'mended' }, by, now + 30 * minute);
    expect(triesAgain(all, now + 30 * minute)).toBe(true);
  });

  it('that is too late by then is too late, and not asked for again', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.0'), github, now + minute);
    expect(triesAgain(all, now + hour)).toBe(false);
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', touched: false });
    expect(all.outstanding()).toEqual([]);
  });

  it('that somebody has stopped does not ask again', () => {
    const all = rollingBack();
    all.say(stable, deployed('1.5.0'), github, now + minute);
    all.say('OP-1', { type: 'operation.abort' }, ana, now + minute);
    expect(triesAgain(all)).toBe(false);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'failed',
      why: 'Stopped by Ana Ruiz.',
      touched: false,
    });
  });
});

it('A step that has begun goes on, whatever comes up', () => {
  const all = promoting();
  expect(triesAgain(all)).toBe(true);
  all.say('INC-1', p0('stable'), ana, now + 3 * minute);
  all.say(stable, deployed('1.5.1'), github, now + 3 * minute);
  expect(triesAgain(all, now + 4 * minute)).toBe(true);
  const [step] = all.outstanding();
  if (step) all.settle(step, done, now + 5 * minute);
  expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-1.2']);
});
