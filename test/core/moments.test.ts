import { describe, expect, it, test } from 'vitest';
import { momentsIn } from '../../src/core/moments.ts';
import { sayDate, sayMoment } from '../../src/core/time.ts';

const now = Date.parse('2026-11-22T00:10:00Z');

function found(text: string): readonly (string | number)[] {
  return momentsIn(text, now).map((part) => (typeof part === 'string' ? part : part.at));
}

describe('A moment is found as it was said', () => {
  it.each([now, now + 600_000, now - 3_600_000, now + 11 * 3_600_000])('%i', (at) => {
    expect(found(`until ${sayMoment(at)}.`)).toEqual(['until ', at, '.']);
    expect(found(sayDate(at))).toEqual([at]);
  });

  it('of years ago, by its date', () => {
    const then = Date.parse('2020-02-29T12:30:00Z');
    expect(found(`since ${sayDate(then)} on`)).toEqual(['since ', then, ' on']);
  });

  it('also the first of two that share their zone', () => {
    expect(found('down 23:58:00–00:02:00 UTC; 2 steps')).toEqual([
      'down ',
      now - 720_000,
      '–',
      now - 480_000,
      '; 2 steps',
    ]);
  });
});

test.each(['', 'at 25:00:00 UTC', '03:04:05', '1.03:04 UTC', 'x 03:04:05 UTCX', '12:03:04:05 UTC'])(
  'nothing is taken for one that is none: %j',
  (text) => {
    expect(found(text).join('')).toBe(text);
  },
);
