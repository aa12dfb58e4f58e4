import { assert, constantFrom, integer, property, record, array, type Arbitrary } from 'fast-check';
import { expect, it } from 'vitest';
import type { IncidentEvent } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { firing, receive, resolved } from '../support/alerts.ts';
import { alertmanager, ana, ben, given, minute, policies, start, stranger } from '../support/given.ts';

const wishes: Arbitrary<IncidentIntent> = constantFrom<IncidentIntent[]>(
  ...(['P0', 'P1', 'P2', 'P3'] as const).flatMap((severity): IncidentIntent[] => [
    receive(firing('5xx', severity)),
    receive(firing('latency', severity, 'slow'), resolved('5xx')),
    { type: 'incident.set-severity', severity, reason: 'because' },
  ]),
  receive(resolved('5xx')),
  receive(resolved('latency'), resolved('5xx')),
  {
    type: 'incident.declare',
    title: 'slow',
    severity: 'P1',
    service: 'checkout',
    app: 'shop',
    channel: 'stable',
  },
  { type: 'incident.acknowledge' },
  { type: 'incident.resolve', reason: 'over' },
  { type: 'incident.name-suspect', suspect: undefined },
  { type: 'incident.name-suspect', suspect: { live: '1.5.0', liveSince: start, lastGood: '1.4.2' } },
  ...(['open', 'running', 'done', 'failed', 'unknown', 'closed'] as const).map((progress): IncidentIntent => {
    return { type: 'incident.note-operation', operation: 'OP-1', progress, text: 'text', loud: true };
  }),
  // The clock ticks more often than anything else.
  ...Array.from({ length: 12 }, (): IncidentIntent => ({ type: 'clock.tick', down: undefined })),
  { type: 'clock.tick', down: { from: start, to: start + minute } },
);

const stories = array(
  record({
    wish: wishes,
    by: constantFrom(ana, ben, stranger, alertmanager),
    pause: integer({ min: 0, max: 20 * minute }),
  }),
  { minLength: 1, maxLength: 60 },
);

const rest: readonly string[] = ['incident.acknowledged', 'incident.resolved', 'alerts.cleared'];

/** Whoever wants whatever, in whatever order. A failure prints its seed and the shortest story that shows it. */
it('an incident keeps its promises', () => {
  let rungs = 0;
  const holds = property(stories, constantFrom(policies, withoutAnybody()), (story, current) => {
    let incident = given(incidentKind);
    let at = 0;
    let called = new Set<string>();
    const keys = new Set<string>();
    let rests = false;
    for (const { wish, by, pause } of story) {
      at += pause;
      const before = incident;
      // Deciding never throws.
      incident = before.when(wish, { at, by, policies: current });
      for (const event of incident.events) {
        // A ladder that is planned anew may call its rungs again; otherwise each is called once a round.
        if (event.type === 'severity.changed' || event.type === 'alerts.cleared') called = new Set();
        // Nobody is called while somebody has it or when it is over, until that expires or an operation fails.
        if (rest.includes(event.type)) rests = true;
        if (event.type === 'acknowledgement.expired' || hasFailed(event)) rests = false;
        if (event.type === 'alert.fired' && incident.state.status === 'triggered') rests = false;
        // Raised by somebody else than who has it, it is nobody's again.
        if (event.type === 'severity.changed' && incident.state.status === 'triggered') {
          rests = incident.state.cleared;
        }
        if (event.type !== 'rung.fired') continue;
        const rung = `${event.rung}.${event.round}`;
        expect(called, 'each rung of a round is called once').not.toContain(rung);
        expect(rests, 'nobody is called while it rests').toBe(false);
        called.add(rung);
        rungs += 1;
      }
      const rings = incident.effects.flatMap((effect) =>
        effect.type === 'page.pagerduty' && effect.action === 'trigger' ? [effect.dedupKey] : [],
      );
      for (const key of new Set(rings)) {
        expect(keys, 'every call rings under a key of its own').not.toContain(key);
        keys.add(key);
      }
      if (incident.log.length === 0) continue;

      const { state } = incident;
      // What is stored is what was decided, and it never asks for a moment at which it has nothing to do.
      expect(state).toEqual(JSON.parse(JSON.stringify(state)));
      const { wakeAt } = incident;
      if (wakeAt === undefined) continue;
      const woken = incident.when(
        { type: 'clock.tick', down: undefined },
        { at: Math.max(at, wakeAt), policies: current },
      );
      expect(woken.events.length, 'it was woken for something').toBeGreaterThan(0);
    }
  });
  assert(holds, { numRuns: 400 });
  expect(rungs, 'the stories are worth telling').toBeGreaterThan(400);
});

function hasFailed(event: IncidentEvent): boolean {
  return event.type === 'operation.noted' && (event.progress === 'failed' || event.progress === 'unknown');
}

function withoutAnybody(): typeof policies {
  return { ...policies, roster: { ...policies.roster, rotations: {} } };
}
