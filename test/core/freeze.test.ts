import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { Settled } from '../../src/core/effect.ts';
import { freezeKind } from '../../src/core/freeze/freeze.ts';
import { liftersBesides, liftRoles, sayLifters } from '../../src/core/freeze/lifters.ts';
import { freezeId, inForce } from '../../src/core/freeze/state.ts';
import { ana, ben, dana, given, hour, minute, person, policies, stranger } from '../support/given.ts';
import { approvals, done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const begin = { type: 'freeze.begin', reason: 'deploys go astray', open: [] } as const;
const lift = { type: 'freeze.lift', reason: 'it is mended' } as const;
const token: Actor = { kind: 'token', name: 'watchdog', roles: ['responder'], via: 'api' };
const frozen = given(freezeKind).when(begin, { by: ana });

describe('Production', () => {
  it('is frozen by anybody with a role, with a card where everybody looks in an emergency', () => {
    frozen.leadsTo({
      events: [{ type: 'production.frozen', name: 'Ana Ruiz', reason: 'deploys go astray' }],
      effects: [{ type: 'slack.card', conversation: 'C0EMERGENCY', card: 'freeze 1', severity: 'P0' }],
    });
    expect(inForce(frozen.state)).toMatchObject({ name: 'Ana Ruiz', lifters: ['Ben Okafor', 'Dana Levi'] });
  });

  it('is frozen by a token that stands for nobody', () => {
    given(freezeKind)
      .when(begin, { by: token })
      .leadsTo({ events: ['production.frozen'] });
  });

  it.each([
    ['not-in-roster', stranger],
    ['role-missing', person('rae', 'Rae')],
    ['role-missing', { ...token, roles: ['release-bot', 'reader'] }],
  ] as const)('is not frozen by just anybody: %s', (code, by) => {
    given(freezeKind)
      .when(begin, { by })
      .leadsTo({ events: [{ type: 'request.refused', code }], effects: [] });
  });

  it('is not frozen twice', () => {
    frozen.when(begin, { by: ben }).leadsTo({ events: [{ type: 'request.refused', code: 'no-change' }] });
  });

  it('goes on when two people have said so, of whom none has to be the one who froze it', () => {
    const one = frozen.when(lift, { at: minute, by: ben }).leadsTo({
      events: [{ type: 'lift.confirmed', count: 1, needed: 2, left: ['Dana Levi'] }],
      effects: ['slack.card', { type: 'slack.thread', broadcast: false }],
    });
    expect(inForce(one.state)).toBeDefined();
    const two = one.when(lift, { at: 2 * minute, by: dana }).leadsTo({
      events: ['lift.confirmed', { type: 'production.thawed', names: ['Ben Okafor', 'Dana Levi'] }],
    });
    expect(inForce(two.state)).toBeUndefined();
    expect(freezeKind.alias(two.state)).toBeUndefined();
  });

  it('may be lifted by whoever froze it and one more', () => {
    const bens = given(freezeKind).when(begin, { by: ben }).when(lift, { by: ben });
    bens.when(lift, { by: dana }).leadsTo({ events: ['lift.confirmed', 'production.thawed'] });
  });

  it('hears one person once, whichever account they use', () => {
    const [slack, api] = [
      { ...ben, account: 'slack U0BEN' },
      { ...ben, account: 'token ben-laptop', via: 'api' },
    ] as readonly Actor[] as [Actor, Actor];
    const twice = frozen.when(lift, { by: slack }).when(lift, { by: api });
    twice.leadsTo({ events: [{ type: 'request.refused', code: 'already-voted' }] });
    expect(inForce(twice.state)).toBeDefined();
  });

  it.each([
    ['role-missing', ana],
    ['not-in-roster', stranger],
    ['person-needed', { ...token, roles: ['lead'] }],
  ] as const)('is not lifted by just anybody: %s', (code, by) => {
    frozen.when(lift, { by }).leadsTo({ events: [{ type: 'request.refused', code }] });
  });

  it('is not lifted by what somebody said an hour ago', () => {
    const stale = frozen.when(lift, { at: minute, by: ben }).when(lift, { at: hour + minute, by: dana });
    stale.leadsTo({ events: [{ type: 'lift.confirmed', count: 1, left: ['Ben Okafor'] }] });
    stale
      .when(lift, { at: hour + 2 * minute, by: ben })
      .leadsTo({ events: ['lift.confirmed', 'production.thawed'] });
  });

  it('stays frozen when somebody is against it: whoever had confirmed has to do so again', () => {
    const against = frozen
      .when(lift, { by: ben })
      .when({ ...begin, reason: 'not yet' }, { by: ana })
      .leadsTo({
        events: [{ type: 'production.frozen', again: true, reason: 'not yet' }],
        effects: ['slack.card', { type: 'slack.thread', broadcast: true }],
      });
    against.when(lift, { by: dana }).leadsTo({ events: [{ type: 'lift.confirmed', count: 1 }] });
    expect(inForce(against.state)).toMatchObject({
      id: 1,
      reason: 'deploys go astray',
      again: { reason: 'not yet' },
    });
  });

  it('is not lifted by a button of an earlier freeze, nor twice', () => {
    const lifted = frozen.when(lift, { by: ben }).when(lift, { by: dana });
    lifted.when(lift, { by: ben }).leadsTo({ events: [{ type: 'request.refused', code: 'not-open' }] });
    const anew = lifted.when(begin, { by: ana });
    anew.when({ ...lift, freeze: 1 }, { by: ben }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-open' }],
    });
    anew
      .when({ ...lift, freeze: anew.state.last?.id ?? 0 }, { by: ben })
      .leadsTo({ events: ['lift.confirmed'] });
  });

  it('is never lifted by a clock', () => {
    expect(frozen.wakeAt).toBeUndefined();
    frozen.when({ type: 'clock.tick', down: undefined }, { at: 99 * hour }).leadsTo({ events: [] });
  });
});

