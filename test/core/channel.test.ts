import { describe, expect, it } from 'vitest';
import { channelKind } from '../../src/core/channel/channel.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import type { Severity } from '../../src/core/severity.ts';
import { alertmanager, ana, ben, given, hour, minute, policies, start, stranger } from '../support/given.ts';

function set(version: string): ChannelIntent {
  return { type: 'channel.set', version, reason: 'released' };
}
function rollBackTo(version: string): ChannelIntent {
  const target = version === 'last-good' ? version : { version };
  return { type: 'rollback.request', target, reason: 'checkout answers 500' };
}
function incident(severity: Severity | undefined, id = 'INC-1'): ChannelIntent {
  return { type: 'channel.note-incident', incident: id, severity, conversation: `C0${id}` };
}
function release(
  outcome: 'done' | 'failed' | 'unknown' | 'not-begun',
  touched = outcome !== 'not-begun',
): ChannelIntent {
  return { type: 'channel.release', operation: 'OP-1', outcome, touched, why: 'as it was' };
}

const nothing = given(channelKind);
/** 1.4.2 was live for an hour, 1.5.0 is since. */
const live = nothing.when(set('1.4.2'), { by: ana }).when(set('1.5.0'), { at: hour, by: ana });
const locked = live.when(rollBackTo('1.4.2'), { at: 2 * hour, by: ana });
const doubted = locked.when(release('failed'), { at: 3 * hour });

describe('a rollback that is asked for', () => {
  it('locks the channel and opens an operation with its plan', () => {
    locked.leadsTo({
      events: [{ type: 'channel.locked', operation: 'OP-1', name: 'Ana Ruiz', reason: 'roll back to 1.4.2' }],
      effects: [],
      tells: [
        {
          to: { kind: 'operation', id: 'OP-1' },
          intent: {
            type: 'operation.open',
            plan: { from: '1.5.0', to: '1.4.2', reason: 'checkout answers 500' },
            incident: undefined,
            severity: undefined,
            conversation: policies.notifications.conversations['releases'],
            rule: policies.approvals.rules.at(-1),
          },
        },
      ],
    });
  });

  it('finds the last good version itself', () => {
    live.when(rollBackTo('last-good'), { at: 2 * hour, by: ana }).leadsTo({
      tells: [{ intent: { type: 'operation.open', plan: { to: '1.4.2' } } }],
    });
  });

  it('belongs to the worst open incident: its rule, its conversation', () => {
    const troubled = live
      .when(incident('P3', 'INC-1'))
      .when(incident('P0', 'INC-2'))
      .when(incident('P2', 'INC-3'));
    troubled.when(rollBackTo('1.4.2'), { by: ana }).leadsTo({
      tells: [
        {
          intent: {
            incident: 'INC-2',
            severity: 'P0',
            conversation: 'C0INC-2',
            rule: policies.approvals.rules[0],
          },
        },
      ],
    });
  });

  it('says which others are open', () => {
    const troubled = live
      .when(incident('P3', 'INC-1'))
      .when(incident('P0', 'INC-2'))
      .when(incident('P2', 'INC-3'));
    const [told] = troubled.when(rollBackTo('1.4.2'), { by: ana }).tells;
    expect(told?.intent).toMatchObject({ incident: 'INC-2', besides: ['INC-3', 'INC-1'] });
    const [alone] = live.when(incident('P0', 'INC-2')).when(rollBackTo('1.4.2'), { by: ana }).tells;
    expect(alone?.intent).not.toHaveProperty('besides');
  });

  it('may go to what is live when that is in doubt', () => {
    doubted.when(rollBackTo('1.5.0'), { by: ana }).leadsTo({ events: ['channel.locked'] });
  });

  it.each([
    ['by strangers', live, stranger, '1.4.2', 'not-in-roster'],
    ['by alerts', live, alertmanager, '1.4.2', 'not-in-roster'],
    ['where nothing is known to be live', nothing, ana, '1.4.2', 'nothing-live'],
    ['where only an incident is known', nothing.when(incident('P0')), ana, '1.4.2', 'nothing-live'],
    ['while another one is under way', locked, ben, '1.4.2', 'channel-locked'],
    ['to what was never live there', live, ana, '1.4.3', 'version-unknown'],
    ['to what is live', live, ana, '1.5.0', 'version-live'],
    [
      'to a last good that is not there',
      nothing.when(set('1.4.2'), { by: ana }),
      ana,
      'last-good',
      'no-last-good',
    ],
  ] as const)('is refused %s', (_why, channel, by, version, code) => {
    channel.when(rollBackTo(version), { by }).leadsTo({ events: [{ type: 'request.refused', code }] });
  });

  it('reaches the timeline of the open incident when it is refused', () => {
    live
      .when(incident('P0'))
      .when(rollBackTo('9.9.9'), { by: ana })
      .leadsTo({
        tells: [
          {
            to: { kind: 'incident', id: 'INC-1' },
            intent: { type: 'incident.note-refusal', refusal: { code: 'version-unknown' } },
          },
        ],
      });
    live.when(rollBackTo('9.9.9'), { by: ana }).leadsTo({ tells: [] });
  });
});

