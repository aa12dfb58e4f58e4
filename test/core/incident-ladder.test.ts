import { describe, expect, it } from 'vitest';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { ClockTick } from '../../src/core/incident/intent.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Severity } from '../../src/core/severity.ts';
import { opened } from '../support/alerts.ts';
import { ana, given, hour, minute, policies, second, start } from '../support/given.ts';

const tick: ClockTick = { type: 'clock.tick', down: undefined };

/** Wakes the incident whenever it asks to be, and writes down what the ladder did: `15m rung 3.1 mail slack`. */
function climb(severity: Severity, until: number, current = policies): readonly string[] {
  let incident = opened(severity, current);
  const lines: string[] = [];
  const write = (): void => {
    for (const event of incident.events) {
      const at = `${(event.at - start) / minute}m`;
      if (event.type === 'rung.fired') {
        const who = new Set(event.pages.map(({ name }) => name));
        lines.push(`${at} rung ${event.rung}.${event.round}: ${[...who].join(', ')}`);
      }
      if (event.type === 'rung.empty') lines.push(`${at} rung ${event.rung}.${event.round} is empty`);
      if (event.type === 'ladder.ended') lines.push(`${at} end: ${event.next}`);
    }
  };
  write();
  for (let at = incident.wakeAt; at !== undefined && at <= until; at = incident.wakeAt) {
    incident = incident.when(tick, { at, policies: current });
    write();
  }
  return lines;
}

/** The shipped policies with these people on call for checkout. */
function onCall(rotation: Policies['roster']['rotations'][string]): Policies {
  return { ...policies, roster: { ...policies.roster, rotations: { checkout: rotation } } };
}

const nobody: Policies = {
  ...onCall({}),
  escalation: {
    policies: {
      default: Object.fromEntries(
        Object.entries(policies.escalation.policies['default'] ?? {}).map(([severity, ladder]) => [
          severity,
          {
            ...ladder,
            rungs: ['primary', 'secondary'].map((on_call) => ({
              after: 5 * minute,
              page: [{ on_call, by: ['mail' as const] }],
            })),
          },
        ]),
      ) as Policies['escalation']['policies'][string],
    },
  },
};

describe('while nobody acknowledges', () => {
  it('a P0 climbs its rungs, its rounds, and then calls everybody again and again', () => {
    expect(climb('P0', 75 * minute)).toEqual([
      '0m rung 1.1: Ana Ruiz',
      '5m rung 2.1: Ben Okafor',
      '10m rung 3.1: Dana Levi, oncall group',
      '15m rung 4.1: #emergency, everybody group',
      '15m end: repeat',
      '20m rung 1.2: Ana Ruiz',
      '25m rung 2.2: Ben Okafor',
      '30m rung 3.2: Dana Levi, oncall group',
      '35m rung 4.2: #emergency, everybody group',
      '35m end: repeat',
      '40m rung 1.3: Ana Ruiz',
      '45m rung 2.3: Ben Okafor',
      '50m rung 3.3: Dana Levi, oncall group',
      '55m rung 4.3: #emergency, everybody group',
      '55m end: every',
      '60m rung 5.3: #emergency, everybody group',
      '65m rung 5.4: #emergency, everybody group',
      '70m rung 5.5: #emergency, everybody group',
      '75m rung 5.6: #emergency, everybody group',
    ]);
  });

  it('a P1 goes round from its second rung', () => {
    expect(climb('P1', 91 * minute)).toEqual([
      '0m rung 1.1: Ana Ruiz',
      '15m rung 2.1: Ben Okafor',
      '30m rung 3.1: Dana Levi, oncall group',
      '30m end: repeat',
      '45m rung 2.2: Ben Okafor',
      '60m rung 3.2: Dana Levi, oncall group',
      '60m end: every',
      '75m rung 4.2: Dana Levi, oncall group, #emergency, everybody group',
      '90m rung 4.3: Dana Levi, oncall group, #emergency, everybody group',
    ]);
  });

  it('the end of the ladder is shouted in the emergency conversation', () => {
    const before = opened('P0')
      .when(tick, { at: 5 * minute })
      .when(tick, { at: 10 * minute });
    const end = before.when(tick, { at: 15 * minute });
    expect(end.effects).toContainEqual(
      expect.objectContaining({
        type: 'page.slack',
        person: undefined,
        to: policies.notifications.conversations['emergency'],
        text: expect.stringContaining('INC-1') as string,
      }),
    );
  });

  it('each call rings under a key of its own', () => {
    let incident = opened('P1');
    const keys: string[] = [];
    for (let at = incident.wakeAt; at !== undefined && at < 3 * hour; at = incident.wakeAt) {
      keys.push(...incident.effects.flatMap((each) => (each.type === 'page.pagerduty' ? each.dedupKey : [])));
      incident = incident.when(tick, { at });
    }
    expect(keys.length).toBeGreaterThan(8);
    expect(new Set(keys).size).toBe(keys.length);
    expect(incident.state.pagerdutyKeys.slice(0, keys.length)).toEqual(keys);
  });
});