describe('Who may lift it', () => {
  it('is who may approve', () => {
    expect(liftRoles(policies)).toEqual(['approver', 'lead']);
    expect(sayLifters(liftersBesides(policies, []))).toBe('Ben Okafor and Dana Levi');
    expect(sayLifters(['A', 'B', 'C'])).toBe('two of A, B or C');
    expect(sayLifters(['A', 'B'], 1)).toBe('A or B');
  });

  it('is everybody with a role where fewer than two may approve', () => {
    const { dana: _gone, ...people } = policies.roster.people;
    const few = { ...policies, roster: { ...policies.roster, people } };
    expect(sayLifters(liftersBesides(few, [ben]), 1)).toBe('Ana Ruiz');
  });
});

const stable = 'channel:shop/stable';
const failed: Settled = { status: 'failed', why: 'no' };

/** Of 1.6.0 from canary to stable, where 1.5.0 followed 1.4.2: approved, and no step of it sent. */
function promotion(): Streams {
  const all = streams();
  const set = (channel: string, version: string, at: number) =>
    all.say(channel, { type: 'channel.set', version, reason: 'released' }, ana, at);
  set(stable, '1.4.2', 0);
  set('channel:shop/canary', '1.6.0', 0);
  set(stable, '1.5.0', hour);
  const promote = { type: 'promotion.request', target: 'shop/stable', version: undefined } as const;
  all.say('channel:shop/canary', { ...promote, override: false, reason: 'runs well' }, ana, now);
  approve(all);
  return all;
}

/** Ana has asked for a rollback of stable, on which 1.5.0 runs. */
function rollback(current = policies): Streams {
  const all = streams(current);
  for (const version of ['1.4.2', '1.5.0'])
    all.say(
      stable,
      { type: 'channel.set', version, reason: 'released' },
      ben,
      version === '1.4.2' ? 0 : hour,
    );
  all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, 2 * hour);
  return all;
}
const now = 2 * hour;
function freeze(all: Streams, at = now): void {
  const open = all.operations().map(({ id }) => ({ operation: id, what: 'roll back' }));
  all.say(freezeId, { ...begin, open }, ana, at);
}
function approve(all: Streams, by = ben, at = now): string {
  const { id, hash } = all.operation('OP-1');
  return all.ask(id, { type: 'operation.approve', hash }, by, at);
}
function thaw(all: Streams, at: number): string {
  all.ask(freezeId, lift, ben, at);
  return all.ask(freezeId, lift, dana, at);
}
function sendAll(all: Streams, at = now): void {
  for (const step of all.outstanding()) all.send(step, at);
}
/** The step that is under way ends. */
function ends(all: Streams, outcome: Settled = done, at = now): void {
  const [step] = all.outstanding();
  if (!step) throw new Error('nothing is under way');
  all.settle(step, outcome, at);
}

