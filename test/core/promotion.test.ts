import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Severity } from '../../src/core/severity.ts';
import { ana, ben, dana, hour, minute, policies, start, stranger } from '../support/given.ts';
import { done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';

const canary = 'channel:shop/canary';
const stable = 'channel:shop/stable';

function promote(wanted: Partial<Extract<ChannelIntent, { type: 'promotion.request' }>> = {}) {
  return {
    type: 'promotion.request',
    target: 'shop/stable',
    version: undefined,
    override: false,
    reason: 'runs well',
    ...wanted,
  } as const;
}
function set(version: string): ChannelIntent {
  return { type: 'channel.set', version, reason: 'released' };
}
function incident(severity: Severity | undefined, id = 'INC-1', was?: Severity): ChannelIntent {
  return { type: 'channel.note-incident', incident: id, severity, was, conversation: `C0${id}` };
}
function deployed(version: string, at: number): ChannelIntent {
  return { type: 'deployment.report', version, at: start + at };
}
function rollBack(version: string): ChannelIntent {
  return { type: 'rollback.request', target: { version }, reason: 'it fails' };
}

function to(severity: Severity): IncidentIntent {
  return { type: 'incident.set-severity', severity, reason: 'it is not that bad' };
}

const tool: Actor = { kind: 'source', name: 'github' };
const declared: IncidentIntent = {
  type: 'incident.declare',
  title: 'checkout answers 500',
  severity: 'P0',
  service: 'checkout',
  app: 'shop',
  channel: 'stable',
};

const { stable: ofStable, canary: ofCanary } = policies.channels.apps['shop']?.channels ?? {};
if (!ofStable || !ofCanary) throw new Error('policies/channels.yml has no shop any more');
const ofShop = (channels: Policies['channels']['apps'][string]['channels']): Policies => ({
  ...policies,
  channels: { apps: { shop: { title: 'Shop', channels } } },
});
const withBeta = ofShop({ stable: ofStable, canary: ofCanary, beta: ofCanary });
const { promotion: _none, ...noPromotion } = ofStable;
const withoutPromotion = ofShop({ stable: noPromotion, canary: ofCanary });

/** For an hour 1.6.0 has been on the canary, and 1.5.0 on stable since 1.4.2 was. */
function world(current: Policies = policies): Streams {
  const all = streams(current);
  all.say(canary, set('1.5.0'), ana, 0);
  all.say(stable, set('1.4.2'), ana, 0);
  all.say(canary, set('1.6.0'), ana, hour);
  all.say(stable, set('1.5.0'), ana, hour);
  return all;
}

/** Two hours after the start: 1.6.0 has been observed for twice as long as it takes. */
const now = 2 * hour;

function approve(all: Streams, id = 'OP-1', by: Actor = ben, at = now) {
  return all.ask(id, { type: 'operation.approve', hash: all.operation(id).hash }, by, at);
}

/** All steps that are under way, and those after them. */
function carryOut(all: Streams, at = now): void {
  for (let [step] = all.outstanding(); step; [step] = all.outstanding()) {
    all.send(step, at);
    if (all.outstanding().includes(step)) all.settle(step, done, at);
  }
}

describe('a promotion', () => {
  it('is planned, approved, carried out and verified', () => {
    const all = world();
    expect(all.ask(canary, promote(), ana, now)).toMatch(
      /^OP-1: Ana Ruiz \(slack\) asks to promote 1\.6\.0 from canary to shop\/stable, instead of 1\.5\.0: runs well — needs 1 approval/,
    );
    expect(all.operation('OP-1').plan).toMatchObject({
      kind: 'promote',
      source: 'canary',
      from: '1.5.0',
      to: '1.6.0',
      steps: [
        { title: 'Deploy 1.6.0 to stable', uses: 'github-workflow' },
        { uses: 'health' },
        { with: { deploy: '1.6.0', environment: 'production', release_prefix: 'shop@' } },
      ],
    });
    expect(all.channel(stable).lock).toMatchObject({
      operation: 'OP-1',
      reason: 'promote 1.6.0 from canary',
    });
    approve(all);
    carryOut(all);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'done',
      why: 'Promoted shop/stable to 1.6.0, and verified.',
    });
    const { periods, moves, lock } = all.channel(stable);
    expect(lock).toBeUndefined();
    expect(periods.at(-1)).toMatchObject({ version: '1.6.0', verified: true });
    expect(periods.at(-2)).toMatchObject({ version: '1.5.0', leftByRollback: false });
    expect(moves.at(-1)).toMatchObject({
      cause: 'promote',
      source: 'shop/canary',
      from: '1.5.0',
      to: '1.6.0',
    });
  });

  it('may bring what the source has moved on from, if it ran well there', () => {
    const all = world();
    expect(all.ask(canary, promote({ version: '1.5.0', target: 'shop/stable' }), ana, now)).toMatch(
      /1\.5\.0 is live/,
    );
    all.say(stable, set('1.4.2'), ana, now);
    expect(all.ask(canary, promote({ version: '1.5.0' }), ana, now)).toMatch(/^OP-1: /);
  });

  it('belongs to no incident and takes the usual rule, though a P3 is open', () => {
    const all = world();
    all.say(stable, incident('P3'), ana, now);
    all.say(canary, promote(), ana, now);
    expect(all.operation('OP-1')).not.toHaveProperty('incident');
    expect(all.operation('OP-1')).not.toHaveProperty('severity');
    expect(all.operation('OP-1')).toMatchObject({
      conversation: policies.notifications.conversations['releases'],
      rule: policies.approvals.rules.at(-1),
    });
  });

  it.each<[string, string, string, (all: Streams) => void, Actor?, object?]>([
    ['by strangers', 'not in the roster', 'not-in-roster', () => {}, stranger],
    [
      'to a channel that takes none',
      'add apps.shop.channels.canary.promotion to channels.yml, with from: [stable]',
      'not-promotable',
      () => {},
      ana,
      { target: 'shop/canary', from: stable },
    ],
    [
      'of what was never on the source',
      'Known there: 1.6.0, 1.5.0',
      'version-unknown',
      () => {},
      ana,
      { version: '1.7.0' },
    ],
    [
      'of what is live already',
      '1.5.0 is live on shop/stable already',
      'version-live',
      () => {},
      ana,
      { version: '1.5.0' },
    ],
    [
      'while something else holds the target',
      'OP-1 (roll back to 1.4.2, by Ben Okafor) has held shop/stable for 0s. Approve or withdraw it first.',
      'channel-locked',
      (all) => all.say(stable, rollBack('1.4.2'), ben, now),
    ],
    [
      'while something is under way on the source',
      'OP-1 (roll back to 1.5.0) is under way on shop/canary',
      'channel-locked',
      (all) => all.say(canary, rollBack('1.5.0'), ben, now),
    ],
    [
      'before it was observed for long enough',
      '1.6.1 ran on shop/canary for 12m of the 30m it takes without a P0 or P1, so far: 18m are missing, until 05:18:00 UTC.',
      'not-observed',
      (all) => all.say(canary, set('1.6.1'), ana, now - 12 * minute),
    ],
    [
      'of what had a P1 too soon before it was replaced',
      '1.6.1 ran on shop/canary for 29m of the 30m it takes without a P0 or P1, before another version took its place.',
      'not-observed',
      (all) => {
        all.say(canary, set('1.6.1'), ana, now - 50 * minute);
        all.say(canary, incident('P1'), ana, now - 35 * minute);
        all.say(canary, incident(undefined), ana, now - 30 * minute);
        all.say(canary, set('1.6.2'), ana, now - minute);
      },
      ana,
      { version: '1.6.1' },
    ],
    [
      'of what has not been well for long enough since its P1',
      '1.6.1 ran on shop/canary for 20m of the 30m it takes without a P0 or P1, so far: 10m are missing, until 05:10:00 UTC.',
      'not-observed',
      (all) => {
        all.say(canary, set('1.6.1'), ana, now - 50 * minute);
        all.say(canary, incident('P1'), ana, now - 25 * minute);
        all.say(canary, incident(undefined), ana, now - 20 * minute);
      },
    ],
    [
      'of what has a P1 too soon',
      '1.6.1 ran on shop/canary for 5m of the 30m it takes without a P0 or P1, before one opened there.',
      'frozen',
      (all) => {
        all.say(canary, set('1.6.1'), ana, now - 40 * minute);
        all.say(canary, incident('P1'), ana, now - 35 * minute);
      },
    ],
    [
      'of what had a P0 there before anybody told that it was there',
      '1.6.1 ran on shop/canary for 15m of the 30m it takes without a P0 or P1, so far: 15m are missing, until 05:15:00 UTC.',
      'not-observed',
      (all) => {
        all.say(canary, incident('P0'), ana, now - 50 * minute);
        all.say(canary, incident(undefined), ana, now - 15 * minute);
        all.say(canary, deployed('1.6.1', now - 51 * minute), tool, now - minute);
      },
    ],
    [
      'of what was there unnoticed for as long as a P0 was open',
      '1.6.1 ran on shop/canary for 1m of the 30m it takes without a P0 or P1, so far: 29m are missing, until 05:29:00 UTC.',
      'not-observed',
      (all) => {
        all.say(canary, incident('P0'), ana, now - 52 * minute);
        all.say(canary, deployed('1.6.1', now - 51 * minute), tool, now - 2 * minute);
        all.say(canary, incident(undefined), ana, now - minute);
      },
    ],
    [
      'of what the source left too soon',
      '1.6.1 ran on shop/canary for 5m of the 30m it takes without a P0 or P1, before another version took its place.',
      'not-observed',
      (all) => {
        all.say(canary, set('1.6.1'), ana, now - 40 * minute);
        all.say(canary, set('1.6.2'), ana, now - 35 * minute);
      },
      ana,
      { version: '1.6.1' },
    ],
    [
      'during a P0',
      'Frozen by INC-1 (P0) on shop/stable.',
      'frozen',
      (all) => all.say(stable, incident('P0'), ana, now),
    ],
    [
      'during a P1',
      'Frozen by INC-1 (P1) on shop/stable.',
      'frozen',
      (all) => all.say(stable, incident('P1'), ana, now),
    ],
    [
      'during a P1 on the source',
      'Frozen by INC-1 (P1) on shop/canary.',
      'frozen',
      (all) => all.say(canary, incident('P1'), ana, now),
    ],
    [
      'while a P0 is called a P2, and no lead has lowered it',
      'Frozen by INC-1 (P2 now, was P0, and no lead has lowered it) on shop/stable.',
      'frozen',
      (all) => {
        all.say('INC-1', declared, ana, now);
        all.say('INC-1', to('P2'), ben, now);
      },
    ],
    [
      'of what was rolled back from on the target',
      'A rollback took 1.5.0 off shop/stable (it fails).',
      'rolled-back',
      (all) => {
        all.say(stable, rollBack('1.4.2'), ana, now);
        approve(all);
        carryOut(all);
      },
      ana,
      { version: '1.5.0' },
    ],
    [
      'where nobody can be sure what runs',
      'What runs on shop/stable has not been certain since OP-1.',
      'channel-uncertain',
      (all) => {
        all.say(stable, rollBack('1.4.2'), ana, now);
        approve(all);
        const [step] = all.outstanding();
        if (step) all.settle(step, { status: 'failed', why: 'no' }, now);
      },
    ],
    [
      'with an override by whoever is no lead',
      'This takes the role lead',
      'role-missing',
      () => {},
      ben,
      { override: true },
    ],
  ])('is refused %s', (_when, why, code, before, by = ana, wanted = {}) => {
    const all = world();
    before(all);
    const { from = canary, ...more } = wanted as { readonly from?: string };
    const [refused] = all.say(from, promote(more), by, now).map(({ event }) => event);
    expect(refused).toMatchObject({ type: 'request.refused', code });
    expect(refused?.type === 'request.refused' && refused.why).toContain(why);
  });

  it('may bring what had a P1, when it has been well for long enough since', () => {
    const all = world();
    all.say(canary, set('1.6.1'), ana, now - 50 * minute);
    all.say(canary, incident('P1'), ana, now - 45 * minute);
    all.say(canary, incident(undefined), ana, now - 30 * minute);
    expect(all.ask(canary, promote(), ana, now)).toMatch(/^OP-1: /);
  });

  it('goes on when a lead has lowered the incident, or confirms what somebody else has lowered', () => {
    const lowered = (...steps: readonly [Severity, Actor][]) => {
      const all = world();
      all.say('INC-1', declared, ana, now);
      for (const [severity, by] of steps) all.say('INC-1', to(severity), by, now);
      return all.ask(canary, promote(), ana, now);
    };
    expect(lowered(['P2', dana])).toMatch(/^OP-1: /);
    expect(lowered(['P2', ben], ['P2', dana])).toMatch(/^OP-1: /);
    expect(lowered(['P2', dana], ['P3', ben])).toMatch(/^OP-1: /);
    expect(lowered(['P1', ben], ['P3', ben])).toContain('INC-1 (P3 now, was P1,');
    expect(lowered(['P2', ben], ['P2', ben])).toContain('INC-1 (P2 now, was P0,');
  });

  it('of a version that nobody knows any more says how far back is known', () => {
    const all = world();
    for (let n = 0; n < 300; n += 1) all.say(canary, set(`2.${n}.0`), ana, now + n * hour);
    expect(all.ask(canary, promote({ version: '1.6.0' }), ana, now + 300 * hour)).toContain(
      '1.6.0 was never live, or too long ago to be kept, on shop/canary. Known there: 2.299.0, 2.298.0, 2.297.0, 2.296.0, 2.295.0, 2.294.0, 2.293.0, 2.292.0 and 292 older; those before them are not kept.',
    );
  });

  it('goes only the ways that the policy names', () => {
    const all = streams(withBeta);
    all.say('channel:shop/beta', set('1.6.0'), ana, 0);
    all.say(stable, set('1.5.0'), ana, 0);
    expect(all.ask('channel:shop/beta', promote(), ana, now)).toContain(
      'shop/stable takes promotions from canary, and not from shop/beta.',
    );
  });
});

