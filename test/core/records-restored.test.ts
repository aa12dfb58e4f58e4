import { describe, expect, it } from 'vitest';
import type { Effect } from '../../src/core/effect.ts';
import type { ClockTick } from '../../src/core/incident/intent.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { firing, opened as alerted, receive } from '../support/alerts.ts';
import { ana, ben, given, hour, minute, policies, start, storeId } from '../support/given.ts';
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

  it('calls in PagerDuty under keys that the lost life cannot have used, and still ends what was called before', () => {
    const before = given(
      incidentKind,
      ...opened().log.map((event) =>
        event.type === 'incident.opened' ? { ...event, storeId: 'bef0re' } : event,
      ),
    );
    const keys = (effects: readonly Effect[]) =>
      effects.flatMap((effect) => (effect.type === 'page.pagerduty' ? effect.dedupKey : []));
    const after = before.when(restored(minute), { at: 5 * hour });
    const called = after.when({ type: 'clock.tick', down: undefined }, { at: after.wakeAt ?? 0 });
    expect(keys(called.effects)).toEqual([`lastgood/${storeId}/INC-1/rung-2.1`]);
    expect(keys(called.when({ type: 'incident.acknowledge' }, { by: ben }).effects)).toEqual([
      'lastgood/bef0re/INC-1/rung-1.1',
      `lastgood/${storeId}/INC-1/rung-2.1`,
    ]);
  });

  it('adds nobody to a page that somebody may have taken since', () => {
    const { services } = policies.services;
    const checkout = { ...services['checkout']!, pagerduty: 'PSHOP' };
    const byName = { ...policies, services: { ...policies.services, services: { ...services, checkout } } };
    const after = alerted('P0', byName).when(restored(minute), { at: 5 * hour });
    const called = after.when(
      { type: 'clock.tick', down: undefined },
      { at: after.wakeAt ?? 0, policies: byName },
    );
    expect(called.effects).toContainEqual(
      expect.objectContaining({
        named: { service: 'PSHOP', users: ['PBEN'] },
        dedupKey: expect.stringMatching(/rung-2\.1$/) as string,
      }),
    );
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
