import { describe, expect, it } from 'vitest';
import { lastgood } from '../../src/core/actor.ts';
import type { MoveCause } from '../../src/core/channel/event.ts';
import { evolveChannel, type Channel } from '../../src/core/channel/state.ts';
import { keepRevoked, versionStatuses } from '../../src/core/channel/version-status.ts';
import { ana, ben, hour, minute, start } from '../support/given.ts';
import { done } from '../support/rollback.ts';
import { streams } from '../support/streams.ts';

/** A channel, and the moves by which each version came, one an hour. */
function channel(
  name: string,
  ...moves: readonly (readonly [MoveCause, string, source?: string])[]
): Channel {
  const state = moves.reduce<Channel | undefined>((before, [cause, to], index) => {
    const from = before?.periods.at(-1)?.version;
    const moved = {
      type: 'channel.moved',
      to,
      from,
      cause,
      reason: 'secret words',
      actor: 'Ana Ruiz',
    } as const;
    const more = { operation: undefined, verified: cause === 'rollback', since: undefined } as const;
    const event = { ...moved, ...more, seq: index + 1, at: start + index * hour, by: lastgood };
    return evolveChannel(before, event, `channel:${name}`);
  }, undefined);
  if (!state) throw new Error('a channel without a history');
  return state;
}

const rolledBack = channel('shop/stable', ['set', '1.4.2'], ['promote', '1.5.0'], ['rollback', '1.4.2']);
const revoked = { status: 'revoked', since: start + 2 * hour, reason: 'rolled back from stable to 1.4.2' };

describe('a version', () => {
  it('is active once it was live, and says where it is', () => {
    expect(versionStatuses([channel('shop/stable', ['set', '1.4.2'], ['promote', '1.5.0'])])).toEqual({
      shop: {
        '1.4.2': { status: 'active', since: start, channels: [] },
        '1.5.0': { status: 'active', since: start + hour, channels: ['stable'] },
      },
    });
  });

  it('that was rolled back is revoked; the one before is live again', () => {
    expect(versionStatuses([rolledBack])).toEqual({
      shop: {
        '1.4.2': { status: 'active', since: start + 2 * hour, channels: ['stable'] },
        '1.5.0': revoked,
      },
    });
  });

  it('is revoked also where it still runs on another channel', () => {
    const canary = channel('shop/canary', ['set', '1.5.0']);
    expect(versionStatuses([canary, rolledBack])['shop']?.['1.5.0']).toEqual(revoked);
  });

  it.each(['set', 'promote'] as const)('is active again when somebody brings it back there: %s', (cause) => {
    const stable = ['set', '1.4.2'] as const;
    const back = channel('shop/stable', stable, ['set', '1.5.0'], ['rollback', '1.4.2'], [cause, '1.5.0']);
    expect(versionStatuses([back])['shop']?.['1.5.0']).toEqual({
      status: 'active',
      since: start + 3 * hour,
      channels: ['stable'],
    });
  });

  it('is not brought back by what happens on another channel', () => {
    const canary = channel(
      'shop/canary',
      ['set', '1.4.2'],
      ['set', '1.4.3'],
      ['set', '1.5.0'],
      ['set', '1.5.0'],
    );
    expect(versionStatuses([canary, rolledBack])['shop']?.['1.5.0']?.status).toBe('revoked');
  });

  it('of one app says nothing of another that has the same number', () => {
    const till = channel('till/stable', ['set', '1.5.0']);
    const { shop, till: other } = versionStatuses([rolledBack, till]);
    expect([shop?.['1.5.0']?.status, other?.['1.5.0']?.status]).toEqual(['revoked', 'active']);
  });

  it('that was deployed behind our back is revoked once it is rolled back from', () => {
    const all = streams();
    const stable = 'channel:shop/stable';
    const now = 2 * hour + 2 * minute;
    const approve = (id: string) =>
      all.say(id, { type: 'operation.approve', hash: all.operation(id).hash }, ben, now);
    all.say(stable, { type: 'channel.set', version: '1.4.2', reason: 'released' }, ana, 0);
    all.say(stable, { type: 'channel.set', version: '1.5.0', reason: 'released' }, ana, hour);
    // While a plan waits, the pipeline deploys the next version: that is shown, and not recorded.
    const github = { kind: 'source', name: 'github' } as const;
    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'fails' }, ana, 2 * hour);
    all.say(stable, { type: 'deployment.report', version: '1.5.1' }, github, 2 * hour + minute);
    approve('OP-1');
    all.say(stable, { type: 'rollback.request', target: 'last-good', reason: 'fails' }, ana, now);
    approve('OP-2');
    for (let step = all.outstanding()[0]; step; step = all.outstanding()[0]) {
      all.send(step, now);
      all.settle(step, done, now);
    }
    expect(versionStatuses([all.channel(stable)])['shop']?.['1.5.1']).toEqual({
      status: 'revoked',
      since: start + now,
      reason: 'rolled back from stable to 1.5.0',
    });
  });

  it('is told without what people wrote', () => {
    expect(JSON.stringify(versionStatuses([rolledBack]))).not.toContain('secret words');
  });
});

describe('what was revoked', () => {
  const before = versionStatuses([rolledBack]);

  it('stays so when the channel has forgotten it, and others do not', () => {
    expect(keepRevoked({ shop: {} }, before)).toEqual({ shop: { '1.5.0': revoked } });
    expect(keepRevoked({}, before)).toEqual({ shop: { '1.5.0': revoked } });
  });

  it('is not held against what is known of it now', () => {
    const now = versionStatuses([channel('shop/stable', ['set', '1.5.0'])]);
    expect(keepRevoked(now, before)).toEqual(now);
  });
});
