import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import { openDrifts } from '../../src/core/channel/drift-state.ts';
import { lastGood } from '../../src/core/channel/last-good.ts';
import type { Settled } from '../../src/core/effect.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { ana, ben, dana, hour, minute, policies } from '../support/given.ts';
import { approvals, done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const canary = 'channel:shop/canary';
const stable = 'channel:shop/stable';
const now = 3 * hour;
const failed: Settled = { status: 'failed', why: 'no' };
const unknown: Settled = { status: 'unknown', why: 'lost' };

function set(version: string): ChannelIntent {
  return { type: 'channel.set', version, reason: 'released' };
}
function rollBack(to: string): ChannelIntent {
  return { type: 'rollback.request', target: to === 'last-good' ? to : { version: to }, reason: 'it fails' };
}
function deployed(version: string): ChannelIntent {
  return { type: 'deployment.report', version };
}
const tool: Actor = { kind: 'source', name: 'github' };
const promotion: Extract<ChannelIntent, { type: 'promotion.request' }> = {
  type: 'promotion.request',
  target: 'shop/stable',
  version: undefined,
  override: false,
  reason: 'runs well',
};
const declared: IncidentIntent = {
  type: 'incident.declare',
  title: 'checkout answers 500',
  severity: 'P0',
  service: 'checkout',
  app: 'shop',
  channel: 'stable',
};

function approve(all: Streams, id: string, by: Actor, at = now): string {
  return all.ask(id, { type: 'operation.approve', hash: all.operation(id).hash }, by, at);
}
/** The step that is out there comes to its end. */
function ends(all: Streams, outcome: Settled, at = now): void {
  const [step] = all.outstanding();
  if (!step) throw new Error('no step is under way');
  all.send(step, at);
  if (all.outstanding().includes(step)) all.settle(step, outcome, at);
}
function sendOut(all: Streams): void {
  for (const step of all.outstanding()) all.send(step, now);
}
/** The steps that are under way: `OP-2.1`. */
function underWay(all: Streams): readonly string[] {
  return all.outstanding().map(({ id }) => id);
}

/** A promotion of 1.6.0 to stable, where 1.5.0 has been good, waits for its approval. */
function asked(): Streams {
  const all = streams();
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(canary, set('1.6.0'), ana, 0);
  all.say(stable, set('1.5.0'), ana, hour);
  all.say(canary, promotion, ana, now);
  return all;
}
/** Its first step is out there. */
function running(): Streams {
  const all = asked();
  approve(all, 'OP-1', ben);
  sendOut(all);
  return all;
}
/** A rollback was asked for, and waits for it. */
function beaten(): Streams {
  const all = running();
  all.say(stable, rollBack('last-good'), ana, now);
  return all;
}

describe('a promotion that has failed', () => {
  const button = {
    type: 'rollback.request',
    target: { version: '1.5.0' },
    leaving: '1.6.0',
    reason: 'OP-1 failed',
  } as const;

  it('has a button to go back to what was live before', () => {
    const all = running();
    ends(all, failed);
    expect(all.channel(stable)).toMatchObject({ doubt: { operation: 'OP-1', version: '1.6.0' } });
    expect(all.ask(stable, button, ana, now)).toContain('roll shop/stable back 1.6.0 → 1.5.0: OP-1 failed');
    approve(all, 'OP-2', dana);
    ends(all, failed);
    // It is still 1.6.0 that may be running.
    expect(all.ask(stable, rollBack('last-good'), ana, now)).toContain('roll shop/stable back 1.6.0 → 1.5.0');
  });

  it('has one that is no longer valid when something else is live', () => {
    const all = running();
    ends(all, failed);
    all.say(stable, set('1.5.0'), ana, now);
    expect(all.ask(stable, button, ana, now)).toContain('1.6.0 is no longer live on shop/stable, 1.5.0 is.');
  });
});

describe('a promotion that has not begun', () => {
  it('is void, and the rollback has the channel at once', () => {
    const all = asked();
    expect(all.ask(stable, rollBack('1.4.2'), ben, now)).toMatch(
      /^OP-2: Ben Okafor \(slack\) asks to roll shop\/stable back 1\.5\.0 → 1\.4\.2.*\nOP-1: Void: Ben Okafor \(slack\) has asked for the rollback OP-2, and that goes first\. Nothing was changed\.$/,
    );
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-2', kind: 'rollback' });
    approve(all, 'OP-2', dana);
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('stays when the rollback makes no sense', () => {
    const all = asked();
    expect(all.ask(stable, rollBack('1.5.0'), ben, now)).toContain('1.5.0 is live on shop/stable already');
    expect(all.operation('OP-1').status).toBe('awaiting-approval');
  });
});

describe('a promotion that is being carried out', () => {
  it('is stopped, and the rollback begins when its step has ended', () => {
    const all = running();
    expect(all.ask(stable, rollBack('last-good'), ben, now)).toBe(
      [
        'OP-2: Ben Okafor (slack) asks to roll shop/stable back 1.6.0 → 1.5.0: it fails — needs 1 approval (approver or lead) until 07:00:00 UTC. Asking: Dana Levi. It begins as soon as OP-1, a promotion, has let go of the channel.',
        'OP-1: Makes way for the rollback OP-2 that Ben Okafor (slack) asks for; no further step begins.',
      ].join('\n'),
    );
    expect(approve(all, 'OP-2', dana)).toContain('It begins as soon as OP-1 has let go of the channel.');
    expect(underWay(all)).toEqual(['OP-1.1']);
    ends(all, done);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'failed',
      why: 'Stopped by the rollback OP-2 after “Deploy 1.6.0 to stable”.',
    });
    expect(underWay(all)).toEqual(['OP-2.1']);
    for (let count = 0; count < 3; count += 1) ends(all, done);
    expect(all.operation('OP-2').status).toBe('done');
    expect(all.channel(stable)).toMatchObject({
      moves: [{}, {}, { cause: 'rollback', from: '1.6.0', to: '1.5.0' }],
    });
    expect(all.channel(stable)).not.toHaveProperty('lock');
    expect(all.channel(stable)).not.toHaveProperty('doubt');
    // It was left for a reason.
    expect(all.ask(canary, promotion, ana, now)).toContain(
      'A rollback took 1.6.0 off shop/stable (it fails)',
    );
  });

  it('lets go before the rollback is approved: that begins with its approval', () => {
    const all = beaten();
    ends(all, failed);
    expect(all.operation('OP-2')).toMatchObject({ status: 'awaiting-approval' });
    expect(all.operation('OP-2')).not.toHaveProperty('waitsFor');
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-2' });
    approve(all, 'OP-2', dana);
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('is found out to be live after all: the rollback goes on from there', () => {
    const all = running();
    ends(all, done);
    sendOut(all);
    all.say(stable, rollBack('1.5.0'), ana, now);
    approve(all, 'OP-2', dana);
    ends(all, done);
    expect(all.channel(stable).periods.at(-1)).toMatchObject({ version: '1.6.0', verified: true });
    expect(underWay(all)).toEqual(['OP-1.3']);
    ends(all, done);
    expect(all.operation('OP-1').status).toBe('done');
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('is waited for while it only records that it is live', () => {
    const all = running();
    ends(all, done);
    ends(all, done);
    all.say(stable, rollBack('1.5.0'), ana, now);
    expect(all.operation('OP-1')).not.toHaveProperty('aborting');
    approve(all, 'OP-2', dana);
    expect(underWay(all)).toEqual(['OP-1.3']);
    ends(all, done);
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('had changed nothing yet: there is nothing to go back from, and people hear it at once', () => {
    const all = asked();
    approve(all, 'OP-1', ben);
    // The step was decided and not sent out: it is withheld.
    all.say(stable, rollBack('1.5.0'), ana, now);
    ends(all, done);
    expect(all.operation('OP-1')).toMatchObject({ status: 'failed', why: 'Stopped by the rollback OP-2.' });
    expect(all.operation('OP-2')).toMatchObject({
      status: 'void',
      why: 'OP-1 has ended, and 1.5.0 is live; this plan was made to leave 1.6.0. Ask again for what is still wanted.',
    });
    expect(all.channel(stable)).not.toHaveProperty('lock');
    expect(all.channel(stable)).not.toHaveProperty('next');
  });

  it('may have an outcome that nobody knows: the rollback waits until somebody says so', () => {
    const all = beaten();
    approve(all, 'OP-2', dana);
    ends(all, unknown);
    expect(underWay(all)).toEqual([]);
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-1' });
    all.say('OP-1', { type: 'operation.settle', outcome: 'failed', why: 'looked' }, ben, now + minute);
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('may have one before the rollback is asked for: it is planned all the same', () => {
    const all = running();
    ends(all, unknown);
    expect(all.ask(stable, rollBack('last-good'), ana, now)).toContain('roll shop/stable back 1.6.0 → 1.5.0');
    approve(all, 'OP-2', dana);
    all.say('OP-1', { type: 'operation.settle', outcome: 'done', why: 'looked' }, ben, now + minute);
    expect(all.channel(stable).periods.at(-1)).toMatchObject({ version: '1.6.0' });
    expect(underWay(all)).toEqual(['OP-2.1']);
  });

  it('is waited for as long as the request lives, not only as long as an approval', () => {
    const late = now + 40 * minute;
    const all = beaten();
    approve(all, 'OP-2', dana);
    ends(all, done, late);
    expect(underWay(all)).toEqual(['OP-2.1']);
    const [step] = all.outstanding();
    if (step) all.send(step, late + minute);
    expect(underWay(all), 'the step is not too late').toEqual(['OP-2.1']);
  });

  it('is waited for in vain when the rule for approvals has become another one meanwhile', () => {
    const all = beaten();
    approve(all, 'OP-2', dana);
    all.adopt(approvals(2));
    ends(all, failed);
    expect(all.operation('OP-2')).toMatchObject({
      status: 'void',
      why: 'The approval rule in approvals.yml has changed since this was planned. Ask for it again.',
    });
    expect(underWay(all)).toEqual([]);
    expect(all.channel(stable)).not.toHaveProperty('lock');
  });

  it('is not waited for into another night', () => {
    const all = beaten();
    approve(all, 'OP-2', dana);
    ends(all, unknown);
    all.wake(now + hour - 1);
    expect(all.operation('OP-2').status).toBe('approved');
    all.wake(now + hour);
    expect(all.operation('OP-2')).toMatchObject({
      status: 'void',
      why: 'It was approved, but OP-1 had not let go of the channel by 07:00:00 UTC. Ask again if it is still wanted.',
    });
    all.say('OP-1', { type: 'operation.settle', outcome: 'failed', why: 'looked' }, ben, now + 20 * hour);
    expect(underWay(all)).toEqual([]);
    expect(all.channel(stable)).not.toHaveProperty('lock');
  });

  it('lets go too late, while the clock was not looked at', () => {
    const all = beaten();
    approve(all, 'OP-2', dana);
    ends(all, done, now + hour);
    expect(all.operation('OP-2').status).toBe('void');
    expect(all.channel(stable)).not.toHaveProperty('lock');
  });

  it.each<[string, (all: Streams) => void]>([
    [
      'rejected',
      (all) => all.say('OP-2', { type: 'operation.reject', hash: all.operation('OP-2').hash }, dana, now),
    ],
    ['withdrawn', (all) => all.say('OP-2', { type: 'operation.abort' }, ana, now)],
    [
      'withdrawn after its approval',
      (all) => {
        approve(all, 'OP-2', dana);
        all.say('OP-2', { type: 'operation.abort' }, ana, now);
      },
    ],
    ['expired', (all) => all.wake(now + hour)],
  ])('stays stopped when the rollback is %s, and frees the channel', (_how, end) => {
    const all = beaten();
    end(all);
    expect(all.channel(stable)).not.toHaveProperty('next');
    expect(all.channel(stable).lock).toMatchObject({ operation: 'OP-1' });
    ends(all, done, now + hour);
    expect(all.channel(stable)).not.toHaveProperty('lock');
    expect(all.channel(stable).doubt).toMatchObject({ operation: 'OP-1', version: '1.6.0' });
    // What the promotion may have brought is what the next rollback leaves.
    expect(all.ask(stable, rollBack('last-good'), ana, now + hour)).toContain('back 1.6.0 → 1.5.0');
  });

  it('is beaten by one rollback at a time', () => {
    expect(beaten().ask(stable, rollBack('1.4.2'), ben, now)).toContain(
      'OP-2 (roll back to 1.5.0, by Ana Ruiz) goes next. Approve or withdraw that first.',
    );
  });

  it.each([
    ['1.6.0', 'Known there: 1.5.0, 1.4.2.'],
    ['1.7.0', 'Known there: 1.5.0, 1.4.2.'],
  ])('is not beaten by one to %s', (version, why) => {
    const all = running();
    expect(all.ask(stable, rollBack(version), ben, now)).toContain(why);
    expect(all.operation('OP-1')).not.toHaveProperty('aborting');
  });

  it('is what a rollback leaves, though something else had been deployed before it', () => {
    const all = running();
    ends(all, failed);
    all.say(stable, rollBack('1.5.0'), ana, now);
    approve(all, 'OP-2', dana);
    for (let count = 0; count < 3; count += 1) ends(all, done);
    // 1.6.0 was left, and comes back behind our back.
    all.say(stable, deployed('1.6.0'), tool, now + minute);
    all.say(canary, set('1.6.1'), ana, now + minute);
    all.say(canary, { ...promotion, override: true }, dana, now + 2 * minute);
    approve(all, 'OP-3', ben, now + 2 * minute);
    for (const step of all.outstanding()) all.send(step, now + 2 * minute);
    expect(all.ask(stable, rollBack('last-good'), ana, now + 3 * minute)).toContain('back 1.6.1 → 1.5.0');
    approve(all, 'OP-4', dana, now + 3 * minute);
    ends(all, failed, now + 4 * minute);
    expect(all.operation('OP-4').status).toBe('running');
    for (let count = 0; count < 3; count += 1) ends(all, done, now + 5 * minute);
    expect(all.operation('OP-4').status).toBe('done');
    expect(openDrifts(all.channel(stable))).toEqual([]);
  });

  it('is not what a rollback leaves when something else was deployed meanwhile', () => {
    const all = running();
    all.say(stable, deployed('1.5.9'), tool, now + minute);
    expect(all.ask(stable, rollBack('last-good'), ana, now + 2 * minute)).toContain('back 1.5.9 → 1.5.0');
    approve(all, 'OP-2', dana, now + 2 * minute);
    ends(all, done, now + 3 * minute);
    expect(all.operation('OP-2').status).toBe('running');
  });

  it('is not the way back when a P0 opened while it was at work, verified or not', () => {
    const all = running();
    all.say('INC-1', declared, ana, now + minute);
    for (let count = 0; count < 3; count += 1) ends(all, done, now + 2 * minute);
    expect(all.channel(stable).periods.at(-1)).toMatchObject({ version: '1.6.0', verified: true });
    all.say(stable, set('1.6.1'), ana, now + 3 * minute);
    expect(all.ask(stable, rollBack('last-good'), ana, now + 4 * minute)).toContain('back 1.6.1 → 1.5.0');
  });

  it('is what an incident that opens meanwhile hears of, and the way back', () => {
    const all = running();
    all.say('INC-1', declared, ana, now);
    expect(all.incident('INC-1').suspect).toMatchObject({
      live: '1.5.0',
      lastGood: '1.5.0',
      promotion: { version: '1.6.0', isOver: false },
    });
    const healthyAfter = policies.channels.apps['shop']?.channels['stable']?.healthy_after ?? 0;
    expect(lastGood(all.channel(stable), healthyAfter, now + Date.parse('2026-11-22T03:00:00Z'))).toBe(
      '1.5.0',
    );
    all.say(stable, rollBack('last-good'), ana, now);
    const { rule, severity, incident } = all.operation('OP-2');
    expect([severity, incident, rule.expires_after]).toEqual(['P0', 'INC-1', 15 * minute]);
    // From here on the promotion belongs to the incident, too.
    ends(all, done);
    expect(all.incident('INC-1')).toMatchObject({
      operations: { 'OP-2': 'open' },
      promotions: { 'OP-1': 'stopped' },
      suspect: { promotion: { version: '1.6.0', isOver: true } },
    });
  });
});
