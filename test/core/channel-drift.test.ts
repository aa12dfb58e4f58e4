import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atStake, lastGood } from '../../src/core/channel/last-good.ts';
import { livePeriod } from '../../src/core/channel/state.ts';
import { channelKind } from '../../src/core/channel/channel.ts';
import { openDrifts } from '../../src/core/channel/drift-state.ts';
import { versionStatuses } from '../../src/core/channel/version-status.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import type { Actor } from '../../src/core/actor.ts';
import { streams } from '../support/streams.ts';
import { alertmanager, ana, ben, given, hour, minute, policies, start, stranger } from '../support/given.ts';

const tool: Actor = { kind: 'source', name: 'github' };
const file: Actor = { kind: 'source', name: 'release_channels.json' };

const set = (version: string): ChannelIntent => ({ type: 'channel.set', version, reason: 'released' });
function deployed(version: string, more: { readonly at?: number; readonly id?: string } = {}): ChannelIntent {
  const { at, id } = more;
  return { type: 'deployment.report', version, at: at === undefined ? undefined : start + at, id };
}
const registry = (found: string | undefined): ChannelIntent => ({ type: 'registry.compare', found });
const take = (drift: number, side: 'theirs' | 'ours'): ChannelIntent => ({ type: 'drift.take', drift, side });
function rollBackTo(version: string, leaving?: string): ChannelIntent {
  const target = version === 'last-good' ? version : { version };
  return {
    type: 'rollback.request',
    target,
    reason: 'it is bad',
    ...(leaving === undefined ? {} : { leaving }),
  };
}
const incident: ChannelIntent = {
  type: 'channel.note-incident',
  incident: 'INC-1',
  severity: 'P0',
  conversation: 'C0INCIDENTS',
};
const begin = (from: string): ChannelIntent => ({ type: 'channel.begin', operation: 'OP-1', from });
const move = (from: string, version: string): ChannelIntent => {
  return { type: 'channel.move', operation: 'OP-1', from, version, reason: 'it is bad', actor: 'Ana' };
};
function release(outcome: 'done' | 'failed' | 'not-begun' | 'unknown'): ChannelIntent {
  const touched = outcome !== 'not-begun';
  return { type: 'channel.release', operation: 'OP-1', outcome, touched, why: 'as it was' };
}

/** 1.4.2 was live for an hour, 1.5.0 is since. */
const live = given(channelKind).when(set('1.4.2'), { by: ana }).when(set('1.5.0'), { at: hour, by: ana });
const asked = live.when(rollBackTo('1.4.2'), { at: 2 * hour, by: ana });
/** A rollback has left 1.5.0. */
const rolledBack = asked
  .when(begin('1.5.0'), { at: 2 * hour + minute })
  .when(move('1.5.0', '1.4.2'), { at: 2 * hour + 2 * minute })
  .when(release('done'));
const failed = asked.when(begin('1.5.0')).when(release('failed'), { at: 2.5 * hour });

/** The last drift that was noticed. */
const driftOf = (example: typeof live): number => openDrifts(example.state).at(-1)?.id ?? -1;