describe('what speaks against a promotion', () => {
  const troubled = (): Streams => {
    const all = world();
    all.say(canary, set('1.6.1'), ana, now - 10 * minute);
    all.say(stable, incident('P0'), ana, now);
    return all;
  };

  it('is said all at once, with what a lead may do', () => {
    expect(troubled().ask(canary, promote(), ana, now)).toBe(
      [
        'Cannot promote 1.6.1 from canary to shop/stable',
        'Frozen by INC-1 (P0) on shop/stable; 1.6.1 ran on shop/canary for 10m of the 30m it takes without a P0 or P1, so far: 20m are missing, until 05:20:00 UTC. If it cannot wait, a lead may override this: /promote canary stable 1.6.1 override <reason>',
      ].join('\n'),
    );
  });

  it('reaches the timeline of the incident, and so do strangers who try', () => {
    const all = world();
    all.say('INC-1', declared, ana, now);
    const noted = (by: Actor) =>
      all
        .say(canary, promote(), by, now)
        .flatMap(({ stream, event }) =>
          event.type === 'request.refused' ? [`${stream} ${event.code}`] : [],
        );
    expect(noted(ana)).toEqual(['channel:shop/stable frozen', 'INC-1 frozen']);
    expect(noted(stranger)).toEqual(['channel:shop/stable not-in-roster', 'INC-1 not-in-roster']);
  });

  it('is lifted by a lead, each thing by its name, and the hash covers it', () => {
    const all = troubled();
    expect(all.ask(canary, promote({ override: true, reason: 'it is the repair' }), dana, now)).toContain(
      'Dana Levi (slack) overrides: frozen by INC-1 (P0) on shop/stable; 1.6.1 ran on shop/canary for 10m of the 30m it takes',
    );
    const { plan, incident: about, conversation, hash } = all.operation('OP-1');
    expect(plan).toMatchObject({
      override: { by: 'Dana Levi (slack)', lifts: [{ key: 'INC-1' }, { key: 'not-observed' }] },
    });
    expect([about, conversation]).toEqual(['INC-1', 'C0INC-1']);
    const usual = world();
    usual.say(canary, set('1.6.1'), ana, now - 40 * minute);
    usual.say(canary, promote({ reason: 'it is the repair' }), dana, now);
    expect(usual.operation('OP-1').hash).not.toBe(hash);
  });

  it('needs a person by name: no token overrides', () => {
    const token = { kind: 'token', name: 'ci', roles: ['lead'], via: 'api' } as const;
    expect(troubled().ask(canary, promote({ override: true }), token, now)).toContain('stands for nobody');
  });

  it('and is not there, need not be lifted', () => {
    const all = world();
    all.say(canary, promote({ override: true }), dana, now);
    expect(all.operation('OP-1').plan).not.toHaveProperty('override');
  });

  it.each<[string, (all: Streams) => void, string]>([
    [
      'an incident opened',
      (all) => all.say(stable, incident('P0'), ana, now),
      'Frozen by INC-1 (P0) on shop/stable.',
    ],
    [
      'one opened on the source',
      (all) => all.say(canary, incident('P1'), ana, now),
      'Frozen by INC-1 (P1) on shop/canary.',
    ],
    [
      'an incident got worse',
      (all) => {
        all.say(stable, incident('P2'), ana, now);
        all.say(stable, incident('P1'), ana, now);
      },
      'Frozen by INC-1 (P1) on shop/stable.',
    ],
    [
      'the source is being rolled back',
      (all) => all.say(canary, rollBack('1.5.0'), ben, now),
      'is under way on shop/canary',
    ],
  ])('is read again when it begins: %s', (_what, since, why) => {
    const all = world();
    all.say(canary, promote(), ana, now);
    since(all);
    approve(all);
    expect(all.operation('OP-1')).toMatchObject({ status: 'void' });
    expect(all.operation('OP-1').why).toContain(why);
    expect(all.channel(stable).lock).toBeUndefined();
    expect(all.outstanding()).toEqual([]);
  });

  it('is lifted only as far as the lead knew of it', () => {
    const overridden = (): Streams => {
      const all = troubled();
      all.say(canary, promote({ override: true }), dana, now);
      return all;
    };
    const calm = overridden();
    approve(calm);
    expect(calm.operation('OP-1').status).toBe('running');
    const worse = overridden();
    worse.say(stable, incident('P1', 'INC-2'), ana, now);
    approve(worse);
    expect(worse.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'Frozen by INC-2 (P1) on shop/stable. Ask again when that is over, or ask a lead to override it.',
    });
  });

  it('is lifted as bad as it was then, and no worse', () => {
    const lifted = (before: Severity, after: Severity, was?: Severity): string => {
      const all = world();
      all.say(stable, incident(before), ana, now);
      all.say(canary, promote({ override: true }), dana, now);
      all.say(stable, incident(after, 'INC-1', was), ana, now);
      approve(all);
      const { status, why } = all.operation('OP-1');
      return `${status} ${why}`;
    };
    expect(lifted('P1', 'P0')).toContain('void Frozen by INC-1 (P0) on shop/stable.');
    expect(lifted('P0', 'P1')).toContain('running');
    expect(lifted('P0', 'P2', 'P0')).toContain('running');
    expect(lifted('P1', 'P2', 'P1')).toContain('running');
  });

  it('is lifted for one uncertainty, and not for the next', () => {
    const all = world();
    const failedRollback = (id: string): void => {
      all.say(canary, rollBack('1.5.0'), ana, now);
      approve(all, id);
      const [step] = all.outstanding();
      if (step) all.settle(step, { status: 'failed', why: 'no' }, now);
    };
    failedRollback('OP-1');
    all.say(canary, promote({ override: true }), dana, now);
    failedRollback('OP-3');
    approve(all, 'OP-2');
    expect(all.operation('OP-2').why).toContain('What runs on shop/canary has not been certain since OP-3.');
  });

  it('when it begins is told to the incident that stops it', () => {
    const all = world();
    all.say(canary, promote(), ana, now);
    all.say('INC-1', declared, ana, now);
    const { hash } = all.operation('OP-1');
    const texts = all
      .say('OP-1', { type: 'operation.approve', hash }, ben, now)
      .flatMap(({ event }) => (event.type === 'operation.noted' ? [event.text] : []));
    expect(texts).toEqual([
      'Void: “promote 1.6.0 from canary”, which Ana Ruiz had asked for, does not begin while this incident is open. Nothing was changed.',
    ]);
    // It was no rollback, and none was started.
    expect(all.incident('INC-1')).toMatchObject({ operations: {}, promotions: { 'OP-1': 'closed' } });
    expect(all.incident('INC-1').rollbackStartedAt).toBeUndefined();
  });

  it('may be that the policy no longer allows it', () => {
    const all = world();
    all.say(canary, promote(), ana, now);
    all.adopt(withoutPromotion);
    approve(all);
    expect(all.operation('OP-1')).toMatchObject({
      status: 'void',
      why: 'channels.yml does not allow this promotion any more.',
    });
  });
});
