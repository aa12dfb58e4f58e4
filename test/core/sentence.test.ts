import { expect, it } from 'vitest';
import { sentence } from '../../src/core/sentence.ts';

it.each([
  ['Cannot approve OP-1', 'Cannot approve OP-1.'],
  ['There is no release channel “stabel”', 'There is no release channel “stabel”.'],
  ['Which incident?', 'Which incident?'],
  ['You can say:', 'You can say:'],
  ['He said “No.”', 'He said “No.”'],
])('%s: more may follow it', (text, ended) => {
  expect(sentence(text)).toBe(ended);
});
