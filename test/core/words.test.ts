import { describe, expect, it } from 'vitest';
import { hasRole, isSamePerson } from '../../src/core/actor.ts';
import { nearest } from '../../src/core/nearest.ts';
import { replyFor, type AnyEvent } from '../../src/core/reply.ts';
import { isWorse, severities, worst } from '../../src/core/severity.ts';
import { parseDuration, sayBetween, sayDate, sayDuration, sayTime } from '../../src/core/time.ts';
import { newestFirst, parseVersion } from '../../src/core/version.ts';
import { alertmanager, ana, ben, hour, minute, person, second, start, stranger } from '../support/given.ts';

describe('durations', () => {
  it.each([
    ['90s', 90 * second],
    ['15m', 15 * minute],
    ['2h', 2 * hour],
    ['4d', 96 * hour],
    ['0s', 0],
    ['007m', 7 * minute],
    ['15', undefined],
    ['', undefined],
    ['m', undefined],
    ['1.5h', undefined],
    ['-1m', undefined],
    ['1h30m', undefined],
    ['15 m', undefined],
    [' 15m', undefined],
    ['15m\n', undefined],
    ['15M', undefined],
    ['1w', undefined],
    ['1234567s', undefined],
    ['١٥m', undefined],
  ])('%j is %s ms', (text, length) => {
    expect(parseDuration(text)).toBe(length);
  });

  it.each([
    [0, '0s'],
    [499, '0s'],
    [500, '1s'],
    [59 * second, '59s'],
    [90 * second, '1m 30s'],
    [hour, '1h'],
    [hour + 30 * second, '1h'],
    [2 * hour + 5 * minute + 9 * second, '2h 5m'],
    [76 * hour, '3d 4h'],
    [-5 * minute, '5m'],
  ])('%s ms reads %s', (length, text) => {
    expect(sayDuration(length)).toBe(text);
  });

  it('between two times are the difference of what is shown of them', () => {
    expect([sayTime(start + 900), sayTime(start + 8_300), sayBetween(start + 900, start + 8_300)]).toEqual([
      '03:00:00',
      '03:00:08',
      '8s',
    ]);
  });

  it('times are said in UTC', () => {
    expect([sayTime(start), sayDate(start)]).toEqual(['03:00:00', '2026-11-22 03:00 UTC']);
  });
});