describe('a deployment that is told', () => {
  it('is recorded, unverified, and told to open incidents', () => {
    live
      .when(incident)
      .when(deployed('1.6.0'), { at: 3 * hour, by: tool })
      .leadsTo({
        events: [
          {
            type: 'channel.moved',
            from: '1.5.0',
            to: '1.6.0',
            cause: 'deploy',
            verified: false,
            actor: 'github',
          },
        ],
        effects: ['registry.publish'],
        tells: [
          {
            to: { kind: 'incident', id: 'INC-1' },
            intent: { type: 'incident.name-suspect', suspect: { live: '1.6.0' } },
          },
        ],
      });
  });

  it('is live since it was deployed, and never since a moment to come', () => {
    const since = (at: number) =>
      livePeriod(live.when(deployed('1.6.0', { at }), { at: 3 * hour, by: tool }).state)?.from;
    expect(since(2 * hour)).toBe(start + 2 * hour);
    expect(since(4 * hour)).toBe(start + 3 * hour);
  });

  it('is the first that we hear of a channel', () => {
    given(channelKind)
      .when(deployed('1.0.0'), { by: tool })
      .leadsTo({
        events: [{ type: 'channel.moved', from: undefined, to: '1.0.0', cause: 'deploy' }],
      });
  });

  const moved = live.when(deployed('1.6.0', { id: 'github/7' }), { at: 3 * hour, by: tool });
  it.each([
    ['of what is live', live, deployed('1.5.0')],
    ['from before what is live', live, deployed('1.4.2', { at: hour - minute })],
    [
      'that was told before',
      moved.when(set('1.5.0'), { at: 4 * hour, by: ana }),
      deployed('1.6.0', { id: 'github/7' }),
    ],
    ['that our own rollback is making', asked.when(begin('1.5.0')), deployed('1.4.2')],
    ['from before the rollback', rolledBack, deployed('1.5.0', { at: 1.5 * hour })],
  ])('changes nothing when it is one %s', (_why, channel, told) => {
    channel.when(told, { at: 5 * hour, by: tool }).leadsTo({ events: [], tells: [], effects: [] });
  });

  it('is known by its id, also when it was no news the first time', () => {
    const ofLive = live.when(deployed('1.5.0', { id: 'd1' }), { at: 2 * hour, by: tool });
    ofLive.leadsTo({ events: ['deployment.known'], tells: [], effects: [] });
    const onward = ofLive.when(set('1.6.0'), { at: 3 * hour, by: ana });
    onward.when(deployed('1.5.0', { id: 'd1' }), { at: 4 * hour, by: tool }).leadsTo({ events: [] });
    const again = onward.when(deployed('1.5.0', { id: 'd2' }), { at: 4 * hour, by: tool });
    again.leadsTo({ events: [{ type: 'channel.moved', to: '1.5.0' }] });
  });

  it('ends a doubt and a drift together', () => {
    const held = asked
      .when(begin('1.5.0'))
      .when(deployed('1.7.0'), { at: 2.4 * hour, by: tool })
      .when(release('failed'), { at: 2.5 * hour });
    const known = held.when(deployed('1.5.0'), { at: 3 * hour, by: tool });
    known.leadsTo({ events: [{ type: 'drift.settled', how: 'overtaken' }, 'channel.moved'] });
    expect([known.state.doubt, openDrifts(known.state)]).toEqual([undefined, []]);
  });

  it('leads to the same, in whichever order it is told', () => {
    const told = [1, 2, 3, 4].map((n) =>
      deployed(`1.6.${n}`, { at: 3 * hour + n * minute, id: `deploy-${n}` }),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray([...told, ...told], { minLength: 8, maxLength: 8 }), (any) => {
        let now = live;
        for (const one of any) now = now.when(one, { at: 5 * hour, by: tool });
        expect(livePeriod(now.state)).toMatchObject({
          version: '1.6.4',
          from: start + 3 * hour + 4 * minute,
        });
      }),
    );
  });

  it('ends a doubt, whichever version it is', () => {
    for (const version of ['1.5.0', '1.4.2', '1.6.0']) {
      const known = failed.when(deployed(version), { at: 3 * hour, by: tool });
      known.leadsTo({ events: [{ type: 'channel.moved', to: version, cause: 'deploy' }] });
      expect(known.state.doubt).toBeUndefined();
    }
    failed.when(deployed('1.6.0', { at: 1.9 * hour }), { at: 3 * hour, by: tool }).leadsTo({ events: [] });
  });

  it.each([
    ['strangers', stranger],
    ['tokens that only read', { kind: 'token', name: 'x', roles: ['reader'], via: 'api' } as const],
  ])('is refused from %s', (_who, by) => {
    live.when(deployed('1.6.0'), { by }).leadsTo({ events: ['request.refused'] });
  });
});

