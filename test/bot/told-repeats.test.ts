import { expect, it } from 'vitest';
import { policiesMark, readRepeats, sayRepeats, type ToldRepeats } from '../../src/bot/told-repeats.ts';
import { mostTold } from '../../src/store/store.ts';
import { policies } from '../support/given.ts';

const where = { policies: 'p', ends: [{ id: 'INC-1', version: 3, hash: 'h' }], until: 1_000 };

it('says thousands in as few parts as are taken, and loses none', () => {
  const repeats = Array.from({ length: 1_000 }, (_, n) => `alertmanager {"ä":"\u{1F525}"} ${n}`);
  const said = sayRepeats({ ...where, repeats });

  expect(said.every((words) => Buffer.byteLength(words) <= mostTold)).toBe(true);
  expect(said.length).toBeLessThan(10);
  expect(said.map(readRepeats)).toEqual(said.map((): unknown => ({ ...where, repeats: expect.any(Array) })));
  expect(said.flatMap((words) => readRepeats(words)?.repeats)).toEqual(repeats);
});

it.each<[string, ToldRepeats, readonly string[]]>([
  ['a key that is longer', { ...where, repeats: ['x'.repeat(mostTold), 'y'] }, ['y']],
  [
    'more streams than there is room for',
    {
      ...where,
      ends: Array.from({ length: 500 }, (_, n) => ({ id: `INC-${n}`, version: 1, hash: 'h' })),
      repeats: ['y'],
    },
    [],
  ],
])('leaves out %s', (_, told, left) => {
  expect(sayRepeats(told).flatMap((words) => readRepeats(words)?.repeats)).toEqual(left);
});

it('tells also what no clock ends', () => {
  const [words = ''] = sayRepeats({ ...where, until: Infinity, repeats: ['x'] });

  expect(readRepeats(words)?.until).toBeGreaterThan(Date.parse('2100-01-01'));
});

it('marks policies by their files, in whichever order they were read', () => {
  const { hashes } = policies;
  const turned = Object.fromEntries(Object.entries(hashes).toReversed()) as typeof hashes;

  expect(policiesMark({ ...policies, hashes: turned })).toBe(policiesMark(policies));
  expect(policiesMark({ ...policies, hashes: { ...hashes, roster: 'x' } })).not.toBe(policiesMark(policies));
});