describe('versions', () => {
  it.each([
    ['1.2.3', '1.2.3'],
    ['v1.2.3', '1.2.3'],
    ['0.0.0', '0.0.0'],
    ['2.0.0-rc.1', '2.0.0-rc.1'],
    ['1.2.3+build.5', '1.2.3+build.5'],
    ['v1.2.3-a.b+c-d', '1.2.3-a.b+c-d'],
    [' 1.2.3', undefined],
    ['1.2.3 ', undefined],
    ['1.2.3\n', undefined],
    ['=1.2.3', undefined],
    ['v v1.2.3', undefined],
    ['vv1.2.3', undefined],
    ['V1.2.3', undefined],
    ['v1.2', undefined],
    ['1', undefined],
    ['1.2.3.4', undefined],
    ['01.2.3', undefined],
    ['1.2.3-01', undefined],
    ['1.2.x', undefined],
    ['-1.2.3', undefined],
    ['--1.2.3', undefined],
    ['1.2.3;id', undefined],
    ['$(id)', undefined],
    ['1.2.3\u0000', undefined],
    ['１.2.3', undefined],
    ['latest', undefined],
    ['', undefined],
    ['v', undefined],
    [`1.2.3-${'a'.repeat(122)}`, `1.2.3-${'a'.repeat(122)}`],
    [`1.2.3-${'a'.repeat(123)}`, undefined],
    [`${'9'.repeat(20)}.0.0`, undefined],
    [`1.2.3-${'a'.repeat(100_000)}`, undefined],
  ])('%j is %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });

  it('are sorted by their meaning', () => {
    expect(newestFirst(['1.9.0', '1.10.0', '2.0.0-rc.1', '2.0.0', '1.10.0-a'])).toEqual([
      '2.0.0',
      '2.0.0-rc.1',
      '1.10.0',
      '1.10.0-a',
      '1.9.0',
    ]);
  });
});

describe('severities', () => {
  it('P0 is the worst', () => {
    expect(worst(severities.toReversed())).toBe('P0');
    expect(worst([])).toBeUndefined();
    expect([isWorse('P0', 'P1'), isWorse('P1', 'P1'), isWorse('P3', 'P2')]).toEqual([true, false, false]);
  });
});

describe('people', () => {
  it.each([
    ['through another account', ana, person('ana', 'ana-at-home'), true],
    ['who only share a name', ana, person('ana-2', 'Ana Ruiz'), false],
    ['who are two', ana, ben, false],
    ['nobody knows', stranger, stranger, false],
    ['who are none', alertmanager, alertmanager, false],
  ])('%s are the same', (_who, one, other, same) => {
    expect(isSamePerson(one, other)).toBe(same);
  });

  it('only people have roles', () => {
    expect([hasRole(ben, ['approver']), hasRole(ana, ['approver']), hasRole(alertmanager, ['lead'])]).toEqual(
      [true, false, false],
    );
  });
});

describe('the word that was meant', () => {
  it.each([
    ['stabel', 'stable'],
    ['STABLE', 'stable'],
    ['stbale', 'stable'],
    ['canari', 'canary'],
    ['b', undefined],
    ['production', undefined],
    ['', undefined],
    ['x'.repeat(4_000), undefined],
  ])('by %s is %s', (typed, meant) => {
    expect(nearest(typed.slice(0, 4_000), ['stable', 'canary', 'beta'])).toBe(meant);
  });
});

describe('the answer to whoever asked', () => {
  const happened = (stream: string, event: AnyEvent) => {
    return { stream, event: { ...event, seq: 1, at: start, by: ana } };
  };
  const refused = {
    type: 'request.refused',
    code: 'not-open',
    what: 'approve OP-1',
    why: 'It ended.',
  } as const;
  const acknowledged = { type: 'incident.acknowledged', name: 'Ana Ruiz' } as const;

  it('is the refusal, whatever else happened', () => {
    expect(replyFor([happened('INC-1', acknowledged), happened('OP-1', refused)])).toEqual({
      tone: 'refused',
      title: 'Cannot approve OP-1',
      lines: ['It ended.'],
    });
  });

  it('is what was set going', () => {
    const answer = replyFor([happened('INC-1', acknowledged)]);
    expect(answer.tone).toBe('done');
    expect(answer.title).toMatch(/^INC-1: .*Ana Ruiz/);
  });

  it('does not repeat what only keeps the books', () => {
    const locked = {
      type: 'channel.locked',
      operation: 'OP-1',
      name: 'Ana',
      reason: 'roll back',
      kind: 'rollback',
      to: '1.4.2',
    } as const;
    const noted = {
      type: 'operation.noted',
      operation: 'OP-1',
      progress: 'open',
      text: 'asked',
      loud: true,
    } as const;
    expect(replyFor([happened('channel:shop/stable', locked), happened('INC-1', noted)]).tone).toBe('info');
  });

  it.each([
    ['set', '2.4.0', '2.3.0', '2.4.0 is recorded as live, instead of 2.3.0: why. Nothing was deployed.'],
    ['set', '2.4.0', '2.4.0', '2.4.0 is recorded as live: why. Nothing was deployed.'],
    ['set', '2.4.0', undefined, '2.4.0 is recorded as live, instead of nothing: why. Nothing was deployed.'],
    ['deploy', '2.4.0', '2.4.0', '2.4.0 is live now.'],
  ] as const)(
    'names what was there before only when it was something else: %s %s, before %s',
    (cause, to, from, words) => {
      const moved = {
        type: 'channel.moved',
        to,
        from,
        cause,
        reason: 'why',
        actor: 'Ana Ruiz (slack)',
        operation: undefined,
        verified: false,
        since: undefined,
      } as const;
      expect(replyFor([happened('channel:shop/stable', moved)]).title).toBe(`shop/stable: ${words}`);
    },
  );

  it('is that nothing has changed', () => {
    expect(replyFor([])).toMatchObject({ tone: 'info', lines: [] });
  });

  it('is never endless', () => {
    const many = Array.from({ length: 50 }, () => happened('INC-1', acknowledged));
    expect(replyFor(many).lines).toHaveLength(5);
  });
});