describe('a version that was rolled back and is deployed again', () => {
  const back = rolledBack.when(deployed('1.5.0'), { at: 3 * hour, by: tool });

  it('is not recorded, and shown aloud', () => {
    back.leadsTo({
      events: [
        { type: 'drift.noticed', side: 'reality', cause: 'left-by-rollback', found: '1.5.0', ours: '1.4.2' },
      ],
      effects: [
        { type: 'slack.card' },
        {
          type: 'slack.thread',
          broadcast: true,
          text: '1.5.0 runs here, says github, and our records say 1.4.2. It was rolled back before, and something has deployed it again. Nothing was recorded: somebody has to decide.',
        },
      ],
    });
    expect(livePeriod(back.state)?.version).toBe('1.4.2');
  });

  it('is shouted about while an incident is open, which learns what people suffer from', () => {
    rolledBack
      .when(incident)
      .when(deployed('1.5.0'), { at: 3 * hour, by: tool })
      .leadsTo({
        effects: [
          { type: 'page.slack', to: policies.notifications.conversations['emergency'] ?? '', severity: 'P0' },
          { type: 'slack.card' },
          { type: 'slack.thread' },
        ],
        tells: [{ intent: { suspect: { live: '1.5.0', lastGood: '1.4.2' } } }],
      });
  });

  it('said again changes nothing', () => {
    back.when(deployed('1.5.0'), { at: 4 * hour, by: tool }).leadsTo({ events: [] });
  });

  it('settles by itself when the next report says what we say', () => {
    back.when(deployed('1.4.2'), { at: 4 * hour, by: tool }).leadsTo({
      events: [{ type: 'drift.settled', how: 'agrees', version: '1.4.2' }],
      effects: [
        { type: 'slack.card' },
        { type: 'slack.thread', text: 'Settled by itself: what runs is 1.4.2 again, as our records say.' },
      ],
    });
  });

  it('is not settled by a report from before', () => {
    back.when(deployed('1.4.2', { at: 2.5 * hour }), { at: 4 * hour, by: tool }).leadsTo({ events: [] });
  });

  it('is settled by a report that came late, as the one before it had', () => {
    rolledBack
      .when(deployed('1.5.0', { at: 2.5 * hour }), { at: 3 * hour, by: tool })
      .when(deployed('1.4.2', { at: 2.6 * hour }), { at: 3 * hour + minute, by: tool })
      .leadsTo({ events: [{ type: 'drift.settled', how: 'agrees' }] });
  });

  it('stays in dispute however often others write into the registry file', () => {
    let busy = back;
    for (let patch = 1; patch <= 6; patch += 1)
      busy = busy.when(registry(`1.7.${patch}`), { at: 4 * hour, by: file });
    expect(openDrifts(busy.state)).toMatchObject([{ side: 'reality', found: '1.5.0' }, { found: '1.7.6' }]);
    expect(busy.state.drifts?.length).toBeLessThanOrEqual(6);
  });

  it('may be recorded by a person, who vouches for it', () => {
    const recorded = back.when(take(driftOf(back), 'theirs'), { at: 4 * hour, by: ben });
    recorded.leadsTo({
      events: [
        { type: 'drift.settled', how: 'recorded' },
        {
          type: 'channel.moved',
          from: '1.4.2',
          to: '1.5.0',
          cause: 'set',
          actor: 'Ben Okafor (slack)',
          reason: 'drift: it is what runs, said github at 2026-11-22 06:00 UTC',
        },
      ],
    });
    expect(openDrifts(recorded.state)).toEqual([]);
  });

  it('can be rolled back once more, although our records never left the other', () => {
    expect(atStake(back.state)?.version).toBe('1.5.0');
    expect(lastGood(back.state, 30 * minute, start + 4 * hour)).toBe('1.4.2');
    const again = back.when(rollBackTo('1.4.2', '1.5.0'), { at: 4 * hour, by: ana });
    again.leadsTo({
      events: ['channel.locked'],
      tells: [{ intent: { type: 'operation.open', plan: { from: '1.5.0', to: '1.4.2' } } }],
    });
    again.when(begin('1.5.0')).leadsTo({ tells: [{ intent: { type: 'operation.begin' } }] });
    const done = again.when(begin('1.5.0')).when(move('1.5.0', '1.4.2'), { at: 5 * hour });
    done.leadsTo({ events: [{ type: 'drift.settled', how: 'taken-back' }, { type: 'channel.moved' }] });
    done
      .when(release('done'))
      .when(deployed('1.5.0'), { at: 6 * hour, by: tool })
      .leadsTo({
        events: [{ type: 'drift.noticed', cause: 'left-by-rollback' }],
      });
  });

  it('is promoted nowhere before it is settled', () => {
    const promote: ChannelIntent = {
      type: 'promotion.request',
      target: 'shop/canary',
      version: '1.4.2',
      override: false,
      reason: 'fine',
    };
    back.when(promote, { at: 4 * hour, by: ana }).leadsTo({
      tells: [
        {
          intent: {
            testimony: {
              concerns: expect.arrayContaining([
                {
                  key: 'uncertain shop/stable 1.5.0',
                  code: 'channel-uncertain',
                  fact: '1.5.0 runs on shop/stable, says github, and our records say 1.4.2',
                },
              ]),
            },
          },
        },
      ],
    });
  });

  it('gives way to what is deployed next', () => {
    back.when(deployed('1.7.0'), { at: 4 * hour, by: tool }).leadsTo({
      events: [
        { type: 'drift.settled', how: 'overtaken' },
        { type: 'channel.moved', to: '1.7.0', cause: 'deploy' },
      ],
    });
  });

  it('is over when a person says that it does not run', () => {
    back.when(set('1.4.2'), { at: 4 * hour, by: ana }).leadsTo({
      events: [
        { type: 'drift.settled', how: 'overtaken' },
        { type: 'channel.moved', to: '1.4.2' },
      ],
    });
  });
});

