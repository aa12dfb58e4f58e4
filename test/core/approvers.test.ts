import { describe, expect, it } from 'vitest';
import { approversToAsk, sayAsked } from '../../src/core/operation/approvers.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { ana, ben, dana, policies, start } from '../support/given.ts';

type People = Policies['roster']['people'];

const request = {
  app: 'shop',
  channel: 'stable',
  service: 'checkout',
  severity: 'P0',
  rule: { approvals: 1, roles: ['approver', 'lead'] },
  requestedBy: ana,
} as const;

/** The names of those who are asked. */
function asked(changes: object = {}, current = policies): string {
  return sayAsked(approversToAsk({ ...request, ...changes }, current, start));
}

function withPeople(people: People): Policies {
  return { ...policies, roster: { ...policies.roster, people: { ...policies.roster.people, ...people } } };
}

/** Approvers that no rotation knows. */
function crowd(count: number): People {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `kit-${n}`,
      { name: `Kit ${n}`, slack: [`U0KIT${n}`], roles: ['approver' as const] },
    ]),
  );
}

describe('whoever is on call and may approve is asked', () => {
  it('in the order of the rungs, and never the person who wants it', () => {
    expect(asked()).toBe('Ben Okafor, Dana Levi');
    expect(asked({ requestedBy: ben })).toBe('Dana Levi');
    expect(asked({ requestedBy: dana })).toBe('Ben Okafor');
  });

  it('and nobody who is asleep, whatever they may', () => {
    expect(asked({}, withPeople(crowd(3)))).toBe('Ben Okafor, Dana Levi');
  });

  it('on the rungs that the severity has', () => {
    // P3 calls the primary, and then a conversation.
    expect(
      asked({ severity: 'P3', requestedBy: ben, rule: { approvals: 1, roles: ['approver', 'responder'] } }),
    ).toBe('Ana Ruiz');
  });

  it('on any rung of any severity when there is no incident', () => {
    expect(asked({ severity: undefined, service: undefined })).toBe('Ben Okafor, Dana Levi');
  });

  it('for the services of that channel, and for that of the incident wherever it is', () => {
    const { services } = policies.services;
    const elsewhere = Object.fromEntries(
      Object.entries(services).map(([name, service]) => [name, { ...service, channel: 'canary' }]),
    );
    const moved = {
      ...withPeople(crowd(1)),
      services: { ...policies.services, services: elsewhere },
    };
    expect(asked({}, moved)).toBe('Ben Okafor, Dana Levi');
    expect(asked({ service: undefined }, moved)).toBe('Ben Okafor, Dana Levi, Kit 0');
  });
});

describe('when too few of those on call may approve', () => {
  it('everybody else is asked who may, after them', () => {
    expect(asked({ rule: { approvals: 3, roles: ['approver'] } }, withPeople(crowd(2)))).toBe(
      'Ben Okafor, Dana Levi, Kit 0, Kit 1',
    );
  });

  it('or none of them, everybody is asked who may', () => {
    const alone = { ...request, app: 'blog', service: undefined };
    expect(asked(alone)).toBe('Ben Okafor, Dana Levi');
    expect(asked({ ...alone, requestedBy: dana, rule: { approvals: 1, roles: ['lead'] } })).toBe('');
  });

  it('at most eight of them by name', () => {
    const many = approversToAsk({ ...request, app: 'blog', service: undefined }, withPeople(crowd(9)), start);
    expect(many.people.map(({ person }) => person)).toEqual([
      'ben',
      'dana',
      ...Array.from({ length: 6 }, (_, n) => `kit-${n}`),
    ]);
    expect(sayAsked(many)).toMatch(/Kit 5 and 3 more$/);
  });
});

it('is written to where the roster says', () => {
  expect(approversToAsk(request, policies, start).people[0]).toEqual({
    person: 'ben',
    name: 'Ben Okafor',
    slack: 'U0BEN',
    email: 'ben@shop.example',
  });
});
