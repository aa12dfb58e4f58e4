import { describe, expect, it } from 'vitest';
import type { ClockTick } from '../../src/core/incident/intent.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { firing, receive } from '../support/alerts.ts';
import { ana, ben, given, hour, minute, start } from '../support/given.ts';
import { asked, done, stepSettled } from '../support/rollback.ts';

/** The store was restored from a backup that ended so much after the beginning. */
function restored(from: number): ClockTick {
  return { type: 'clock.tick', down: undefined, restored: { from: start + from } };
}

describe('after a restore, an incident', () => {
  const opened = () =>
    given(incidentKind)
      .when(receive(firing('down', 'P0')))
      .when({ type: 'incident.name-suspect', suspect: undefined });

  it('calls nobody who was due since the backup, and the next one as long after it as before', () => {
    const before = opened();
    const next = before.wakeAt ?? 0;
    expect(next).toBeGreaterThan(0);
    before
      .when(restored(minute), { at: 5 * hour })
      .leadsTo({ events: ['records.restored'], wakeAt: next + 5 * hour - minute });
  });

  it('says so once to everybody in its conversation', () => {
    const { effects } = opened().when(restored(minute), { at: 5 * hour });
    expect(effects.map(({ type }) => type)).toEqual(['slack.card', 'slack.thread']);
    expect(effects[1]).toMatchObject({
      broadcast: true,
      text: expect.stringContaining('restored from a backup of') as string,
    });
  });

  it('that is resolved hears nothing', () => {
    opened()
      .when({ type: 'incident.resolve', reason: 'fixed' }, { by: ana })
      .when(restored(minute), { at: 5 * hour })
      .leadsTo({ events: [] });
  });
});

describe('after a restore, an operation', () => {
  const hash = () => asked().state.hash;

  it('that waited for approval is void, whatever is said to it now', () => {
    const after = asked()
      .when(restored(minute), { at: 2 * minute })
      .leadsTo({ events: ['operation.voided'] });
    after
      .when({ type: 'operation.approve', hash: hash() }, { by: ben })
      .leadsTo({ events: [{ type: 'request.refused', code: 'not-open' }] });
    expect(after.tells).toContainEqual(
      expect.objectContaining({ intent: expect.objectContaining({ type: 'channel.release' }) as unknown }),
    );
  });

  it('that was approved does not begin', () => {
    asked()
      .when({ type: 'operation.approve', hash: hash() }, { by: ben })
      .when(restored(minute))
      .leadsTo({ events: ['operation.voided'] })
      .when({ type: 'operation.begin' })
      .leadsTo({ events: [] });
  });

  it('that was under way is of unknown outcome, begins no further step, and keeps its channel until somebody looks', () => {
    const after = asked()
      .when({ type: 'operation.approve', hash: hash() }, { by: ben })
      .when({ type: 'operation.begin' })
      .when(restored(minute))
      .leadsTo({ events: ['step.unknown', { type: 'operation.finished', outcome: 'unknown' }] });
    after.when(stepSettled(0, done)).leadsTo({ events: [] });
    after
      .when({ type: 'operation.settle', outcome: 'failed', why: 'it was undone' }, { by: ben })
      .leadsTo({ events: ['operation.settled'] });
  });
});