describe('a deployment while an operation holds the channel', () => {
  const behind = asked.when(deployed('1.6.0'), { at: 2 * hour + minute, by: tool });

  it('of another version is no part of it', () => {
    behind.leadsTo({
      events: [{ type: 'drift.noticed', cause: 'held', found: '1.6.0', operation: 'OP-1' }],
    });
  });

  describe('that only waits for its approval, of the version that it would bring', () => {
    const ahead = asked.when(deployed('1.4.2'), { at: 2 * hour + minute, by: tool });

    it('was not made by it, and is shown', () => {
      ahead.leadsTo({
        events: [{ type: 'drift.noticed', cause: 'held', found: '1.4.2', ours: '1.5.0', operation: 'OP-1' }],
        effects: [
          { type: 'slack.card' },
          {
            type: 'slack.thread',
            text: '1.4.2 runs here, says github, and our records say 1.5.0. OP-1 holds the channel, and did not deploy it. Nothing was recorded: somebody has to look.',
          },
        ],
      });
      ahead.when(begin('1.5.0')).leadsTo({
        tells: [
          { intent: { type: 'operation.void', why: '1.4.2 is live now, the plan was made for 1.5.0.' } },
        ],
      });
    });

    it('is not lost when that is rejected', () => {
      const free = ahead.when(release('not-begun'));
      expect(atStake(free.state)?.version).toBe('1.4.2');
      free.when(take(driftOf(free), 'theirs'), { by: ana }).leadsTo({
        events: ['drift.settled', { type: 'channel.moved', to: '1.4.2' }],
      });
      free.when(deployed('1.4.2'), { at: 3 * hour, by: tool }).leadsTo({
        events: [
          { type: 'drift.settled', how: 'agrees' },
          { type: 'channel.moved', to: '1.4.2' },
        ],
      });
    });
  });

  it('is replaced by what that deploys', () => {
    const running = asked.when(begin('1.5.0')).when(deployed('1.6.0'), { at: 2 * hour + minute, by: tool });
    running.when(deployed('1.4.2'), { at: 2 * hour + 2 * minute, by: tool }).leadsTo({
      events: [{ type: 'drift.settled', how: 'replaced', version: '1.4.2' }],
      effects: [
        { type: 'slack.card' },
        { type: 'slack.thread', text: 'Settled: 1.4.2 has been deployed over it.' },
      ],
    });
  });

  it('counts from when it was deployed, however late that is told', () => {
    const told = (at: number) =>
      asked
        .when(begin('1.5.0'), { at: 2.5 * hour })
        .when(deployed('1.6.0', { at }), { at: 2.6 * hour, by: tool })
        .when(move('1.5.0', '1.4.2'), { at: 3 * hour });
    told(2.4 * hour).leadsTo({ events: [{ type: 'drift.settled', how: 'taken-back' }, 'channel.moved'] });
    told(2.55 * hour).leadsTo({ events: ['channel.moved'] });
  });

  it('makes its plan void: it was made to leave another version', () => {
    behind.when(begin('1.5.0')).leadsTo({ tells: [{ intent: { type: 'operation.void' } }] });
  });

  it('stays in dispute when the operation was already at work, since nobody knows which came last', () => {
    const running = asked.when(begin('1.5.0')).when(deployed('1.6.0'), { at: 2 * hour + minute, by: tool });
    const done = running.when(move('1.5.0', '1.4.2'), { at: 3 * hour });
    done.leadsTo({ events: ['channel.moved'] });
    expect(openDrifts(done.state)).toHaveLength(1);
    done.when(deployed('1.4.2'), { at: 4 * hour, by: tool }).leadsTo({
      events: [{ type: 'drift.settled', how: 'agrees' }],
    });
  });

  it('cannot be recorded before the operation has ended', () => {
    behind.when(take(driftOf(behind), 'theirs'), { by: ana }).leadsTo({
      events: [{ type: 'request.refused', code: 'channel-locked' }],
    });
    behind
      .when(release('not-begun'))
      .when(take(driftOf(behind), 'theirs'), { by: ana })
      .leadsTo({
        events: ['drift.settled', { type: 'channel.moved', to: '1.6.0' }],
      });
  });
});

