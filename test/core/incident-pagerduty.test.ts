import { expect, it } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { PagerdutyReport } from '../../src/core/incident/pagerduty.ts';
import { pagerdutyActor } from '../../src/trust/pagerduty-identity.ts';
import { opened } from '../support/alerts.ts';
import { ana, given, minute, person, policies, start } from '../support/given.ts';

const ben = pagerdutyActor('PBEN', policies.roster);
const maeve = pagerdutyActor('PMAEVE', policies.roster);

function report(did: PagerdutyReport['did'], changes: Partial<PagerdutyReport> = {}): PagerdutyReport {
  return {
    type: 'pagerduty.report',
    did,
    key: 'lastgood/k3x9w2/INC-1/rung-1.1',
    user: { id: 'PBEN', name: 'Ben Okafor' },
    occurredAt: start + minute,
    beganAt: start,
    assignees: [],
    ...changes,
  };
}

it('knows people by their account there, and nobody else', () => {
  expect(ben).toMatchObject({ kind: 'person', person: 'ben', account: 'pagerduty PBEN', via: 'pagerduty' });
  expect(maeve).toEqual({ kind: 'source', name: 'PagerDuty' });
  expect(pagerdutyActor(undefined, policies.roster)).toEqual({ kind: 'source', name: 'PagerDuty' });
});

it('acknowledges here what somebody of the roster acknowledges there', () => {
  const taken = opened('P0').when(report('acknowledged'), { at: minute, by: ben });
  taken.leadsTo({ events: ['incident.acknowledged'] });
  expect(taken.state).toMatchObject({
    status: 'acknowledged',
    acknowledged: { by: 'Ben Okafor', person: 'ben' },
  });
});

it('takes what comes back of our own acknowledging for nothing new', () => {
  const taken = opened('P0').when(
    { type: 'incident.acknowledge' },
    { at: minute, by: person('ben', 'Ben Okafor', 'responder') },
  );
  taken.when(report('acknowledged', { user: undefined })).leadsTo({ events: [], effects: [] });
  taken.when(report('acknowledged'), { by: ben }).leadsTo({ events: [], effects: [] });
});

it('lets somebody take it over there, unless that was before', () => {
  const anas = opened('P0').when({ type: 'incident.acknowledge' }, { at: 2 * minute, by: ana });
  anas.when(report('acknowledged'), { by: ben }).leadsTo({ events: [] });
  anas
    .when(report('acknowledged', { occurredAt: start + 3 * minute }), { at: 3 * minute, by: ben })
    .leadsTo({ events: [{ type: 'incident.acknowledged', name: 'Ben Okafor' }] });
});

it('tells of somebody who is not in the roster, and lets the ladder go on', () => {
  const user = { id: 'PMAEVE', name: 'Maeve Quinn' };
  for (const did of ['acknowledged', 'resolved'] as const) {
    const told = opened('P0').when(report(did, { user }), { at: minute, by: maeve });
    expect(told.events).toMatchObject([
      {
        type: 'pagerduty.noted',
        text: `Maeve Quinn ${did} the page in PagerDuty, and is not in the roster: add pagerduty: PMAEVE to roster.yml. Nobody has it here, and the ladder goes on.`,
      },
    ]);
    expect(told.state.status).toBe('triggered');
    expect(told.wakeAt).toBe(5 * minute);
  }
});

it('refuses somebody without a role, with the reason', () => {
  const guest = { ...person('gus', 'Gus'), via: 'pagerduty' } as const;
  opened('P0')
    .when(report('acknowledged'), { by: guest })
    .leadsTo({ events: [{ type: 'request.refused', code: 'role-missing' }] });
  opened('P0')
    .when(report('resolved'), { by: guest })
    .leadsTo({ events: [{ type: 'request.refused', code: 'role-missing' }, 'pagerduty.noted'] });
});

it('takes a page that was resolved there as acknowledged, and stays open', () => {
  const resolved = opened('P0').when(report('resolved'), { at: minute, by: ben });
  resolved.leadsTo({ events: ['incident.acknowledged', 'pagerduty.noted'] });
  expect(resolved.state.status).toBe('acknowledged');
  // Whoever has it keeps it.
  const anas = opened('P0').when({ type: 'incident.acknowledge' }, { by: ana });
  anas.when(report('resolved'), { by: ben }).leadsTo({ events: ['pagerduty.noted'] });
});

it.each([
  [
    report('unacknowledged', { user: undefined }),
    'PagerDuty’s own acknowledgement has run out, and it calls people again.',
  ],
  [
    report('reassigned', { assignees: ['Dana Levi'] }),
    'The page was reassigned in PagerDuty by Ben Okafor; it calls Dana Levi now.',
  ],
  [
    report('escalated', { user: undefined, assignees: ['Dana Levi', 'Ana Ruiz'] }),
    'The page was escalated in PagerDuty; it calls Dana Levi, Ana Ruiz now.',
  ],
  [report('reopened'), 'The page was reopened in PagerDuty by Ben Okafor.'],
])('tells in its timeline that %o', (intent, text) => {
  opened('P0')
    .when(intent, { by: ben })
    .leadsTo({
      events: [{ type: 'pagerduty.noted', text }],
      effects: [{ type: 'slack.thread', text }],
    });
});

it('has nothing to do with an INC-1 of another store, which PagerDuty still remembers', () => {
  const elsewhere = report('acknowledged', { key: 'lastgood/zzzzzz/INC-1/rung-1.1' });
  opened('P0').when(elsewhere, { by: ben }).leadsTo({ events: [] });
  const older = report('acknowledged', { key: undefined, beganAt: start - 60 * minute });
  opened('P0').when(older, { by: ben }).leadsTo({ events: [] });
});

it('still answers to the keys that an earlier version of Lastgood gave', () => {
  const { storeId: _none, ...asThen } = opened('P0').log[0] as Extract<
    IncidentEvent,
    { type: 'incident.opened' }
  >;
  const old = given(incidentKind, asThen as IncidentEvent).when({ type: 'clock.tick', down: undefined });
  expect(old.state.pagerdutyKeys[0]).toBe('lastgood/INC-1/rung-1.1');
  const taken = old.when(report('acknowledged', { key: 'lastgood/INC-1/rung-1.1' }), { by: ben });
  taken.leadsTo({ events: ['incident.acknowledged'] });
  expect(taken.effects[0]).toMatchObject({ action: 'acknowledge', dedupKey: 'lastgood/INC-1/rung-1.1' });
});

it('has nothing to do with pages of others, nor after its end', () => {
  opened('P0')
    .when(report('acknowledged', { key: 'lastgood/k3x9w2/INC-1/rung-9.9' }), { by: ben })
    .leadsTo({ events: [] });
  opened('P0')
    .when(report('acknowledged', { key: undefined }), { by: ben })
    .leadsTo({ events: ['incident.acknowledged'] });
  opened('P0')
    .when({ type: 'incident.resolve', reason: '' }, { by: ana })
    .when(report('acknowledged'), { by: ben })
    .leadsTo({ events: [] });
});
