import { describe, expect, it } from 'vitest';
import { wholeAnswer } from '../../src/bench/connection.ts';
import { interleaved, median, middle, percentile } from '../../src/bench/measure.ts';
import { absolute, atLeastTimes, atMost, atMostTimes, beside, sayRow } from '../../src/bench/row.ts';

describe('measuring', () => {
  it('takes turns, A B and then B A, so that a machine that slows down slows both', async () => {
    const turns: string[] = [];
    const turn = (name: string) => async (slice: number) => {
      turns.push(`${name}${slice}`);
      return { took: slice };
    };
    const measured = await interleaved(4, { a: turn('A'), missing: undefined, b: turn('B') });
    expect(turns).toEqual(['A0', 'B0', 'B1', 'A1', 'A2', 'B2', 'B3', 'A3']);
    expect(measured).toEqual({
      a: [{ took: 0 }, { took: 1 }, { took: 2 }, { took: 3 }],
      b: [{ took: 0 }, { took: 1 }, { took: 2 }, { took: 3 }],
      missing: [],
    });
    expect(middle(measured.a, 'took')).toBe(1.5);
  });

  it('takes the middle, whatever the order, and the mean of two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
    expect(() => median([])).toThrow('no median of nothing');
  });

  it('takes as a percentile a value that was measured', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile(hundred, 1)]).toEqual([
      50, 99, 100,
    ]);
    expect(percentile([7], 0.99)).toBe(7);
  });
});

describe('an answer on the wire', () => {
  it.each([
    ['with a length', 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}', 202],
    ['without a body', 'HTTP/1.1 200 OK\r\nVary: Origin\r\n\r\n', 200],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', 200],
    ['of which a part is missing', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}', undefined],
    [
      'of which the last chunk is missing',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok',
      undefined,
    ],
    ['of which the head is cut', 'HTTP/1.1 200 OK\r\nContent-', undefined],
  ])('%s', (_, text, status) => {
    expect(wholeAnswer(text)).toBe(status);
  });
});

describe('a row', () => {
  const measured = {
    name: 'intake',
    unit: '1/s',
    value: 1_300,
    floor: 1_000,
    against: 'Alertmanager',
  } as const;

  it.each([
    ['at least so many times the floor', atLeastTimes(1.3, measured), true],
    ['less than that', atLeastTimes(1.31, measured), false],
    ['at most so many times the floor', atMostTimes(1.3, measured), true],
    ['more than that', atMostTimes(1.29, measured), false],
    ['at most so much, whatever the floor', atMost(1_300, measured), true],
    ['more than so much', atMost(1_299, measured), false],
    ['at most so much, without a floor', absolute(0, { ...measured, value: 0 }), true],
    ['more than nothing', absolute(0, { ...measured, value: 1 }), false],
    ['without a promise', beside(measured), undefined],
  ])('%s', (_, row, ok) => {
    expect(row.ok).toBe(ok);
  });

  it('says what was measured, beside what, and what was promised', () => {
    expect(sayRow(atLeastTimes(1.4, measured)).replace(/ +/g, ' ')).toBe(
      'intake 1300 1/s Alertmanager 1000, × 1.3 BEYOND ≥ × 1.4',
    );
    expect(sayRow({ name: 'intake', skipped: 'Alertmanager is not installed' })).toMatch(
      /^intake +skipped: Alertmanager is not installed$/,
    );
  });
});