describe('a deployment that may have come before an operation of ours, or after it', () => {
  const running = asked.when(begin('1.5.0'));
  const done = running.when(move('1.5.0', '1.4.2'), { at: 2.5 * hour }).when(release('done'));
  const told = (example: typeof live, version: string, at?: number) =>
    example.when(deployed(version, at === undefined ? {} : { at }), { at: 3 * hour, by: tool });
  const meanwhile = { type: 'drift.noticed', cause: 'meanwhile', operation: 'OP-1' } as const;

  it('is shown when it is told late', () => {
    told(done, '1.6.0', 2.2 * hour).leadsTo({
      events: [{ ...meanwhile, found: '1.6.0', ours: '1.4.2' }],
      effects: [
        { type: 'slack.card' },
        {
          type: 'slack.thread',
          text: '1.6.0 runs here, says github, and our records say 1.4.2. Which came last, that or OP-1, is not certain. Nothing was recorded: somebody has to look.',
        },
      ],
    });
    told(done, '1.5.0', 2.2 * hour).leadsTo({
      events: [{ type: 'drift.noticed', cause: 'left-by-rollback' }],
    });
    told(failed, '1.6.0', 2.2 * hour).leadsTo({ events: [{ ...meanwhile, found: '1.6.0', ours: '1.5.0' }] });
    told(failed, '1.5.0', 2.2 * hour).leadsTo({ events: [{ ...meanwhile, found: '1.5.0', ours: '1.5.0' }] });
  });

  it('is no news when it is that of the operation itself, or from before it', () => {
    told(done, '1.4.2', 2.2 * hour).leadsTo({ events: [] });
    told(done, '1.6.0', 1.9 * hour).leadsTo({ events: [] });
  });

  it('is shown when it brings back what the operation is replacing', () => {
    const again = told(running, '1.5.0', 2.2 * hour);
    again.leadsTo({ events: [{ ...meanwhile, found: '1.5.0', ours: '1.5.0' }] });
    const moved = again.when(move('1.5.0', '1.4.2'), { at: 3.5 * hour });
    expect(openDrifts(moved.state)).toMatchObject([{ found: '1.5.0' }]);
    told(running, '1.5.0', 1.9 * hour).leadsTo({ events: [] });
    told(running, '1.5.0').leadsTo({ events: [] });
  });

  describe('of which nobody knows how it ended', () => {
    const unknown = running.when(release('unknown'), { at: 2.5 * hour });

    it.each(['1.4.2', '1.5.0'])('is shown to whoever is to say so: %s', (version) => {
      const shown = told(unknown, version);
      shown.leadsTo({ events: [{ ...meanwhile, found: version, ours: '1.5.0' }] });
      shown.when(deployed(version), { at: 3.1 * hour, by: tool }).leadsTo({ events: [] });
    });

    it('is settled by what they say', () => {
      const settled = (version: string) =>
        told(unknown, version).when(move('1.5.0', '1.4.2'), { at: 4 * hour });
      settled('1.4.2').leadsTo({ events: [{ type: 'drift.settled', how: 'agrees' }, 'channel.moved'] });
      settled('1.5.0').leadsTo({ events: ['channel.moved'] });
      const failedAfterAll = told(unknown, '1.5.0').when(release('failed'));
      failedAfterAll
        .when(take(driftOf(failedAfterAll), 'theirs'), { by: ana })
        .leadsTo({ events: ['drift.settled', { type: 'channel.moved', to: '1.5.0' }] });
    });

    it('is no news when it is what a second try is deploying', () => {
      const all = streams();
      const stable = 'channel:shop/stable';
      for (const version of ['1.4.2', '1.5.0']) all.say(stable, set(version), ana, 0);
      for (const id of ['OP-1', 'OP-2']) {
        all.say(stable, rollBackTo('1.4.2'), ana, hour);
        all.say(id, { type: 'operation.approve', hash: all.operation(id).hash }, ben, hour);
        const [step] = all.outstanding();
        if (step && id === 'OP-1') all.settle(step, { status: 'failed', why: 'no' }, hour);
      }
      expect(all.channel(stable)).toMatchObject({
        lock: { operation: 'OP-2' },
        doubt: { operation: 'OP-1' },
      });
      const noticed = (version: string) =>
        all.say(stable, deployed(version), tool, 2 * hour).map(({ event }) => event);
      expect(noticed('1.4.2')).toEqual([]);
      expect(noticed('1.5.0')).toMatchObject([meanwhile, { type: 'recheck.requested' }]);
    });
  });
});

