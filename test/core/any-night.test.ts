import { array, assert, boolean, constant, constantFrom, integer, oneof, property, record } from 'fast-check';
import { expect, it } from 'vitest';
import { isSamePerson, lastgood, type Actor } from '../../src/core/actor.ts';
import type { Settled } from '../../src/core/effect.ts';
import type { Intent } from '../../src/core/intent.ts';
import { operationIsOpen, type Operation } from '../../src/core/operation/state.ts';
import type { Happened } from '../../src/core/reply.ts';
import { ana, ben, dana, hour, minute, person, start, stranger } from '../support/given.ts';
import { approvals, done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const canary = 'channel:shop/canary';
const stable = 'channel:shop/stable';
const secondAccount = person('ana', 'ana-at-home', 'responder', 'approver', 'lead');
const ci: Actor = { kind: 'token', name: 'ci', roles: ['responder', 'approver', 'lead'], via: 'api' };
const anybody = { ana, ben, dana, secondAccount, stranger, ci };

/** Something that happens: `pick` chooses among what there is, `by` is whoever it is this time. */
type Turn = (night: Night, at: number, pick: number, by: Actor) => void;
interface Night extends Streams {
  /** The last step of each operation that has begun. */
  readonly steps: Map<string, number>;
  /** How each operation ended. */
  readonly ended: Map<string, string>;
  refused: number;
}

const say =
  (id: string, intent: Intent): Turn =>
  (night, at, _pick, by) => {
    judge(night, id, intent, by, at);
  };
const promote = (override: boolean): Intent => ({
  type: 'promotion.request',
  target: 'shop/stable',
  version: undefined,
  override,
  reason: 'well',
});
const rollBack = (to: string): Intent => ({
  type: 'rollback.request',
  target: to === 'last-good' ? to : { version: to },
  reason: 'fails',
});

/** Of the two newest operations, whichever is picked; also one that has ended. */
function operationOf(night: Night, pick: number): Operation | undefined {
  const newest = night.operations().toReversed();
  return newest[pick % Math.min(2, newest.length)];
}
const press =
  (button: 'approve' | 'reject' | 'abort' | 'settle', isStale = false): Turn =>
  (night, at, pick, by) => {
    const operation = operationOf(night, pick);
    if (!operation) return;
    const { id } = operation;
    const hash = isStale ? 'ffffffffffffffff' : operation.hash;
    const outcome = pick % 2 === 0 ? 'done' : 'failed';
    judge(
      night,
      id,
      button === 'settle'
        ? { type: 'operation.settle', outcome, why: 'looked' }
        : { type: `operation.${button}`, hash },
      by,
      at,
    );
  };
/** At the same moment: first Ben, then Dana, then whoever it is. */
const together =
  (...turns: readonly Turn[]): Turn =>
  (night, at, pick, by) => {
    for (const [place, turn] of turns.entries()) {
      turn(night, at, pick, [ben, dana][place] ?? by);
      isSound(night);
    }
  };
/** The outbox gets round to it; after a restart, also to what is out there already. */
const send: Turn = (night, at, pick) => {
  const steps = night.outstanding();
  const step = steps[pick % steps.length];
  if (step) night.send(step, at);
};
const end =
  (outcome: Settled): Turn =>
  (night, at, pick) => {
    const begun = night.outstanding().filter((step) => step.begun);
    const step = begun[pick % begun.length];
    if (!step) return;
    night.settle(step, outcome, at);
    // The process died before it had noted that: it is told once more.
    if (pick % 2 === 0) {
      const { id, stream, effect } = step;
      const again = night.say(stream, { type: 'effect.settled', id, effect, outcome }, lastgood, at);
      expect(again, 'what has ended ends once').toEqual([]);
    }
  };
const wake: Turn = (night, at) => night.wake(at);

const approve = press('approve');
const looked = 'looked';
/** By name, so that a night that shows a fault can be read. */
const deeds = {
  'ask for a rollback': say(stable, rollBack('last-good')),
  'ask for a rollback to 1.4.2': say(stable, rollBack('1.4.2')),
  'ask for a promotion': say(canary, promote(false)),
  'ask for a promotion, whatever speaks against it': say(canary, promote(true)),
  approve,
  'approve another plan': press('approve', true),
  'two approve at once': together(approve, approve),
  'two approve at once, and the timer comes': together(approve, approve, wake),
  'the timer comes, and two approve': together(wake, approve, approve),
  'one approves, one rejects': together(approve, press('reject')),
  'one stops it, one approves': together(press('abort'), approve),
  'it ends, and one stops it': together(send, end(done), press('abort')),
  'one stops it, and it ends': together(send, press('abort'), end(done)),
  reject: press('reject'),
  'stop it': press('abort'),
  'say how it ended': press('settle'),
  'the outbox goes on': send,
  'a step is done': together(send, end(done)),
  'a step fails': end({ status: 'failed', why: 'no' }),
  'nobody knows how a step ended': end({ status: 'unknown', why: 'lost' }),
  'the timer comes': wake,
  acknowledge: say('INC-9', { type: 'incident.acknowledge' }),
  resolve: say('INC-9', { type: 'incident.resolve', reason: 'over' }),
  'call it a P2': say('INC-9', { type: 'incident.set-severity', severity: 'P2', reason: looked }),
  'call it a P0': say('INC-9', { type: 'incident.set-severity', severity: 'P0', reason: looked }),
  'say what is live': say(stable, { type: 'channel.set', version: '1.5.0', reason: looked }),
} as const;
type Deed = keyof typeof deeds;

/** So much more often than others, or nothing would ever be approved and come to an end. */
const often: Readonly<Partial<Record<Deed, number>>> = {
  'ask for a rollback': 5,
  'ask for a promotion, whatever speaks against it': 3,
  approve: 3,
  'two approve at once': 8,
  'the outbox goes on': 2,
  'a step is done': 30,
  'the timer comes': 3,
  'one stops it, and it ends': 4,
  'stop it': 3,
};
const stories = array(
  record({
    deed: oneof(
      ...(Object.keys(deeds) as Deed[]).map((deed) => ({
        weight: often[deed] ?? 1,
        arbitrary: constant(deed),
      })),
    ),
    pause: integer({ min: 0, max: 5 * minute }),
    /** To the very moment at which a request or an approval is over, a moment before it, or a moment after. */
    edge: constantFrom(undefined, undefined, undefined, -1, 0, 1),
    pick: integer({ min: 0, max: 5 }),
    by: constantFrom(...(Object.keys(anybody) as (keyof typeof anybody)[]), 'ben', 'dana', 'dana'),
  }),
  { minLength: 10, maxLength: 50 },
);

/**
 * Whoever wants whatever at the same moment, a moment too late, twice, or while the timer is behind. A failure prints its
 * seed and the shortest night that shows it.
 */
it('whatever happens in a night: one change at a time, none without its approvals, and a refusal changes nothing', () => {
  const seen = { refused: 0, begun: 0, done: 0, stopped: 0, edges: 0 };
  const holds = property(stories, integer({ min: 0, max: 2 }), boolean(), (story, needed, declares) => {
    const night: Night = { ...streams(approvals(needed)), steps: new Map(), ended: new Map(), refused: 0 };
    night.say(stable, { type: 'channel.set', version: '1.4.2', reason: 'released' }, ana, 0);
    night.say(canary, { type: 'channel.set', version: '1.6.0', reason: 'released' }, ana, 0);
    night.say(stable, { type: 'channel.set', version: '1.5.0', reason: 'released' }, ana, hour);
    let at = 2 * hour;
    if (declares) {
      const what = { title: 'checkout fails', severity: 'P0', service: 'checkout' } as const;
      night.say('INC-9', { type: 'incident.declare', ...what, app: 'shop', channel: 'stable' }, ana, at);
    }
    for (const { deed, pause, edge, pick, by } of story) {
      const over = edge === undefined ? [] : edgesOf(night, at);
      const [soonest] = over;
      if (soonest !== undefined && edge !== undefined) seen.edges += 1;
      at = soonest === undefined || edge === undefined ? at + pause : Math.max(at, soonest + edge);
      deeds[deed](night, at, pick, anybody[by]);
      isSound(night);
    }
    for (const { status, steps, aborting } of night.operations()) {
      if (steps.some((step) => step.status !== 'waiting')) seen.begun += 1;
      if (status === 'done') seen.done += 1;
      if (aborting !== undefined && status === 'failed') seen.stopped += 1;
    }
    seen.refused += night.refused;
  });
  assert(holds, { numRuns: 250 });
  expect(
    Math.min(...Object.values(seen)),
    `the nights are worth telling: ${JSON.stringify(seen)}`,
  ).toBeGreaterThan(3);
}, 60_000);

/** Says it, and looks whether what was refused has changed anything. */
function judge(night: Night, id: string, intent: Intent, by: Actor, at: number): void {
  if (id === 'INC-9' && !night.incident(id)) return;
  const before = picture(night);
  const happened: readonly Happened[] = night.say(id, intent, by, at);
  if (happened[0]?.event.type !== 'request.refused') return;
  night.refused += 1;
  expect(new Set(happened.map(({ event }) => event.type)), 'a refusal comes alone').toEqual(
    new Set(['request.refused']),
  );
  expect(plain(picture(night)), 'and changes nothing').toBe(plain(before));
}

/** States are replaced and never changed, so that before is still there afterwards. */
function picture(night: Night): readonly unknown[] {
  const outThere = night.outstanding().map(({ id, begun }) => ({ id, begun }));
  return [
    night.channel(canary),
    night.channel(stable),
    night.incident('INC-9'),
    ...night.operations(),
    outThere,
  ];
}

/** Everything but how often somebody was refused. */
function plain(states: readonly unknown[]): string {
  return JSON.stringify(states, (key, value: unknown) => (key === 'refusals' ? undefined : value));
}

/** The next moments from now on at which a request or an approval is over, the soonest first. */
function edgesOf(night: Night, at: number): readonly number[] {
  return night
    .operations()
    .filter(operationIsOpen)
    .flatMap(({ expiresAt, executeBefore }) => [
      expiresAt,
      ...(executeBefore === undefined ? [] : [executeBefore]),
    ])
    .map((moment) => moment - start)
    .filter((moment) => moment >= at)
    .toSorted((a, b) => a - b);
}

function isSound(night: Night): void {
  const { lock } = night.channel(stable);
  const all = night.operations();
  const running = all.filter(({ status }) => status === 'running');
  expect(running.length, 'one operation runs on a channel').toBeLessThanOrEqual(1);
  for (const { id } of running) expect(lock?.operation, 'and holds it').toBe(id);
  for (const operation of all) {
    const { id, status, steps, aborting, verified } = operation;
    if (steps.some((step) => step.status !== 'waiting')) wasApproved(operation);
    const under = steps.filter((step) => step.status === 'running').length;
    expect(under, 'one step at a time').toBeLessThanOrEqual(status === 'running' ? 1 : 0);
    const begun = steps.findLastIndex((step) => step.status !== 'waiting');
    expect(
      steps.slice(0, Math.max(0, begun)).every((step) => step.status !== 'waiting'),
      'in order',
    ).toBe(true);
    // Nobody who had it stopped sees another step of it begin.
    const known = night.steps.get(id);
    const goesOn = aborting === undefined || verified;
    expect(begun, 'no further step').toBe(goesOn ? begun : (known ?? begun));
    night.steps.set(id, begun);
    if (operationIsOpen(operation)) continue;
    expect(night.ended.get(id) ?? status, 'an end is an end').toBe(status);
    night.ended.set(id, status);
    expect(lock?.operation, 'and frees the channel').not.toBe(id);
  }
  const incident = night.incident('INC-9');
  const told = { ...incident?.operations, ...incident?.promotions };
  for (const [id, progress] of Object.entries(told)) {
    const { status } = night.operation(id);
    expect(progress === 'running', `the incident knows that ${id} is ${status}`).toBe(status === 'running');
  }
}

function wasApproved({ rule, approvals: given, requestedBy, expiresAt, begunAt }: Operation): void {
  expect(begunAt, 'it has begun').toBeDefined();
  expect(new Set(given.map(({ person: who }) => who)).size, 'enough people').toBeGreaterThanOrEqual(
    rule.approvals,
  );
  for (const { by, at } of given) {
    expect(isSamePerson(by, requestedBy), 'not by whoever asked').toBe(false);
    expect(by.kind, 'people').toBe('person');
    expect(at, 'in time').toBeLessThan(expiresAt);
    expect(begunAt, 'before it began').toBeGreaterThanOrEqual(at);
  }
}
