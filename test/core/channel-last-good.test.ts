import { describe, expect, it } from 'vitest';
import type { ChannelEvent } from '../../src/core/channel/event.ts';
import type { ChannelIntent } from '../../src/core/channel/intent.ts';
import { isGood, lastGood } from '../../src/core/channel/last-good.ts';
import { evolveChannel, knownVersions, type Channel } from '../../src/core/channel/state.ts';
import { canary } from '../support/canary.ts';
import { ana, ben, hour, minute, start } from '../support/given.ts';
import { done } from '../support/rollback.ts';
import { streams, type Streams } from '../support/streams.ts';
import type { Severity } from '../../src/core/severity.ts';
import { lastgood, type Actor } from '../../src/core/actor.ts';

const healthyAfter = 30 * minute;

/** A history in words: what was live from when on, and the incidents between. */
type Line =
  | readonly [at: number, 'set' | 'import' | 'rollback' | 'promote', version: string]
  | readonly [at: number, 'incident', Severity, incident?: string]
  /** By somebody who is no lead. */
  | readonly [at: number, 'lowered', from: Severity, to: Severity]
  | readonly [at: number, 'over', incident?: string];

function channel(...lines: readonly Line[]): Channel {
  const state = lines.reduce<Channel | undefined>(and, undefined);
  if (!state) throw new Error('a channel without a history');
  return state;
}

function and(state: Channel | undefined, line: Line): Channel {
  return happened(state, line[0], eventOf(line, state));
}

function happened(state: Channel | undefined, at: number, event: ChannelEvent): Channel {
  return evolveChannel(state, { ...event, seq: 1, at: start + at, by: lastgood }, 'channel:shop/stable');
}

function eventOf(line: Line, before: Channel | undefined): ChannelEvent {
  const [at, what] = line;
  switch (what) {
    case 'set':
    case 'import':
    case 'rollback':
    case 'promote':
      return {
        type: 'channel.moved',
        to: line[2],
        from: before?.periods.at(-1)?.version,
        cause: what,
        reason: 'a release',
        actor: 'Ana Ruiz',
        operation: undefined,
        verified: what === 'rollback' || what === 'promote',
        since: what === 'import' ? start + at : undefined,
      };
    case 'incident':
      return { type: 'incident.noted', incident: line[3] ?? 'INC-1', severity: line[2], conversation: 'C0' };
    case 'lowered':
      return {
        type: 'incident.noted',
        incident: 'INC-1',
        severity: line[3],
        was: line[2],
        conversation: 'C0',
      };
    case 'over':
      return {
        type: 'incident.noted',
        incident: line[2] ?? 'INC-1',
        severity: undefined,
        conversation: 'C0',
      };
    default:
      return what satisfies never;
  }
}