describe('what is live is said by hand', () => {
  it('and written to the registry', () => {
    live.leadsTo({
      events: [
        { type: 'channel.moved', from: '1.4.2', to: '1.5.0', cause: 'set', actor: 'Ana Ruiz (slack)' },
      ],
      effects: ['registry.publish'],
      tells: [],
    });
  });

  it('and open incidents learn of it', () => {
    live
      .when(incident('P0'))
      .when(set('1.6.0'), { at: 2 * hour, by: ana })
      .leadsTo({
        tells: [
          {
            to: { kind: 'incident', id: 'INC-1' },
            intent: {
              type: 'incident.name-suspect',
              suspect: { live: '1.6.0', liveSince: start + 2 * hour },
            },
          },
        ],
      });
  });

  it('which ends a doubt, also for the version that is live', () => {
    expect(doubted.state.doubt).toMatchObject({ operation: 'OP-1', why: 'as it was' });
    expect(doubted.when(set('1.5.0'), { by: ana }).state.doubt).toBeUndefined();
  });

  it.each([
    ['by strangers', live, stranger, '1.6.0', 'not-in-roster'],
    ['as it is already', live, ana, '1.5.0', 'version-live'],
    ['while an operation is under way', locked, ana, '1.6.0', 'channel-locked'],
  ] as const)('but is refused %s', (_why, channel, by, version, code) => {
    channel.when(set(version), { by }).leadsTo({
      events: [{ type: 'request.refused', code }],
      effects: [],
    });
  });
});

