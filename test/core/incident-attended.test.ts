import { describe, expect, it } from 'vitest';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { wayBack } from '../../src/core/incident/way-back.ts';
import { firing, opened, receive, resolved, suspect } from '../support/alerts.ts';
import { alertmanager, ana, dana, minute } from '../support/given.ts';

const by = alertmanager;
const acknowledge: IncidentIntent = { type: 'incident.acknowledge' };
const certificate = receive(firing('certificate', 'P3'));

function note(progress: 'running' | 'held' | 'failed'): IncidentIntent {
  return { type: 'incident.note-operation', operation: 'OP-1', progress, text: progress, loud: false };
}

function standing({ state }: ReturnType<typeof opened>): readonly string[] {
  return [state.severity, state.status];
}

describe('While somebody sees to what is over, nothing that fires then counts as news days later', () => {
  it('what a lead has just raised stays as bad as that, and calls by its ladder', () => {
    const raised = opened('P2')
      .when(receive(resolved('5xx')), { at: 10 * minute, by })
      .when(
        { type: 'incident.set-severity', severity: 'P0', reason: 'nobody can pay' },
        { at: 60 * minute, by: dana },
      );
    const back = raised.when(receive(firing('5xx', 'P2')), { at: 61 * minute, by });
    expect(standing(back)).toEqual(['P0', 'triggered']);
    expect(back.effects.map(({ type }) => type)).toContain('page.pagerduty');

    const held = raised.when(acknowledge, { at: 60 * minute, by: dana });
    expect(standing(held.when(certificate, { at: 61 * minute, by }))).toEqual(['P0', 'acknowledged']);
  });

  it('what somebody has just acknowledged is theirs', () => {
    const held = opened('P0')
      .when(receive(resolved('5xx')), { at: 10 * minute, by })
      .when(acknowledge, { at: 30 * minute, by: ana });
    expect(standing(held.when(receive(firing('5xx', 'P0')), { at: 31 * minute, by }))).toEqual([
      'P0',
      'acknowledged',
    ]);
  });

  it('what a rollback is at work on is neither lowered nor taken from anybody, and rings should that fail', () => {
    const atWork = opened('P0')
      .when(acknowledge, { at: minute, by: ana })
      .when(note('running'), { at: 2 * minute })
      .when(receive(resolved('5xx')), { at: 4 * minute, by })
      .when(certificate, { at: 40 * minute, by });
    expect(standing(atWork)).toEqual(['P0', 'acknowledged']);
    const failed = atWork.when(note('failed'), { at: 41 * minute });
    const called = failed.when({ type: 'clock.tick', down: undefined }, { at: 41 * minute });
    expect([...failed.effects, ...called.effects].map(({ type }) => type)).toContain('page.pagerduty');
  });

  it('what is over by the end of the notification that tells of it takes it from nobody', () => {
    const left = opened('P0')
      .when(acknowledge, { at: minute, by: ana })
      .when(receive(resolved('5xx')), { at: 4 * minute, by });
    const blink = receive(firing('certificate', 'P3'), resolved('certificate'));
    expect(standing(left.when(blink, { at: 120 * minute, by }))).toEqual(['P0', 'acknowledged']);
  });
});

it('While a rollback is held between two steps, nobody is offered another', () => {
  const held = opened('P0')
    .when({ type: 'incident.name-suspect', suspect }, { at: 0 })
    .when(note('running'), { at: minute })
    .when(note('held'), { at: 2 * minute });
  expect(wayBack(held.state)).toBeUndefined();
});