/** Its first step ran when production was frozen, and has ended well. */
function heldBetweenSteps(): Streams {
  const all = rollback();
  approve(all);
  sendAll(all);
  freeze(all);
  ends(all);
  sendAll(all);
  return all;
}

describe('A rollback while production is frozen', () => {
  it('may be approved, is held, and begins by itself once the freeze is lifted', () => {
    const all = rollback();
    freeze(all);
    expect(approve(all)).toContain('Held: it begins by itself as soon as production is no longer frozen.');
    expect(all.operation('OP-1')).toMatchObject({ status: 'approved', frozen: { name: 'Ana Ruiz' } });
    expect(all.outstanding()).toEqual([]);
    expect(inForce(all.freeze())?.waiting).toMatchObject([{ operation: 'OP-1', ready: true }]);

    expect(thaw(all, now + minute)).toContain(
      'By itself goes on: OP-1 (roll shop/stable back 1.5.0 → 1.4.2).',
    );
    expect(all.operation('OP-1')).toMatchObject({ status: 'running' });
    expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-1.1']);
  });

  it('may be asked for, and knows that it is', () => {
    const all = streams();
    for (const version of ['1.4.2', '1.5.0'])
      all.say(
        stable,
        { type: 'channel.set', version, reason: 'released' },
        ben,
        version === '1.4.2' ? 0 : hour,
      );
    freeze(all);
    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, now);
    expect(all.operation('OP-1').frozen).toMatchObject({ reason: 'deploys go astray' });
    approve(all);
    expect(all.outstanding()).toEqual([]);
  });

  it('that needs no approval waits all the same', () => {
    const all = streams(approvals(0));
    for (const version of ['1.4.2', '1.5.0'])
      all.say(
        stable,
        { type: 'channel.set', version, reason: 'released' },
        ben,
        version === '1.4.2' ? 0 : hour,
      );
    freeze(all);
    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, now);
    expect(all.operation('OP-1').status).toBe('approved');
    expect(all.channel(stable).lock?.begunAt).toBeUndefined();
    thaw(all, now + minute);
    expect(all.operation('OP-1').status).toBe('running');
  });

  it('expires unapproved when its time is over', () => {
    const all = rollback();
    freeze(all);
    all.wake(now + hour);
    expect(all.operation('OP-1')).toMatchObject({ status: 'expired' });
    expect(inForce(all.freeze())?.waiting).toEqual([]);
    expect(all.channel(stable).lock).toBeUndefined();
  });

  it('that was approved for now does not begin later: it is void when its time is over, and says why', () => {
    const all = rollback();
    freeze(all);
    approve(all);
    all.wake(now + hour);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'It was approved, but production was still frozen at 06:00:00 UTC (by Ana Ruiz: deploys go astray). Ask again if it is still wanted.',
    });
    thaw(all, now + hour + minute);
    expect(all.outstanding()).toEqual([]);
  });

  it('that was approved under another rule does not begin, and says so', () => {
    const all = rollback();
    freeze(all);
    approve(all);
    all.adopt(approvals(2));
    thaw(all, now + minute);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'The approval rule in approvals.yml has changed since this was planned. Ask for it again.',
    });
    expect(all.channel(stable).lock).toBeUndefined();
    expect(all.outstanding()).toEqual([]);
  });

  it('that was approved by somebody who may not do so any more does not begin, and says so', () => {
    const all = rollback();
    freeze(all);
    approve(all);
    const { ben: _gone, ...people } = policies.roster.people;
    all.adopt({ ...policies, roster: { ...policies.roster, people } });
    // Of those who may approve too few are left, so that anybody with a role may lift it.
    all.ask(freezeId, lift, dana, now);
    all.ask(freezeId, lift, ana, now);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'By roster.yml Ben Okafor may not approve this any more. Ask for it again.',
    });
    expect(all.outstanding()).toEqual([]);
  });

  it('that is too late by a moment does not begin, timer or no timer', () => {
    const all = rollback();
    freeze(all);
    approve(all);
    thaw(all, now + hour);
    expect(all.operation('OP-1').status).toBe('void');
  });

  it('may be withdrawn', () => {
    const all = rollback();
    freeze(all);
    approve(all);
    all.say('OP-1', { type: 'operation.abort' }, ana, now);
    expect(all.operation('OP-1').status).toBe('withdrawn');
    expect(inForce(all.freeze())?.waiting).toEqual([]);
  });

  it('does not wait when it ended between the look and the word of whoever froze', () => {
    const all = rollback();
    all.say('OP-1', { type: 'operation.abort' }, ana, now);
    freeze(all);
    expect(all.operation('OP-1').status).toBe('withdrawn');
    expect(inForce(all.freeze())?.waiting).toEqual([]);
  });

  it('follows the step that runs to its end, and begins no other until the freeze is lifted', () => {
    const all = heldBetweenSteps();
    expect(all.operation('OP-1')).toMatchObject({ status: 'running', held: 1 });
    expect(all.operation('OP-1').steps.map(({ status }) => status)).toEqual(['done', 'waiting', 'waiting']);
    expect(all.outstanding()).toEqual([]);

    thaw(all, now + 20 * minute);
    expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-1.2']);
    for (let step = 2; step <= 3; step += 1) {
      sendAll(all, now + 20 * minute);
      ends(all, done, now + 20 * minute);
    }
    expect(all.operation('OP-1').status).toBe('done');
    expect(all.operation('OP-1')).not.toHaveProperty('frozen');
  });

  it('that fails meanwhile has failed', () => {
    const all = rollback();
    approve(all);
    sendAll(all);
    freeze(all);
    ends(all, failed);
    expect(all.operation('OP-1').status).toBe('failed');
    expect(inForce(all.freeze())?.waiting).toEqual([]);
  });

  it('may be aborted between two steps, where nothing runs that would have to be waited for', () => {
    const all = heldBetweenSteps();
    all.say('OP-1', { type: 'operation.abort' }, ana, now);
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', touched: true });
    expect(all.channel(stable).lock).toBeUndefined();
    expect(all.channel(stable).doubt?.operation).toBe('OP-1');
    thaw(all, now + minute);
    expect(all.outstanding()).toEqual([]);
  });

  describe('that is live and verified, of which only a record is missing', () => {
    function heldBeforeSentry(): Streams {
      const all = rollback();
      approve(all);
      sendAll(all);
      ends(all);
      sendAll(all);
      freeze(all);
      ends(all);
      sendAll(all);
      return all;
    }

    it('is held, and whoever wants the channel hears why and what to do', () => {
      const all = heldBeforeSentry();
      expect(all.operation('OP-1')).toMatchObject({ status: 'running', held: 2, verified: true });
      const set = { type: 'channel.set', version: '1.4.3', reason: 'hotfix' } as const;
      expect(all.ask(stable, set, ana, now + hour)).toContain(
        'Production is frozen, and it is held between two steps: it goes on when two people have said that production may go on (/lastgood unfreeze <reason>). For something else, abort it first.',
      );
    });

    it('may be aborted: it is done, and the record is left to people', () => {
      const all = heldBeforeSentry();
      all.say('OP-1', { type: 'operation.abort' }, ana, now);
      expect(all.operation('OP-1')).toMatchObject({
        status: 'done',
        why: 'Rolled back shop/stable to 1.4.2, and verified. Somebody has to see to the rest: Mark 1.5.0 as bad in Sentry.',
      });
      expect(all.channel(stable)).not.toHaveProperty('lock');
      expect(all.channel(stable)).not.toHaveProperty('doubt');
      thaw(all, now + minute);
      expect(all.outstanding()).toEqual([]);
    });

    it('may be aborted also when somebody has asked for that before it was verified', () => {
      const all = rollback();
      approve(all);
      sendAll(all);
      ends(all);
      sendAll(all);
      freeze(all);
      all.say('OP-1', { type: 'operation.abort' }, ana, now);
      ends(all);
      sendAll(all);
      expect(all.operation('OP-1')).toMatchObject({ status: 'running', held: 2, verified: true });
      all.say('OP-1', { type: 'operation.abort' }, ana, now);
      expect(all.operation('OP-1').status).toBe('done');
    });
  });

  it('that has been approved and waits says so to whoever wants another', () => {
    const all = rollback();
    freeze(all);
    const other = { type: 'rollback.request', target: { version: '1.4.2' }, reason: 'fails' } as const;
    expect(all.ask(stable, other, ben, now)).toContain('Approve or withdraw it first.');
    approve(all);
    expect(all.ask(stable, other, ben, now)).toContain(
      'It is approved, production is frozen, and it begins when two people have said that production may go on (/lastgood unfreeze <reason>). For something else, withdraw it first.',
    );
    thaw(all, now + minute);
    expect(all.ask(stable, other, ben, now + minute)).toContain('It is running');
  });

  it('that is held between two steps keeps nobody quiet: whoever has the incident is called again', () => {
    const all = rollback();
    all.say('OP-1', { type: 'operation.abort' }, ana, now);
    const what = {
      title: 'down',
      severity: 'P0',
      service: 'checkout',
      app: 'shop',
      channel: 'stable',
    } as const;
    all.say('INC-1', { type: 'incident.declare', ...what }, ana, now);
    all.say('INC-1', { type: 'incident.acknowledge' }, ana, now);
    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, now);
    all.say('OP-2', { type: 'operation.approve', hash: all.operation('OP-2').hash }, ben, now);
    sendAll(all);
    freeze(all);
    all.wake(now + 2 * hour);
    expect(all.incident('INC-1').acknowledged, 'its step runs').toBeDefined();
    ends(all, done, now + 2 * hour);
    sendAll(all, now + 2 * hour);
    expect(all.incident('INC-1').operations).toMatchObject({ 'OP-2': 'held' });
    all.wake(now + 4 * hour);
    expect(all.incident('INC-1').acknowledged).toBeUndefined();
    // It goes on.
    thaw(all, now + 5 * hour);
    expect(all.incident('INC-1').operations).toMatchObject({ 'OP-2': 'running' });
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-2' });
    expect(all.channel(stable).lock).not.toHaveProperty('frozen');
  });

  it('that is aborted while its step turns out not to have begun is over, and is not held', () => {
    const all = rollback();
    approve(all);
    sendAll(all);
    freeze(all);
    all.say('OP-1', { type: 'operation.abort' }, ana, now);
    ends(all, { status: 'withheld', why: 'Production is frozen.', frozen: true });
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', touched: false });
    expect(all.channel(stable).lock).toBeUndefined();
  });

  it('that nobody who froze saw is held back all the same, before its first step, and asks again whether it may', () => {
    const all = rollback();
    approve(all);
    all.say(freezeId, begin, ana, now);
    sendAll(all);
    expect(all.operation('OP-1').status).toBe('approved');
    expect(all.operation('OP-1')).not.toHaveProperty('begunAt');
    expect(inForce(all.freeze())?.waiting).toMatchObject([{ operation: 'OP-1', ready: true }]);
    thaw(all, now + minute);
    expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-1.1']);
  });

  describe('and a promotion that it has held before its first step', () => {
    function heldPromotion(): Streams {
      const all = promotion();
      // Frozen before GitHub could be reached.
      all.say(freezeId, begin, ana, now);
      sendAll(all);
      return all;
    }

    it('the channel does not believe that it is being brought', () => {
      const all = heldPromotion();
      expect(all.operation('OP-1').status).toBe('approved');
      expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-1', frozen: true });
      expect(all.channel(stable).lock).not.toHaveProperty('begunAt');
    });

    it('makes way at once for a rollback from what is live', () => {
      const all = heldPromotion();
      const back = {
        type: 'rollback.request',
        target: 'last-good',
        leaving: '1.5.0',
        reason: 'fails',
      } as const;
      expect(all.ask(stable, back, ana, now)).toContain('roll shop/stable back 1.5.0 → 1.4.2');
      expect(all.operation('OP-1').status).toBe('void');
      expect(all.operation('OP-2').status).toBe('awaiting-approval');
    });

    it('somebody else who deploys its version is noticed', () => {
      const all = heldPromotion();
      const github: Actor = { kind: 'source', name: 'github' };
      all.say(stable, { type: 'deployment.report', version: '1.6.0' }, github, now + minute);
      expect(all.channel(stable).drifts).toMatchObject([{ found: '1.6.0', cause: 'held' }]);
    });
  });

  it('goes before a promotion that is held between two steps: nothing of that has to be waited for', () => {
    const all = promotion();
    sendAll(all);
    freeze(all);
    ends(all);
    sendAll(all);
    expect(all.operation('OP-1').held).toBe(1);

    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'it fails' }, ana, now);
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', yieldsTo: 'OP-2' });
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-2' });
    const { hash } = all.operation('OP-2');
    all.say('OP-2', { type: 'operation.approve', hash }, ben, now);
    expect(all.outstanding()).toEqual([]);
    thaw(all, now + minute);
    expect(all.outstanding().map(({ id }) => id)).toEqual(['OP-2.1']);
  });
});
