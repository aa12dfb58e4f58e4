import { describe, expect, it } from 'vitest';
import { climbsOf, emptyRungs, type Reaches } from '../../src/core/incident/reach.ts';
import { sayClimbs, sayEmptyRungs } from '../../src/core/incident/say-climbs.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { minute, policies, start } from '../support/given.ts';

const day = 24 * 60 * minute;
const twoWeeks = start + 14 * day;
const everybody: Reaches = () => true;
const bySlackAlone: Reaches = ({ by }) => by === 'slack';

function said(reaches: Reaches, changed: Policies = policies, until = twoWeeks): readonly string[] {
  return sayEmptyRungs(emptyRungs(changed, reaches, start, until), start);
}

describe('A rung that pages nobody', () => {
  it('is not there in the example policies', () => {
    expect(said(everybody)).toEqual([]);
  });

  it('is one whose means do not reach', () => {
    expect(said(({ by }) => by !== 'slack')).toContainEqual(
      expect.stringMatching(/^P3 of Checkout( and Platform)?, rung 1 of 2: nobody \(Ana Ruiz by Slack\)$/),
    );
    expect(said(bySlackAlone)).toEqual([]);
  });

  // Ben and Ana take turns on platform, a week each from Monday 09:00 on; on 22 November Ben is the secondary.
  it('is told before its time comes, with the moment', () => {
    const withoutBen: Reaches = ({ person }) => person !== 'ben';
    const platform = said(withoutBen).filter((line) => /P0 of .*Platform/.test(line));
    expect(platform).toEqual([
      'P0 of Checkout and Platform, rung 2 of 4: nobody (Ben Okafor by PagerDuty, Ben Okafor by Slack, Ben Okafor by mail)',
      'P0 of Platform, rung 1 of 4: nobody from 2026-11-23 09:00 UTC on (Ben Okafor by PagerDuty, Ben Okafor by Slack, Ben Okafor by mail)',
    ]);
  });

  it('is not told when it comes after the time that is looked at', () => {
    const withoutBen: Reaches = ({ person }) => person !== 'ben';
    const soon = said(withoutBen, policies, start + day).filter((line) =>
      /P0 of .*Platform, rung 1/.test(line),
    );
    expect(soon).toEqual([]);
  });

  it('is found soon enough where turns are very short', () => {
    const level = { people: ['ben', 'ana', 'dana'], starts: start, each: 1_000 };
    const roster = {
      ...policies.roster,
      rotations: {
        ...policies.roster.rotations,
        platform: { primary: level, secondary: level, manager: level },
      },
    };
    expect(said(everybody, { ...policies, roster })).toEqual([]);
  });
});

it('services that share ladder and rotation are climbed for together', () => {
  const { checkout } = policies.services.services;
  if (!checkout) throw new Error('the example policies have changed');
  const services = { ...policies.services, services: { checkout, cart: { ...checkout, title: 'Cart' } } };
  const climbs = climbsOf({ ...policies, services });
  expect(climbs.map(({ services: titles, severity }) => [titles, severity])).toEqual(
    ['P0', 'P1', 'P2', 'P3'].map((severity) => [['Checkout', 'Cart'], severity]),
  );
});

describe('The same of several ladders is said once, and names them all:', () => {
  const climb = (severity: 'P0' | 'P1', ...services: readonly string[]) => ({ severity, services });

  it.each([
    [[climb('P0', 'API')], 'P0 of API'],
    [[climb('P0', 'API', 'Web'), climb('P1', 'API', 'Web')], 'P0 and P1 of API and Web'],
    [[climb('P0', 'API'), climb('P1', 'API'), climb('P0', 'Web')], 'P0 and P1 of API; P0 of Web'],
    [[climb('P1', 'API', 'Search'), climb('P1', 'Web')], 'P1 of API, Search and Web'],
  ])('%j', (climbs, expected) => {
    expect(sayClimbs(climbs)).toBe(expected);
  });
});