describe('a registry file that others wrote into', () => {
  const edited = live.when(registry('1.6.0'), { at: 2 * hour, by: file });

  it('is shown, and not believed', () => {
    edited.leadsTo({
      events: [{ type: 'drift.noticed', side: 'file', found: '1.6.0', ours: '1.5.0' }],
      effects: [{ type: 'slack.card' }],
    });
    expect(livePeriod(edited.state)?.version).toBe('1.5.0');
    edited.when(registry('1.6.0'), { by: file }).leadsTo({ events: [] });
    live.when(registry('1.5.0'), { by: file }).leadsTo({ events: [] });
  });

  it('is written again when somebody keeps our record', () => {
    edited.when(take(driftOf(edited), 'ours'), { by: ana }).leadsTo({
      events: [{ type: 'drift.settled', how: 'kept' }],
      effects: ['registry.publish', 'slack.card', 'slack.thread'],
    });
  });

  it('is believed when somebody says so', () => {
    edited.when(take(driftOf(edited), 'theirs'), { by: ana }).leadsTo({
      events: [
        { type: 'drift.settled', how: 'recorded' },
        {
          type: 'channel.moved',
          to: '1.6.0',
          cause: 'set',
          reason: 'drift: the registry file says so since 2026-11-22 05:00 UTC',
        },
      ],
    });
  });

  it('is settled by itself when it is repaired, and overtaken when the channel moves on', () => {
    edited
      .when(registry('1.5.0'), { by: file })
      .leadsTo({ events: [{ type: 'drift.settled', how: 'agrees' }] });
    edited.when(registry('1.6.1'), { by: file }).leadsTo({
      events: [
        { type: 'drift.settled', how: 'overtaken' },
        { type: 'drift.noticed', found: '1.6.1' },
      ],
    });
    edited.when(set('1.7.0'), { by: ana }).leadsTo({
      events: [{ type: 'drift.settled', how: 'overtaken' }, { type: 'channel.moved' }],
    });
  });

  it('may have lost the channel altogether', () => {
    const lost = live.when(registry(undefined), { by: file });
    lost.leadsTo({ events: [{ type: 'drift.noticed', found: undefined }] });
    lost.when(take(driftOf(lost), 'theirs'), { by: ana }).leadsTo({
      events: [{ type: 'request.refused', code: 'no-change' }],
    });
    lost.when(take(driftOf(lost), 'ours'), { by: ana }).leadsTo({ events: ['drift.settled'] });
  });

  it.each([
    ['strangers', stranger, 'not-in-roster'],
    ['alerts', alertmanager, 'not-in-roster'],
  ] as const)('is not settled by %s', (_who, by, code) => {
    edited
      .when(take(driftOf(edited), 'ours'), { by })
      .leadsTo({ events: [{ type: 'request.refused', code }] });
  });

  describe('and that goes further than our records, which were restored from a backup', () => {
    const missed = [
      { at: start + 2 * hour, cause: 'rollback', from: '1.5.0', to: '1.4.2', reason: 'bad', actor: 'Ana' },
      { at: start + 3 * hour, cause: 'promote', from: '1.4.2', to: '1.5.1', reason: 'good', actor: 'Ben' },
    ] as const;
    const compare = (count: number, found: string) =>
      live.when(
        { type: 'registry.compare', found, missed: missed.slice(0, count) },
        { at: 4 * hour, by: file },
      );
    const revoked = (example: typeof live) =>
      Object.entries(versionStatuses([example.state])['shop'] ?? {}).flatMap(([version, said]) =>
        said.status === 'revoked' ? [version, said.reason] : [],
      );

    it('is believed in what it tells of rollbacks, too, when somebody says that it is right', () => {
      const back = compare(1, '1.4.2');
      expect(revoked(back)).toEqual([]);
      expect(back.tells).toEqual([]);
      const taken = back.when(take(driftOf(back), 'theirs'), { by: ana });
      taken.leadsTo({
        events: ['drift.settled', { type: 'channel.moved', from: '1.5.0', to: '1.4.2', cause: 'rollback' }],
      });
      expect(revoked(taken)).toEqual(['1.5.0', 'rolled back from stable to 1.4.2']);
    });

    it('is so, also when the rollback is not the last that it tells', () => {
      const onward = compare(2, '1.5.1');
      for (const said of [take(driftOf(onward), 'theirs'), set('1.5.1'), set('1.6.0')]) {
        const taken = onward.when(said, { by: ana });
        expect(revoked(taken)).toEqual(['1.5.0', 'rolled back from stable to 1.4.2']);
        expect(taken.state.drifts?.map((drift) => drift.missed)).toEqual([undefined]);
      }
    });

    it('is so without anybody, where it ends at what is live in our records', () => {
      const to = { at: start + 3 * hour, to: '1.5.0', reason: '', actor: 'Ana' } as const;
      const [back] = missed;
      const ended = live.when(
        {
          type: 'registry.compare',
          found: '1.5.0',
          missed: [
            { ...to, at: back.at, cause: 'deploy', from: '1.5.0', to: '1.5.1' },
            { ...to, cause: 'rollback', from: '1.5.1' },
          ],
        },
        { at: 4 * hour, by: file },
      );
      ended.leadsTo({ events: ['channel.moved', { type: 'channel.moved', to: '1.5.0', cause: 'rollback' }] });
      expect(revoked(ended)).toEqual(['1.5.1', 'rolled back from stable to 1.5.0']);
    });

    it('is not overruled by a deployment of before that is told late', () => {
      const onward = compare(2, '1.5.1');
      const late = onward.when(deployed('1.4.2', { at: 2 * hour + minute, id: 'github:1' }), { by: tool });
      late.leadsTo({ events: [] });
      expect(openDrifts(late.state)).toHaveLength(1);
    });

    it('leaves a version for a reason, too: whoever deploys it again is not believed', () => {
      const up = {
        at: start + 2 * hour,
        cause: 'promote',
        from: '1.5.0',
        to: '1.6.0',
        reason: '',
        actor: 'Ana',
      };
      const back = {
        at: start + 3 * hour,
        cause: 'rollback',
        from: '1.6.0',
        to: '1.4.2',
        reason: '',
        actor: 'Ana',
      };
      const told = live.when(
        { type: 'registry.compare', found: '1.4.2', missed: [up, back] } as ChannelIntent,
        { at: 4 * hour, by: file },
      );
      for (const again of [deployed('1.6.0'), deployed('1.6.0', { at: 4 * hour })])
        told.when(again, { by: tool }).leadsTo({
          events: [{ type: 'drift.noticed', side: 'reality', cause: 'left-by-rollback', found: '1.6.0' }],
        });
    });

    it('is not believed when somebody keeps our record, nor lost when it is edited once more', () => {
      const back = compare(1, '1.4.2');
      expect(revoked(back.when(take(driftOf(back), 'ours'), { by: ana }))).toEqual([]);
      const again = back.when(registry('1.6.0'), { by: file });
      expect(revoked(again.when(take(driftOf(again), 'theirs'), { by: ana }))).toContain('1.5.0');
    });
  });

  it('is not settled twice', () => {
    const settled = edited.when(take(driftOf(edited), 'ours'), { by: ana });
    settled.when(take(driftOf(edited), 'theirs'), { by: ben }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-open' }],
    });
    live.when(take(99, 'theirs'), { by: ben }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-open' }],
    });
  });
});