describe('who is on call', () => {
  it('is looked up when the rung is called', () => {
    const swapped = onCall({ primary: { people: ['ana'] }, secondary: { people: ['dana'] } });
    opened('P0')
      .when(tick, { at: 5 * minute, policies: swapped })
      .leadsTo({
        events: [{ type: 'rung.fired', pages: [{ name: 'Dana Levi' }, {}, {}] as never }],
      });
  });

  it('may be nobody: the rung is skipped at once', () => {
    const gap = onCall({ primary: { people: ['ana'] }, manager: { people: ['dana'] } });
    expect(climb('P0', 10 * minute, gap)).toEqual([
      '0m rung 1.1: Ana Ruiz',
      '5m rung 2.1 is empty',
      '5m rung 3.1: Dana Levi, oncall group',
      '10m rung 4.1: #emergency, everybody group',
      '10m end: repeat',
    ]);
  });

  it('may be nobody on the last rung: the rounds go on as before', () => {
    const noSecond = { ...nobody, roster: onCall({ primary: { people: ['ana'] } }).roster };
    expect(climb('P1', 60 * minute, noSecond)).toEqual([
      '5m rung 1.1: Ana Ruiz',
      '10m rung 2.1 is empty',
      '10m end: repeat',
      '25m rung 2.2 is empty',
      '25m end: every',
      '25m rung 3.2: #emergency, oncall group, everybody group',
      '40m rung 3.3: #emergency, oncall group, everybody group',
      '55m rung 3.4: #emergency, oncall group, everybody group',
    ]);
  });

  it('may be nobody at all: the call of last resort does not wait', () => {
    expect(climb('P0', 15 * minute, nobody)).toEqual([
      '5m rung 1.1 is empty',
      '5m rung 2.1 is empty',
      '5m end: every',
      '5m rung 3.1: #emergency, oncall group, everybody group',
      '10m rung 3.2: #emergency, oncall group, everybody group',
      '15m rung 3.3: #emergency, oncall group, everybody group',
    ]);
  });

  it('is paged only where they can be reached, and once', () => {
    const { ana: entry, ...others } = policies.roster.people;
    const people = { ...others, ana: { ...entry, name: 'Ana Ruiz', slack: [], roles: [], email: undefined } };
    const unreachable: Policies = {
      ...policies,
      roster: { people, rotations: policies.roster.rotations },
    };
    const byPagerDuty = opened('P0', unreachable).events.at(-1);
    expect(byPagerDuty).toMatchObject({ pages: [{ person: 'ana', by: 'pagerduty' }] });
    opened('P3', unreachable).leadsTo({
      events: ['suspect.named', 'rung.empty', { type: 'rung.fired', rung: 2 }, 'ladder.ended'],
    });
  });
});

describe('being late', () => {
  it('is not worth a word up to ten seconds', () => {
    const punctual = opened('P0').when(tick, { at: 5 * minute + 10 * second });
    punctual.leadsTo({ events: [{ type: 'rung.fired', rung: 2, dueAt: undefined }, 'clock.missed'] });
  });

  it('is said, and the rungs after it keep to their time', () => {
    const late = opened('P0').when(tick, { at: 5 * minute + 10 * second + 1 });
    late.leadsTo({
      events: [{ type: 'rung.fired', rung: 2, dueAt: start + 5 * minute }, 'clock.missed'],
      wakeAt: 10 * minute,
    });
  });

  it('after being down, every rung of the round is called, and how long it was down is said first', () => {
    const down = { from: start + minute, to: start + 12 * minute };
    const late = opened('P0').when({ type: 'clock.tick', down }, { at: 12 * minute });
    late.leadsTo({
      events: [
        { type: 'timers.late', ...down, steps: 2 },
        { type: 'rung.fired', rung: 2, dueAt: start + 5 * minute },
        { type: 'rung.fired', rung: 3, dueAt: start + 10 * minute },
        { type: 'clock.missed', clock: 'acknowledge_within' },
      ],
      wakeAt: 15 * minute,
    });
  });

  it('a short absence in which nothing was due is no news', () => {
    const down = { from: start + minute, to: start + 2 * minute };
    opened('P0')
      .when({ type: 'clock.tick', down }, { at: 5 * minute })
      .leadsTo({
        events: [{ type: 'rung.fired', rung: 2 }],
      });
  });

  it('after days away one round is caught up and no more; the next one counts from now', () => {
    const down = { from: start + minute, to: start + 72 * hour };
    const back = opened('P0').when({ type: 'clock.tick', down }, { at: 72 * hour });
    back.leadsTo({
      events: [
        { type: 'timers.late', steps: 3 },
        { type: 'rung.fired', rung: 2, round: 1 },
        { type: 'rung.fired', rung: 3, round: 1 },
        { type: 'rung.fired', rung: 4, round: 1 },
        { type: 'ladder.ended', next: 'repeat' },
        'clock.missed',
        'clock.missed',
      ],
      wakeAt: 72 * hour + 5 * minute,
    });
  });
});

describe('asked when nothing is due', () => {
  it('nothing happens', () => {
    opened('P0')
      .when(tick, { at: 5 * minute - 1 })
      .leadsTo({ events: [], wakeAt: 5 * minute });
  });

  it('nor when it is over', () => {
    const over = opened('P0').when({ type: 'incident.resolve', reason: '' }, { by: ana });
    over.when(tick, { at: 24 * hour }).leadsTo({ events: [], wakeAt: undefined });
  });

  it('nor when it never was', () => {
    given(incidentKind).when(tick).leadsTo({ events: [], tells: [] });
  });
});
