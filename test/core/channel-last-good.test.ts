import { describe, expect, it } from 'vitest';
import type { ChannelEvent } from '../../src/core/channel/event.ts';
import { evolveChannel, isGood, lastGood, type Channel } from '../../src/core/channel/state.ts';
import { hour, minute, start } from '../support/given.ts';
import type { Severity } from '../../src/core/severity.ts';
import { lastgood } from '../../src/core/actor.ts';

const healthyAfter = 30 * minute;

/** A history in words: what was live from when on, and the incidents between. */
type Line =
  | readonly [at: number, 'set' | 'import' | 'rollback' | 'promote', version: string]
  | readonly [at: number, 'incident', Severity]
  | readonly [at: number, 'over'];

function channel(...lines: readonly Line[]): Channel {
  let state: Channel | undefined;
  for (const line of lines) {
    const [at] = line;
    const event = { ...eventOf(line, state), seq: 1, at: start + at, by: lastgood };
    state = evolveChannel(state, event, 'channel:shop/stable');
  }
  if (!state) throw new Error('a channel without a history');
  return state;
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
      return { type: 'incident.noted', incident: 'INC-1', severity: line[2], conversation: 'C0' };
    case 'over':
      return { type: 'incident.noted', incident: 'INC-1', severity: undefined, conversation: 'C0' };
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
      'not one in whose first half hour a P1 opened',
      [
        [0, 'set', '1.4.2'],
        [29 * minute, 'incident', 'P1'],
        [40 * minute, 'over'],
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
        [6 * hour, 'set', '1.5.0'],
      ],
      undefined,
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
    const moved = (version: string, since: number) => {
      return { ...eventOf([since, 'import', version], open), seq: 1, at: start + minute, by: lastgood };
    };
    const id = 'channel:shop/stable';
    const first = evolveChannel(open, moved('1.4.2', -9 * hour), id);
    const imported = evolveChannel(first, moved('1.5.0', -hour), id);
    expect(lastGood(imported, healthyAfter, start + minute)).toBe('1.4.2');
  });
});

describe('a version that is live', () => {
  it('becomes good with time', () => {
    const [period] = channel([0, 'set', '1.4.2']).periods;
    const goodAt = (at: number) => period && isGood(period, healthyAfter, start + at);
    expect([goodAt(30 * minute - 1), goodAt(30 * minute)]).toEqual([false, true]);
  });

  it('keeps the 300 last moves, and forgets no version', () => {
    const many = channel(...Array.from({ length: 310 }, (_, n): Line => [n * hour, 'set', `1.${n}.0`]));
    expect(many.moves).toHaveLength(300);
    expect(many.moves.at(-1)).toMatchObject({ to: '1.309.0', from: '1.308.0' });
    expect(many.periods).toHaveLength(310);
  });
});