describe('the version to go back to', () => {
  it.each<readonly [string, readonly Line[], string | undefined]>([
    ['there is none with one version', [[0, 'set', '1.4.2']], undefined],
    [
      'the one before, when it was live for long enough',
      [
        [0, 'set', '1.4.2'],
        [30 * minute, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'not one that was live for a moment less',
      [
        [0, 'set', '1.4.2'],
        [30 * minute - 1, 'set', '1.5.0'],
      ],
      undefined,
    ],
    [
      'an older one when the one before was too short',
      [
        [0, 'set', '1.4.1'],
        [hour, 'set', '1.4.2'],
        [hour + 29 * minute, 'set', '1.5.0'],
      ],
      '1.4.1',
    ],
    [
      'not one that was never without a P1 for half an hour',
      [
        [0, 'set', '1.4.2'],
        [29 * minute, 'incident', 'P1'],
        [40 * minute, 'over'],
        [50 * minute, 'incident', 'P1'],
        [hour, 'over'],
        [hour + 29 * minute, 'set', '1.5.0'],
      ],
      undefined,
    ],
    [
      'one that was well for long after its first P1',
      [
        [0, 'set', '1.4.2'],
        [29 * minute, 'incident', 'P1'],
        [40 * minute, 'over'],
        [70 * minute, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'one that was well for long between two incidents',
      [
        [0, 'set', '1.4.2'],
        [minute, 'incident', 'P1'],
        [2 * minute, 'over'],
        [40 * minute, 'incident', 'P1'],
        [41 * minute, 'over'],
        [42 * minute, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'not one of whose two incidents one has not been over for long',
      [
        [0, 'incident', 'P0'],
        [0, 'incident', 'P1', 'INC-2'],
        [minute, 'set', '1.4.2'],
        [hour, 'over'],
        [2 * hour, 'over', 'INC-2'],
        [2 * hour + 29 * minute, 'set', '1.5.0'],
      ],
      undefined,
    ],
    [
      'not one whose P0 was only called a P2',
      [
        [0, 'set', '1.4.2'],
        [minute, 'incident', 'P0'],
        [2 * minute, 'lowered', 'P0', 'P2'],
        [5 * hour, 'set', '1.5.0'],
      ],
      undefined,
    ],
    [
      'one in whose first half hour only a P2 opened',
      [
        [0, 'set', '1.4.2'],
        [29 * minute, 'incident', 'P2'],
        [5 * hour, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'one that was well for long before its first P0',
      [
        [0, 'set', '1.4.2'],
        [30 * minute, 'incident', 'P0'],
        [5 * hour, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'not one that came into an incident as a bold fix',
      [
        [0, 'incident', 'P0'],
        [minute, 'set', '1.4.2'],
        [5 * hour, 'over'],
        [5 * hour + 29 * minute, 'set', '1.5.0'],
      ],
      undefined,
    ],
    [
      'one that came into an incident and was well for long after it',
      [
        [0, 'incident', 'P0'],
        [minute, 'set', '1.4.2'],
        [5 * hour, 'over'],
        [5 * hour + 30 * minute, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'one that a rollback verified, however short it was live',
      [
        [0, 'set', '1.4.2'],
        [hour, 'set', '1.5.0'],
        [2 * hour, 'rollback', '1.4.2'],
        [2 * hour + minute, 'set', '1.6.0'],
      ],
      '1.4.2',
    ],
    [
      'one that was promoted and verified, however short it was live',
      [
        [0, 'set', '1.4.2'],
        [hour, 'promote', '1.5.0'],
        [hour + minute, 'promote', '1.6.0'],
      ],
      '1.5.0',
    ],
    [
      'not one that was verified and brought a P0 within minutes',
      [
        [0, 'set', '1.4.2'],
        [hour, 'promote', '1.5.0'],
        [hour + 5 * minute, 'incident', 'P0'],
        [hour + 20 * minute, 'promote', '1.5.1'],
      ],
      '1.4.2',
    ],
    [
      'again one that was verified and had a P0, when it was well for long afterwards',
      [
        [0, 'set', '1.4.2'],
        [hour, 'promote', '1.5.0'],
        [hour + 5 * minute, 'incident', 'P0'],
        [hour + 20 * minute, 'over'],
        [hour + 50 * minute, 'set', '1.6.0'],
      ],
      '1.5.0',
    ],
    [
      'one that a rollback verified, though its P0 became a P1 afterwards',
      [
        [0, 'set', '1.4.2'],
        [minute, 'set', '1.5.0'],
        [2 * minute, 'incident', 'P0'],
        [3 * minute, 'rollback', '1.4.2'],
        [4 * minute, 'incident', 'P1'],
        [2 * hour, 'over'],
        [3 * hour, 'set', '1.6.0'],
      ],
      '1.4.2',
    ],
    [
      'never one that a rollback left',
      [
        [0, 'set', '1.4.2'],
        [hour, 'set', '1.5.0'],
        [5 * hour, 'rollback', '1.4.2'],
      ],
      undefined,
    ],
    [
      'and not in an earlier life of it, either',
      [
        [0, 'set', '1.4.2'],
        [hour, 'set', '1.5.0'],
        [2 * hour, 'set', '1.4.2'],
        [3 * hour, 'set', '1.5.0'],
        [4 * hour, 'rollback', '1.4.2'],
      ],
      undefined,
    ],
    [
      'again one that a rollback left, when somebody has set it by hand since',
      [
        [0, 'set', '1.4.2'],
        [hour, 'set', '1.5.0'],
        [5 * hour, 'rollback', '1.4.2'],
        [6 * hour, 'set', '1.5.0'],
        [7 * hour, 'set', '1.6.0'],
      ],
      '1.5.0',
    ],
    [
      'one that was deployed again out of doubt was not left',
      [
        [0, 'set', '1.4.2'],
        [hour, 'rollback', '1.4.2'],
        [2 * hour, 'set', '1.5.0'],
      ],
      '1.4.2',
    ],
    [
      'not the live one under another date',
      [
        [0, 'set', '1.4.2'],
        [hour, 'set', '1.4.2'],
      ],
      undefined,
    ],
    [
      'one of the imported history',
      [
        [-9 * hour, 'import', '1.4.2'],
        [-1 * hour, 'import', '1.5.0'],
      ],
      '1.4.2',
    ],
  ])('is %s', (_which, lines, expected) => {
    expect(lastGood(channel(...lines), healthyAfter, start + 8 * hour)).toBe(expected);
  });

  it('does not hold the incidents of today against an imported history', () => {
    const open = channel([0, 'incident', 'P0']);
    const first = happened(open, minute, eventOf([-9 * hour, 'import', '1.4.2'], open));
    const imported = happened(first, minute, eventOf([-hour, 'import', '1.5.0'], first));
    expect(lastGood(imported, healthyAfter, start + minute)).toBe('1.4.2');
  });
});

describe('a version whose health report failed', () => {
  const bot: Actor = { kind: 'token', name: 'relbot', roles: ['release-bot'], via: 'api' };
  const channel = 'channel:shop/canary';
  const back: ChannelIntent = { type: 'rollback.request', target: 'last-good', reason: 'it crashes' };

  /** 1.5.0 ran well, 1.6.0 for an hour and a half, and then 1.6.1 was to mend it. */
  function fixedForward(
    ...reports: readonly (readonly [version: string, errorRate: number, end?: number])[]
  ): Streams {
    const all = streams();
    const set = (version: string, at: number) =>
      all.say(channel, { type: 'channel.set', version, reason: 'released' }, ana, at);
    set('1.5.0', 0);
    set('1.6.0', 3 * hour);
    set('1.6.1', 4.5 * hour);
    for (const [version, error_rate, end = 4.5 * hour] of reports) {
      const window = { start: start + end - 30 * minute, end: start + end };
      all.say(
        channel,
        { type: 'health.report', report: canary({ version, window, error_rate }) },
        bot,
        Math.max(end, 4.5 * hour),
      );
    }
    return all;
  }
  const good = (all: Streams) => lastGood(all.channel(channel), hour, start + 6 * hour);

  it('comes last, until one has passed', () => {
    expect(good(fixedForward())).toBe('1.6.0');
    expect(good(fixedForward(['1.6.0', 0.5]))).toBe('1.5.0');
    expect(good(fixedForward(['1.6.0', 0.5, 4 * hour], ['1.6.0', 0.001]))).toBe('1.6.0');
  });

  it('may be named all the same, and the plan says what is known of it', () => {
    const all = fixedForward(['1.6.0', 0.5]);
    const named = all.ask(channel, { ...back, target: { version: '1.6.0' } }, ana, 6 * hour);
    expect(named).toContain('⚠️ the last health report of 1.6.0 on shop/canary failed (Error rate 50 %');
  });

  it('is said to be passed over', () => {
    expect(fixedForward(['1.6.0', 0.5]).ask(channel, back, ana, 6 * hour)).toMatch(
      /1\.6\.1 → 1\.5\.0: .* ⚠️ the last health report of 1\.6\.0 on shop\/canary failed \(.*\), so it is passed over\.$/,
    );
  });

  it('is the last good one when no other is, and the plan says so', () => {
    const said = fixedForward(['1.5.0', 0.5, 3 * hour], ['1.6.0', 0.5]).ask(channel, back, ana, 6 * hour);
    expect(said).toMatch(/1\.6\.1 → 1\.6\.0: .* ⚠️ the last health report of 1\.6\.0 on shop\/canary failed/);
  });

  it('in the time of a later version is still the last good one: that may break what both share', () => {
    expect(good(fixedForward(['1.6.0', 0.5, 5 * hour]))).toBe('1.6.0');
    expect(good(fixedForward(['1.6.0', 0.5], ['1.6.0', 0.5, 5 * hour]))).toBe('1.5.0');
    expect(fixedForward(['1.6.0', 0.5, 5 * hour]).ask(channel, back, ana, 6 * hour)).toMatch(
      /1\.6\.1 → 1\.6\.0: .* ⚠️ the last health report of 1\.6\.0 on shop\/canary failed/,
    );
  });
});

describe('a version to which a rollback went in vain', () => {
  const channel = 'channel:shop/stable';
  const back = (to: string): ChannelIntent => ({
    type: 'rollback.request',
    target: to === 'last-good' ? to : { version: to },
    reason: 'checkout answers 500',
  });

  /** Deployed, and then its health check fails. */
  function fails(all: Streams, id: string, at: number): void {
    all.say(id, { type: 'operation.approve', hash: all.operation(id).hash }, ben, at);
    for (const outcome of [done, { status: 'failed', why: 'Not stable within 4m.' }] as const) {
      const [step] = all.outstanding();
      if (!step) throw new Error('no step is under way');
      all.send(step, at);
      all.settle(step, outcome, at);
    }
  }

  it('is proposed with what came of it, until something else is live', () => {
    const all = streams();
    for (const [index, version] of ['1.4.1', '1.4.2', '1.5.0'].entries())
      all.say(channel, { type: 'channel.set', version, reason: 'released' }, ana, index * hour);
    const at = 3 * hour;
    all.say(channel, back('1.4.2'), ana, at);
    fails(all, 'OP-1', at);
    all.say(channel, back('1.4.1'), ana, at);
    fails(all, 'OP-2', at);

    const again = all.ask(channel, back('last-good'), ana, at);
    expect(again).toMatch(
      /1\.5\.0 → 1\.4\.2: .* ⚠️ OP-1 went to 1\.4\.2 in vain \(.*Not stable within 4m\)\./,
    );
    all.say('OP-3', { type: 'operation.abort' }, ana, at);
    expect(all.ask(channel, back('1.4.1'), ana, at)).toContain('⚠️ OP-2 went to 1.4.1 in vain');
    all.say('OP-4', { type: 'operation.abort' }, ana, at);

    all.say(channel, { type: 'channel.set', version: '1.5.1', reason: 'a fix' }, ana, at);
    expect(all.ask(channel, back('1.4.2'), ana, at)).not.toContain('⚠️');
  });
});

describe('a promotion under way', () => {
  const begunAt = (before: Channel, at: number): Channel => {
    const lock = { operation: 'OP-1', name: 'Ana Ruiz', reason: 'promote 1.6.0', kind: 'promote' } as const;
    const locked = happened(before, at, { type: 'channel.locked', ...lock, to: '1.6.0' });
    return happened(locked, at, { type: 'channel.begun', operation: 'OP-1' });
  };
  const promoted = (before: Channel, at: number): Channel => {
    const moved = { ...eventOf([at, 'promote', '1.6.0'], before), operation: 'OP-1' } as ChannelEvent;
    return happened(happened(before, at, moved), at, { type: 'channel.released', operation: 'OP-1' });
  };

  it('adds nothing to how long the one before was well', () => {
    const live = channel([0, 'set', '1.4.2'], [hour, 'set', '1.5.0']);
    const goodAfter = (time: number) => {
      const troubled = and(begunAt(live, hour + time), [2 * hour, 'incident', 'P0']);
      return lastGood(troubled, healthyAfter, start + 2 * hour);
    };
    expect([goodAfter(29 * minute), goodAfter(30 * minute)]).toEqual(['1.4.2', '1.5.0']);
  });

  it('is blamed for a failed health report of its time, and not the one before', () => {
    const goodAfter = (end: number) => {
      const window = { start: start + end - 30 * minute, end: start + end };
      const report = canary({ version: '1.5.0', window });
      const judgement = { verdict: 'fail', reasons: [], measured: [], minimumSessions: 1 } as const;
      const begun = begunAt(channel([0, 'set', '1.4.2'], [hour, 'set', '1.5.0']), 3 * hour);
      const reported = {
        type: 'health.reported',
        report,
        judgement,
        before: undefined,
        healthyAfter,
      } as const;
      const failed = happened(begun, 4 * hour, reported);
      return [failed, promoted(failed, 4 * hour)].map((each) =>
        lastGood(each, healthyAfter, start + 5 * hour),
      );
    };
    expect(goodAfter(3 * hour)).toEqual(['1.4.2', '1.4.2']);
    expect(goodAfter(3 * hour + minute)).toEqual(['1.5.0', '1.5.0']);
  });

  it('is blamed for a P1 of its time, also when there was another before', () => {
    const before = channel([0, 'set', '1.5.0'], [hour, 'incident', 'P1'], [2 * hour, 'over']);
    const after = (...lines: readonly Line[]) => {
      const done = promoted(lines.reduce(and, begunAt(before, 3 * hour)), 4 * hour);
      return lastGood(and(done, [4 * hour + minute, 'set', '1.7.0']), healthyAfter, start + 5 * hour);
    };
    expect(after()).toBe('1.6.0');
    expect(after([3.5 * hour, 'incident', 'P1'], [3.9 * hour, 'over'])).toBe('1.5.0');
  });
});

describe('a version that was deployed before anybody told', () => {
  it('was well for as long as the channel was', () => {
    const told = (at: number) => {
      const before = channel(
        [0, 'set', '1.4.2'],
        [0.5 * hour, 'incident', 'P1'],
        [2 * hour, 'over'],
        [3 * hour, 'incident', 'P1'],
        [4 * hour, 'over'],
      );
      const moved = { ...eventOf([0, 'set', '1.5.0'], before), cause: 'deploy', since: start + at };
      const [, period] = happened(before, 4.1 * hour, moved as ChannelEvent).periods;
      return period && isGood(period, healthyAfter, start + 4.2 * hour);
    };
    expect([told(2.4 * hour), told(2.6 * hour), told(3.5 * hour)]).toEqual([true, false, false]);
  });
});

describe('a channel that was stored before periods said when they were calm', () => {
  const old = (...lines: readonly Line[]): Channel => {
    const { periods, ...more } = channel(...lines);
    return { ...more, periods: periods.map(({ calm: _calm, ...period }) => period) };
  };
  const left = (before: Channel) =>
    lastGood(and(before, [5 * hour, 'set', '1.5.0']), healthyAfter, start + 5 * hour);

  it('counts the time before the first P0 or P1', () => {
    const trouble = (at: number) => old([0, 'set', '1.4.2'], [at, 'incident', 'P1'], [hour, 'over']);
    expect(left(old([0, 'set', '1.4.2']))).toBe('1.4.2');
    expect([left(trouble(29 * minute)), left(trouble(30 * minute))]).toEqual([undefined, '1.4.2']);
  });

  it('counts the time after the next one, too', () => {
    const open = old([0, 'set', '1.4.2'], [minute, 'incident', 'P1']);
    expect(left(and(open, [4 * hour, 'over']))).toBe('1.4.2');
    expect(left(and(open, [4.9 * hour, 'over']))).toBeUndefined();
  });
});

describe('of very many versions', () => {
  const each = (from: number, to: number, pause: number): readonly Line[] =>
    Array.from({ length: to - from }, (_, n): Line => [(from + n) * pause, 'set', `1.${from + n}.0`]);

  it('the 300 last are kept, and as many moves', () => {
    const many = channel(...each(0, 310, hour));
    expect(many.moves).toHaveLength(300);
    expect(many.moves.at(-1)).toMatchObject({ to: '1.309.0', from: '1.308.0' });
    expect(many.periods).toHaveLength(300);
    expect(knownVersions(many)).toHaveLength(300);
    expect(many.periods[0]).toMatchObject({ version: '1.10.0' });
  });

  it('earlier times of one that came again go first', () => {
    const twice = channel([-2 * hour, 'set', '1.0.0'], [-hour, 'set', '1.1.0'], ...each(0, 300, hour));
    expect(knownVersions(twice)).toHaveLength(300);
    expect(twice.periods[0]).toMatchObject({ version: '1.0.0', from: start });
  });

  it('the last good one is kept, however long ago that was', () => {
    const hasty = channel([-3 * hour, 'set', '1.4.1'], [-2 * hour, 'set', '1.4.2'], ...each(0, 400, minute));
    expect(hasty.periods).toHaveLength(300);
    expect(hasty.periods[0]).toMatchObject({ version: '1.4.2' });
    expect(lastGood(hasty, healthyAfter, start + 400 * minute)).toBe('1.4.2');
  });
});

describe('a version that is live', () => {
  it('becomes good with time', () => {
    const [period] = channel([0, 'set', '1.4.2']).periods;
    const goodAt = (at: number) => period && isGood(period, healthyAfter, start + at);
    expect([goodAt(30 * minute - 1), goodAt(30 * minute)]).toEqual([false, true]);
  });
});
