import { array, assert, constantFrom, integer, oneof, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import { channelKind } from '../../src/core/channel/channel.ts';
import { atStake, lastGood } from '../../src/core/channel/last-good.ts';
import { knownVersions, type Channel } from '../../src/core/channel/state.ts';
import type { Settled } from '../../src/core/effect.ts';
import type { Intent } from '../../src/core/intent.ts';
import { operationIsOpen } from '../../src/core/operation/state.ts';
import type { Severity } from '../../src/core/severity.ts';
import { ana, ben, dana, hour, minute, policies, start } from '../support/given.ts';
import { approvals, done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const canary = 'channel:shop/canary';
const stable = 'channel:shop/stable';

/** Something that happens. */
type Turn = (all: Streams, at: number, pick: number) => void;

const say =
  (id: string, intent: Intent, by = ana): Turn =>
  (all, at) => {
    all.say(id, intent, by, at);
  };
const promote = (override: boolean, by = ana) =>
  say(
    canary,
    { type: 'promotion.request', target: 'shop/stable', version: undefined, override, reason: 'well' },
    by,
  );
const rollBack = (version: string) =>
  say(stable, { type: 'rollback.request', target: { version }, reason: 'fails' });
const deployed =
  (version: string, late = false): Turn =>
  (all, at, pick) => {
    const told = late ? start + at - pick * 10 * minute : undefined;
    all.say(stable, { type: 'deployment.report', version, at: told }, { kind: 'source', name: 'github' }, at);
  };
const incident = (severity: Severity | undefined) =>
  say(stable, { type: 'channel.note-incident', incident: 'INC-9', severity, conversation: 'C0' });

/** Somebody presses a button on the card of some operation, most likely of the newest. */
const press =
  (button: 'approve' | 'reject' | 'abort' | 'settle', by = ben): Turn =>
  (all, at, pick) => {
    const newest = all.operations().toReversed();
    const operation = newest[pick % Math.min(2, newest.length)];
    if (!operation) return;
    const { id, hash } = operation;
    if (button === 'settle') {
      const outcome = pick % 2 === 0 ? 'done' : 'failed';
      all.say(id, { type: 'operation.settle', outcome, why: 'looked' }, by, at);
    } else {
      all.say(id, { type: `operation.${button}`, hash }, by, at);
    }
  };
const send: Turn = (all, at, pick) => {
  const steps = all.outstanding();
  const step = steps[pick % steps.length];
  if (step) all.send(step, at);
};
const end =
  (outcome: Settled): Turn =>
  (all, at, pick) => {
    const begun = all.outstanding().filter((step) => step.begun);
    const step = begun[pick % begun.length];
    if (step) all.settle(step, outcome, at);
  };

const turns = oneof(
  { weight: 3, arbitrary: constantFrom(promote(false), promote(false), promote(true, dana), promote(true)) },
  { weight: 3, arbitrary: constantFrom(rollBack('1.4.2'), rollBack('1.5.0'), rollBack('1.6.0')) },
  {
    weight: 6,
    arbitrary: constantFrom(
      press('approve'),
      press('approve', dana),
      press('approve', dana),
      press('reject', dana),
      press('abort'),
      press('settle'),
    ),
  },
  {
    weight: 9,
    arbitrary: constantFrom(
      send,
      send,
      end(done),
      end(done),
      end({ status: 'failed', why: 'no' }),
      end({ status: 'unknown', why: 'lost' }),
    ),
  },
  { weight: 1, arbitrary: constantFrom(incident('P0'), incident('P3'), incident(undefined)) },
  {
    weight: 1,
    arbitrary: constantFrom(say(stable, { type: 'channel.set', version: '1.5.0', reason: 'seen' })),
  },
  { weight: 2, arbitrary: constantFrom(deployed('1.4.2'), deployed('1.6.0'), deployed('1.6.0', true)) },
);
const stories = array(
  record({ turn: turns, pause: integer({ min: 0, max: 6 * minute }), pick: integer({ min: 0, max: 5 }) }),
  { minLength: 15, maxLength: 60 },
);

/** Promotions, rollbacks, votes, outcomes, incidents and time in whatever order. A failure prints its seed. */
it('changes a channel with one operation at a time, and always frees it in the end', () => {
  const seen = { queued: 0, beaten: 0, tookOver: 0 };
  const holds = property(stories, integer({ min: 0, max: 2 }), (story, needed) => {
    const all = streams(approvals(needed));
    all.say(stable, { type: 'channel.set', version: '1.4.2', reason: 'released' }, ana, 0);
    all.say(canary, { type: 'channel.set', version: '1.6.0', reason: 'released' }, ana, 0);
    all.say(stable, { type: 'channel.set', version: '1.5.0', reason: 'released' }, ana, hour);
    let at = 2 * hour;
    for (const { turn, pause, pick } of story) {
      at += pause;
      all.wake(at);
      turn(all, at, pick);
      isSound(all);
      hasAWayBack(all, at);
      if (all.channel(stable).next) seen.queued += 1;
    }
    for (const { plan, status, why } of all.operations()) {
      if (plan.kind === 'promote' && status === 'failed' && why.includes('the rollback')) seen.beaten += 1;
      if (plan.kind === 'rollback' && plan.from === '1.6.0' && status !== 'void') seen.tookOver += 1;
    }
    comeToAnEnd(all, at);
    expect(all.channel(stable), 'the channel is free').not.toHaveProperty('lock');
    expect(all.channel(stable), 'nobody waits for it').not.toHaveProperty('next');
    expect(all.operations().filter(operationIsOpen)).toEqual([]);
  });
  assert(holds, { numRuns: 400 });
  expect(Math.min(...Object.values(seen)), 'the stories are worth telling').toBeGreaterThan(20);
});

function isSound(all: Streams): void {
  const { lock, next }: Channel = all.channel(stable);
  const atWork = all.operations().filter(({ steps }) => steps.some(({ status }) => status === 'running'));
  expect(atWork.length, 'one operation is at work at most').toBeLessThanOrEqual(1);
  const outThere = new Set(all.outstanding().flatMap(({ begun, stream }) => (begun ? [stream] : [])));
  expect(outThere.size, 'nor is another still at work out there').toBeLessThanOrEqual(1);
  for (const id of outThere) expect(lock?.operation, 'it holds the channel').toBe(id);
  const open = all.operations().filter(operationIsOpen);
  expect(new Set(open.map(({ id }) => id)), 'whoever holds it or waits for it is open').toEqual(
    new Set([lock, next].flatMap((held) => (held ? [held.operation] : []))),
  );
}

/** Unless a rollback holds the channel, or waits for it already, one can be asked for: nothing else is in its way. */
function hasAWayBack(all: Streams, at: number): void {
  const channel = all.channel(stable);
  const { lock, next } = channel;
  const leaving = atStake(channel)?.version;
  expect(lastGood(channel, 30 * minute, start + at)).not.toBe(leaving);
  if (next || (lock && lock.kind === 'rollback')) return;
  const brought = lock?.begunAt === undefined ? undefined : lock.to;
  for (const version of knownVersions(channel)) {
    if (version === leaving || version === brought) continue;
    const intent = { type: 'rollback.request', target: { version }, reason: 'fails' } as const;
    const context = { policies, id: stable, nextOperation: 'OP-99', storeId: 'k3x9w2' };
    const { events } = channelKind.decide(channel, { at: start + at, by: ana, intent }, context);
    expect(events).not.toMatchObject([{ type: 'request.refused' }]);
  }
}

/** Time passes, steps end, and somebody says how what nobody knows has ended. */
function comeToAnEnd(all: Streams, from: number): void {
  for (let round = 0; round < 20; round += 1) {
    const at = from + round * hour;
    for (const step of all.outstanding()) {
      if (!step.begun) all.send(step, at);
      if (all.outstanding().includes(step)) all.settle(step, done, at);
    }
    for (const { id, status } of all.operations()) {
      if (status !== 'unknown') continue;
      all.say(id, { type: 'operation.settle', outcome: 'failed', why: 'looked' }, dana, at);
    }
    all.wake(at);
    isSound(all);
  }
}
