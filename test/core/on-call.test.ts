import { expect, it } from 'vitest';
import { onCallAt, rosterPolicy } from '../../src/core/policies/roster.ts';
import { wallClock, whenWallClockShows } from '../../src/core/policies/wall-clock.ts';

const roster = rosterPolicy.parse({
  people: {},
  rotations: {
    checkout: {
      primary: { people: ['ana', 'ben', 'dana'], starts: '2026-01-05T09:00:00Z', each: '7d' },
      secondary: { people: ['ben', 'dana'] },
    },
    berlin: {
      primary: { people: ['ana', 'ben'], starts: '2026-01-05T09:00', each: '7d', zone: 'Europe/Berlin' },
      shifts: { people: ['ana', 'ben'], starts: '2026-01-05T08:00', each: '12h', zone: 'Asia/Kolkata' },
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
  ['berlin', 'primary', '2026-01-12T07:59:59Z', ['ana'], 'in winter Berlin’s nine o’clock has not come yet'],
  ['berlin', 'primary', '2026-01-12T08:00:00Z', ['ben'], 'and now it has'],
  ['berlin', 'primary', '2026-03-30T06:59:59Z', ['ben'], 'in summer it is not seven o’clock UTC yet'],
  ['berlin', 'primary', '2026-03-30T07:00:00Z', ['ana'], 'and now it is, an hour sooner than in winter'],
  ['berlin', 'primary', '2026-10-26T07:59:59Z', ['ben'], 'after the clocks were set back it is eight again'],
  ['berlin', 'primary', '2026-10-26T08:00:00Z', ['ana'], 'and the week is an hour longer'],
  ['berlin', 'shifts', '2026-01-05T14:29:59Z', ['ana'], 'half an hour is an offset, too'],
  ['berlin', 'shifts', '2026-01-05T14:30:00Z', ['ben'], 'of twelve-hour shifts'],
  ['search', 'primary', '2026-01-05T09:00:00Z', [], 'nor has a rotation that is not there'],
])('%s %s at %s: %j, %s', (rotation, level, at, people) => {
  expect(onCallAt(roster, rotation, level, Date.parse(at))).toEqual(people);
});

it.each([
  [{ starts: '2026-01-05T09:00', each: '7d' }, 'or a zone beside a time without the Z'],
  [
    { starts: '2026-01-05T09:00:00Z', each: '7d', zone: 'Europe/Berlin' },
    'or a zone beside a time without the Z',
  ],
  [{ starts: '2026-01-05T09:00:00+01:00', each: '7d' }, 'expected a UTC time'],
  [
    { starts: '2026-01-05T09:00', each: '7d', zone: 'Europe/Berlinn' },
    'expected a time zone such as Europe/Berlin',
  ],
  [{ zone: 'Europe/Berlin' }, 'a zone says nothing without starts and each'],
])('%j is refused: %s', (turns, why) => {
  const read = rosterPolicy.safeParse({
    people: {},
    rotations: { checkout: { primary: { people: ['ana'], ...turns } } },
  });
  expect(read.error?.issues.map(({ message }) => message).join()).toContain(why);
});

it.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia'])(
  'what the clocks of %s show leads back to the moment, all year round',
  (zone) => {
    const year = Array.from(
      { length: 365 },
      (_, day) => Date.parse('2026-01-01T12:00:00Z') + day * 86_400_000,
    );
    expect(year.filter((at) => whenWallClockShows(wallClock(at, zone), zone) !== at)).toEqual([]);
  },
);
