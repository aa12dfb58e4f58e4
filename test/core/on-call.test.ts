import { expect, it } from 'vitest';
import { onCallAt, rosterPolicy } from '../../src/core/policies/roster.ts';

const roster = rosterPolicy.parse({
  people: {},
  rotations: {
    checkout: {
      primary: { people: ['ana', 'ben', 'dana'], starts: '2026-01-05T09:00:00Z', each: '7d' },
      secondary: { people: ['ben', 'dana'] },
    },
  },
});

it.each([
  ['checkout', 'primary', '2026-01-05T09:00:00Z', ['ana'], 'the first turn begins on time'],
  ['checkout', 'primary', '2026-01-12T08:59:59Z', ['ana'], 'and lasts to its last second'],
  ['checkout', 'primary', '2026-01-12T09:00:00Z', ['ben'], 'then comes the next person'],
  ['checkout', 'primary', '2026-01-19T09:00:00Z', ['dana'], 'and the last one'],
  ['checkout', 'primary', '2026-01-26T09:00:00Z', ['ana'], 'and the first one again'],
  ['checkout', 'primary', '2026-01-05T08:59:59Z', ['dana'], 'before the first turn it was the last one’s'],
  ['checkout', 'primary', '2036-11-03T08:59:59Z', ['ana'], 'years later it is still in step'],
  ['checkout', 'secondary', '2026-01-05T09:00:00Z', ['ben', 'dana'], 'without turns it is everybody'],
  ['checkout', 'manager', '2026-01-05T09:00:00Z', [], 'a level that is not there has nobody'],
  ['search', 'primary', '2026-01-05T09:00:00Z', [], 'nor has a rotation that is not there'],
])('%s %s at %s: %j, %s', (rotation, level, at, people) => {
  expect(onCallAt(roster, rotation, level, Date.parse(at))).toEqual(people);
});
