import { describe, expect, it } from 'vitest';
import { lastgood } from '../../src/core/actor.ts';
import { evolveIncident } from '../../src/core/incident/evolve.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { ClockTick } from '../../src/core/incident/intent.ts';
import { setLast } from '../../src/core/incident/moved-times.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { ana, given, hour, minute, second, start } from '../support/given.ts';

/** An hour ahead. */
const opened = () =>
  given(incidentKind)
    .when(receive(firing('down', 'P0')), { at: hour })
    .when({ type: 'incident.name-suspect', suspect: undefined });

/** It was set back by an hour, and showed a minute then; what is set until `now` may have been set since. */
function setBack(now: number): ClockTick {
  const right = { from: start + 30 * second, to: start + now + 30 * second };
  return {
    type: 'clock.tick',
    down: undefined,
    setBack: { by: hour, since: start + hour + minute, right },
  };
}

it('what was set by the old clock comes as soon as before, and what was set by the new one stays', () => {
  opened()
    .when({ type: 'incident.acknowledge' }, { at: minute, by: ana })
    .when(setBack(minute), { at: minute })
    .leadsTo({ events: ['clock.set-back'], wakeAt: 16 * minute });
});

it('is said once, whoever has noticed', () => {
  const told = opened()
    .when(setBack(minute), { at: minute })
    .leadsTo({ events: ['clock.set-back'], wakeAt: 5 * minute });
  told.when(setBack(minute + 3 * second), { at: minute + 3 * second }).leadsTo({ events: [] });
  told.when(setBack(4 * minute), { at: 4 * minute }).leadsTo({ events: [] });
});

it('is not said where all is of the clock as it is now', () => {
  given(incidentKind)
    .when(receive(firing('down', 'P0')), { at: minute })
    .when({ type: 'incident.name-suspect', suspect: undefined })
    .when(setBack(minute), { at: minute })
    .leadsTo({ events: [], wakeAt: 6 * minute });
});

it('what somebody who had not noticed has set since then comes as soon as before, and nothing else is moved again', () => {
  opened()
    .when(setBack(minute), { at: minute })
    .when({ type: 'incident.acknowledge' }, { at: hour + 2 * minute, by: ana })
    .when(setBack(2 * minute), { at: 2 * minute })
    .leadsTo({ events: ['clock.set-back'], wakeAt: 17 * minute });
});

it('an incident of an earlier version does not say when a time was set, and all of it comes as soon as before', () => {
  const { nextCallSetAt: _, ...old } = opened().state;
  const event = { type: 'clock.set-back', back: hour, seq: 9, at: start + minute, by: lastgood } as const;
  const right = { from: start, to: start + 2 * minute };
  for (const told of [event, { ...event, right }])
    expect(evolveIncident(old, told, 'INC-1').nextCall?.at).toBe(start + 5 * minute);
});

it('an earlier version has said with a zero that all stays which was set by then', () => {
  const { state } = opened();
  const right = { from: 0, to: start + 2 * hour };
  const told = {
    type: 'clock.set-back',
    back: hour,
    right,
    seq: 9,
    at: start + minute,
    by: lastgood,
  } as const;
  expect(evolveIncident(state, told, 'INC-1').nextCall).toEqual(state.nextCall);
});

it('what was over for long is so by the clock that was set back, too', () => {
  const left = opened()
    .when({ type: 'incident.acknowledge' }, { at: hour + minute, by: ana })
    .when(receive(resolved('down')), { at: hour + 2 * minute });
  left
    .when(setBack(2 * minute), { at: 2 * minute })
    .when(receive(firing('disk', 'P0')), { at: 50 * minute })
    .leadsTo({ events: ['alert.fired', 'acknowledgement.expired', 'severity.changed', 'rung.fired'] });
});

describe('When an incident was last told when to act', () => {
  const acknowledge = { type: 'incident.acknowledge' } as const;
  const lower = { type: 'incident.set-severity', severity: 'P2', reason: 'one shop' } as const;
  const held = opened().when(acknowledge, { at: hour + minute, by: ana });
  it.each([
    ['as somebody is to be called', opened(), hour],
    ['as somebody has it, for however long', held, hour + minute],
    ['as it matters less', held.when(lower, { at: hour + 2 * minute, by: ana }), hour + 2 * minute],
  ])('%s', (_, { state }, at) => {
    expect(setLast(state)).toBe(start + at);
  });
});
