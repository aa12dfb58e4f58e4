import { expect, it } from 'vitest';
import { answerIn } from '../../src/executors/github-answer.ts';

const now = Date.parse('2026-11-22T03:00:00Z');
const refusal = (status: number, headers: Record<string, string>) =>
  Object.assign(new Error('no'), { response: { status, headers } });
const at = (seconds: number) => String(now / 1_000 + seconds);

// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
it.each([
  ['names the seconds', 429, { 'retry-after': '7' }, 7_000],
  ['names the seconds to a secondary limit', 403, { 'retry-after': '60' }, 60_000],
  [
    'says when the limit is reset',
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(90) },
    91_000,
  ],
  ['reset it a moment ago', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': at(-5) }, 1_000],
  ['names no time', 429, {}, 60_000],
  ['names one that is none', 429, { 'retry-after': 'soon' }, 60_000],
  ['refuses for another reason', 403, { 'x-ratelimit-remaining': '4999' }, undefined],
  ['has trouble', 502, { 'retry-after': '5' }, undefined],
])('GitHub that %s (%i)', (_name, status, headers, slowDown) => {
  expect(answerIn(refusal(status, headers), now)).toEqual({ status, words: 'no', slowDown });
});

it('no answer is none', () => {
  expect(answerIn(new Error('socket hang up'), now)).toBeUndefined();
});