describe('an operation that was approved', () => {
  const begin = (operation: string, from: string): ChannelIntent => ({
    type: 'channel.begin',
    operation,
    from,
  });

  it('begins when it holds the channel, and the channel is as its plan expects', () => {
    locked.when(begin('OP-1', '1.5.0')).leadsTo({
      events: [{ type: 'channel.begun', operation: 'OP-1' }],
      tells: [{ to: { kind: 'operation', id: 'OP-1' }, intent: { type: 'operation.begin' } }],
    });
  });

  it.each([
    ['waits', locked, 'Approve or withdraw it first.'],
    [
      'runs',
      locked.when(begin('OP-1', '1.5.0')),
      'It is running: wait until it has ended, or abort it first.',
    ],
  ] as const)('tells others how to free the channel while it %s', (_where, channel, advice) => {
    const why = `OP-1 (roll back to 1.4.2, by Ana Ruiz) has held shop/stable for 0s. ${advice}`;
    channel
      .when(rollBackTo('1.4.2'), { at: 2 * hour, by: ben })
      .leadsTo({ events: [{ type: 'request.refused', why }] });
  });

  it.each([
    ['another version is live', locked, begin('OP-1', '1.4.2')],
    ['another operation holds it', locked, begin('OP-9', '1.5.0')],
    ['nobody holds it any more', locked.when(release('not-begun')), begin('OP-1', '1.5.0')],
    ['nothing is known there', nothing, begin('OP-1', '1.5.0')],
  ] as const)('is void when %s', (_why, channel, intent) => {
    channel.when(intent).leadsTo({ tells: [{ intent: { type: 'operation.void' } }] });
  });

  it('moves it when it is verified', () => {
    const move = {
      type: 'channel.move',
      operation: 'OP-1',
      version: '1.4.2',
      reason: '500',
      actor: 'Ana',
    } as const;
    const moved = locked.when(incident('P0')).when(move, { at: 3 * hour });
    moved.leadsTo({
      events: [{ type: 'channel.moved', cause: 'rollback', from: '1.5.0', to: '1.4.2', verified: true }],
      effects: ['registry.publish'],
      tells: [{ intent: { type: 'incident.name-suspect', suspect: { live: '1.4.2', lastGood: undefined } } }],
    });
    expect(moved.state.periods.at(-2)).toMatchObject({ version: '1.5.0', leftByRollback: true });
  });

  it.each([
    ['done', ['channel.released'], false, false],
    ['not-begun', ['channel.released'], false, false],
    ['failed', ['channel.released', 'channel.doubted'], false, true],
    ['unknown', ['channel.doubted'], true, true],
  ] as const)('gives it back as %s', (outcome, events, holds, doubts) => {
    const after = locked.when(release(outcome));
    after.leadsTo({ events, tells: [] });
    expect([after.state.lock !== undefined, after.state.doubt !== undefined]).toEqual([holds, doubts]);
  });

  it('leaves no doubt when it failed before it touched anything', () => {
    locked.when(release('failed', false)).leadsTo({ events: ['channel.released'] });
  });

  it('gives back only what it holds', () => {
    live.when(release('failed')).leadsTo({ events: [] });
    const other = { ...release('done'), operation: 'OP-9' } as ChannelIntent;
    locked.when(other).leadsTo({ events: [] });
  });
});

describe('an incident on the channel', () => {
  it('is told what is live, once', () => {
    const noted = live.when(incident('P0'), { at: 90 * minute });
    noted.leadsTo({
      events: ['incident.noted'],
      tells: [
        {
          to: { kind: 'incident', id: 'INC-1' },
          intent: {
            type: 'incident.name-suspect',
            suspect: { live: '1.5.0', liveSince: start + hour, lastGood: '1.4.2' },
          },
        },
      ],
    });
    noted.when(incident('P1')).leadsTo({ events: ['incident.noted'], tells: [] });
    noted.when(incident(undefined)).leadsTo({ events: ['incident.noted'], tells: [] });
  });

  it('is told that nothing is known to be live', () => {
    nothing.when(incident('P0')).leadsTo({
      tells: [{ intent: { type: 'incident.name-suspect', suspect: undefined } }],
    });
  });

  it('is forgotten when it is over', () => {
    expect(live.when(incident('P0')).when(incident(undefined)).state.incidents).toEqual({});
  });
});

describe('the history of the registry', () => {
  const moves = [
    { version: '1.4.1', at: start - 9 * hour, actor: 'ci', reason: 'promoted' },
    { version: '1.4.2', at: start - 2 * hour, actor: 'ci', reason: 'promoted' },
  ];

  it('becomes ours when the channel is new here, and the file is left alone', () => {
    const imported = nothing.when({ type: 'channel.import', moves });
    imported.leadsTo({
      events: [
        { type: 'channel.moved', from: undefined, to: '1.4.1', cause: 'import', since: start - 9 * hour },
        { type: 'channel.moved', from: '1.4.1', to: '1.4.2', cause: 'import', since: start - 2 * hour },
      ],
      effects: [],
    });
    expect(imported.state.periods).toMatchObject([
      { version: '1.4.1', from: start - 9 * hour, to: start - 2 * hour },
      { version: '1.4.2', from: start - 2 * hour },
    ]);
    imported.when({ type: 'channel.import', moves }).leadsTo({ events: [] });
  });

  it('is ignored when we know better', () => {
    live.when({ type: 'channel.import', moves }).leadsTo({ events: [] });
  });
});

it('a channel sleeps', () => {
  locked.when({ type: 'clock.tick', down: undefined }, { at: 999 * hour }).leadsTo({
    events: [],
    wakeAt: undefined,
  });
  expect(channelKind.alias(locked.state)).toBe('shop/stable');
});
