import { array, assert, constantFrom, integer, oneof, property, record, type Arbitrary } from 'fast-check';
import { expect, it } from 'vitest';
import { decideIncident } from '../../src/core/incident/decide.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { alertmanager, ana, given, hour, minute, policies, start, storeId } from '../support/given.ts';

const alerts: readonly IncidentIntent[] = [
  ...(['P0', 'P1', 'P2', 'P3'] as const).flatMap((severity): readonly IncidentIntent[] => [
    receive(firing('5xx', severity)),
    receive(firing('latency', severity, 'slow'), resolved('5xx')),
  ]),
  receive(resolved('5xx')),
  receive(resolved('latency'), resolved('5xx')),
];
const wishes: Arbitrary<IncidentIntent> = constantFrom<IncidentIntent[]>(
  ...alerts,
  { type: 'incident.acknowledge' },
  { type: 'incident.resolve', reason: 'over' },
  { type: 'incident.set-severity', severity: 'P1', reason: 'because' },
  { type: 'incident.name-suspect', suspect: { live: '1.5.0', liveSince: start, lastGood: '1.4.2' } },
  { type: 'incident.note-operation', operation: 'OP-1', progress: 'running', text: 'text', loud: true },
  { type: 'clock.tick', down: undefined },
);
/** Mostly as short as rungs are apart, and now and then as long as an incident is forgotten. */
const pauses = oneof(
  { arbitrary: integer({ min: 0, max: 10 * minute }), weight: 4 },
  { arbitrary: integer({ min: 0, max: 48 * hour }), weight: 1 },
);
const stories = array(record({ wish: wishes, by: constantFrom(ana, alertmanager), pause: pauses }), {
  minLength: 1,
  maxLength: 20,
});

/** On this rests that what monitoring repeats need not be stored and decided (docs/decisions/0017-repeats.md). */
it('alerts that change nothing change nothing later either, as long as no clock of the incident runs out', () => {
  let nothings = 0;
  const holds = property(stories, constantFrom(...alerts), pauses, pauses, (story, intent, soon, later) => {
    let incident = given(incidentKind).when(receive(firing('disk', 'P2')), { by: alertmanager });
    let at = 0;
    for (const { wish, by, pause } of story) {
      at += pause;
      incident = incident.when(wish, { at, by });
    }
    const { state } = incident;
    const context = { policies, id: 'INC-1', nextOperation: 'OP-1', storeId };
    const changes = (when: number) => {
      const { events, tells } = decideIncident(state, { at: when, by: alertmanager, intent }, context);
      return events.length + tells.length;
    };
    const met = start + at + soon;
    const until = incidentKind.wakeAt(state) ?? Infinity;
    if (met >= until || changes(met) > 0) return;
    nothings += 1;
    expect(changes(Math.min(met + later, until - 1))).toBe(0);
  });
  assert(holds, { numRuns: 600 });
  expect(nothings).toBeGreaterThan(20);
});
