import { describe, expect, it } from 'vitest';
import { incidentKind } from '../../src/core/incident/incident.ts';
import { firing, opened, receive, resolved, suspect } from '../support/alerts.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { alertmanager, ana, given, hour, minute, person, start, stranger } from '../support/given.ts';

const tick: IncidentIntent = { type: 'clock.tick', down: undefined };

const nothing = given(incidentKind);
const open = opened('P0');

describe('an alert opens an incident', () => {
  const justOpened = nothing.when(receive(firing('5xx', 'P0')), { by: alertmanager });

  it('and asks its channel what is live there', () => {
    justOpened.leadsTo({
      events: [
        { type: 'incident.opened', title: '5xx fails', severity: 'P0', service: 'checkout' },
        { type: 'alert.fired', fingerprint: '5xx' },
      ],
      tells: [
        {
          to: { kind: 'channel', id: 'channel:shop/stable' },
          intent: { type: 'channel.note-incident', incident: 'INC-1', severity: 'P0' },
        },
      ],
    });
  });

  it('with the answer, which comes at once, its first rung is called', () => {
    const answered = justOpened.when({ type: 'incident.name-suspect', suspect });
    answered.leadsTo({
      events: ['suspect.named', { type: 'rung.fired', rung: 1, of: 4, round: 1 }],
      wakeAt: 5 * minute,
    });
    expect(answered.state.suspect).toEqual(suspect);
  });

  it('also when nothing is known to be live', () => {
    const answered = justOpened.when({ type: 'incident.name-suspect', suspect: undefined });
    answered.leadsTo({ events: ['suspect.named', { type: 'rung.fired', rung: 1 }], wakeAt: 5 * minute });
  });

  it('pages first, then shows the card', () => {
    open.leadsTo({
      effects: [
        'slack.card',
        'slack.thread',
        'page.pagerduty',
        'page.slack',
        { type: 'page.mail', person: 'ana', to: ['ana@shop.example'] },
        'slack.card',
        'slack.thread',
      ],
    });
  });

  it('copies the clocks, the ladder and the hashes of the policies', () => {
    const [opened] = open.log;
    expect(opened).toMatchObject({
      clocks: { acknowledgeWithin: 5 * minute, resolveWithin: 30 * minute },
      policies: { escalation: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(open.state.ladder.rungs).toHaveLength(4);
  });

  it('takes its title and severity from the worst of several', () => {
    const several = nothing.when(receive(firing('slow', 'P2'), firing('down', 'P0'), firing('odd', 'P3')));
    expect(several.state).toMatchObject({ title: 'down fails', severity: 'P0' });
    expect(Object.keys(several.state.firing)).toEqual(['slow', 'down', 'odd']);
  });

  it('is found by its service and channel until it is resolved', () => {
    expect(incidentKind.alias(open.state)).toBe('checkout@shop/stable');
    const over = open.when({ type: 'incident.resolve', reason: '' }, { by: ana });
    expect(incidentKind.alias(over.state)).toBeUndefined();
  });
});

describe('an alert joins an open incident', () => {
  it('that nobody pages for again', () => {
    open.when(receive(firing('latency', 'P1')), { at: minute }).leadsTo({
      events: [{ type: 'alert.fired', fingerprint: 'latency' }],
      effects: ['slack.card', 'slack.thread'],
      tells: [],
      wakeAt: 5 * minute,
    });
  });

  it('for nothing when it says nothing new', () => {
    open.when(receive(firing('5xx', 'P0')), { at: minute }).leadsTo({ events: [], effects: [], tells: [] });
  });

  it('and is heard when its words have changed', () => {
    const changed = open.when(receive(firing('5xx', 'P0', 'now at 9 %')), { at: minute });
    changed.leadsTo({ events: [{ type: 'alert.fired', summary: 'now at 9 %' }] });
  });

  it('once, when one delivery tells of it twice', () => {
    const twice = open.when(receive(firing('latency', 'P1'), firing('latency', 'P1')));
    twice.leadsTo({ events: [{ type: 'alert.fired', fingerprint: 'latency' }] });
  });

  it('and raises the severity when it is worse', () => {
    const limping = opened('P2');
    const down = limping.when(receive(firing('down', 'P0')), { at: minute, by: alertmanager });
    down.leadsTo({
      events: ['alert.fired', { type: 'severity.changed', from: 'P2', to: 'P0' }, 'rung.fired'],
      tells: [{ intent: { type: 'channel.note-incident', severity: 'P0' } }],
    });
  });

  it('and leaves a severity that a person has lowered, when it only repeats itself', () => {
    const lowered = open.when(
      { type: 'incident.set-severity', severity: 'P2', reason: 'one customer' },
      { at: minute, by: ana },
    );
    lowered.when(receive(firing('5xx', 'P0')), { at: 2 * minute }).leadsTo({ events: [] });
    lowered.when(receive(firing('5xx', 'P0', 'now at 9 %')), { at: 2 * minute }).leadsTo({
      events: ['alert.fired'],
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('whatever its fingerprint: %s', (fingerprint) => {
    open.when(receive(resolved(fingerprint))).leadsTo({ events: [] });
    const joined = open.when(receive(firing(fingerprint, 'P1')));
    joined.leadsTo({ events: [{ type: 'alert.fired', fingerprint }] });
    joined.when(receive(firing(fingerprint, 'P1'))).leadsTo({ events: [] });
    joined.when(receive(resolved(fingerprint))).leadsTo({ events: ['alert.resolved'] });
  });
});

describe('when alerts resolve', () => {
  it('one that never opened here changes nothing', () => {
    nothing.when(receive(resolved('5xx'))).leadsTo({ events: [], tells: [] });
    open.when(receive(resolved('other'))).leadsTo({ events: [] });
  });

  it('one that fires calls people, though it was resolved before under the very time at which it began', () => {
    const { alert, route } = firing('5xx', 'P0');
    const since = receive({ alert: { ...alert, startsAt: start - hour }, route });
    nothing
      .when(receive(resolved('5xx')))
      .when(since, { by: alertmanager })
      .leadsTo({ events: ['incident.opened', 'alert.fired'] });
    const over = open.when(since).when(receive(resolved('5xx')), { at: minute });
    over.when(since, { at: 2 * hour }).leadsTo({ events: ['alert.fired', 'rung.fired'] });
  });

  it('the ladder goes on while another one fires', () => {
    const two = open.when(receive(firing('latency', 'P1')));
    two.when(receive(resolved('5xx')), { at: minute }).leadsTo({
      events: ['alert.resolved'],
      wakeAt: 5 * minute,
    });
  });

  const cleared = open.when(receive(resolved('5xx')), { at: 2 * minute, by: alertmanager });

  it('the last one lets the ladder and the clocks rest', () => {
    cleared.leadsTo({ events: ['alert.resolved', 'alerts.cleared'], wakeAt: undefined });
    cleared.when({ type: 'clock.tick', down: undefined }, { at: 40 * minute }).leadsTo({ events: [] });
  });

  it('and one delivery that both fires and resolves leaves nothing firing', () => {
    const both = nothing.when(receive(firing('5xx', 'P0'), resolved('5xx')));
    both.leadsTo({ events: ['incident.opened', 'alert.fired', 'alert.resolved', 'alerts.cleared'] });
  });

  it('the ladder goes on where it was when it soon fires again: one that flaps climbs, too', () => {
    const back = cleared.when(receive(firing('5xx', 'P0')), { at: 4 * minute, by: alertmanager });
    back.leadsTo({ events: ['alert.fired'], wakeAt: 5 * minute });
    back.when(tick, { at: 5 * minute }).leadsTo({ events: [{ type: 'rung.fired', rung: 2, round: 1 }] });
  });

  it('the ladder begins anew when it fires again after a while, under a key that rings again', () => {
    const back = cleared.when(receive(firing('5xx', 'P0')), { at: 2 * hour, by: alertmanager });
    back.leadsTo({ events: ['alert.fired', { type: 'rung.fired', rung: 1, round: 1 }] });
    const keys = [...open.effects, ...back.effects].flatMap((effect) =>
      effect.type === 'page.pagerduty' ? [effect.dedupKey] : [],
    );
    expect(keys).toEqual(['lastgood/k3x9w2/INC-1/rung-1.1', 'lastgood/k3x9w2/INC-1/rung-1.1-2']);
  });

  it('and fires again while somebody has it, nobody is paged before that has expired', () => {
    const held = open
      .when({ type: 'incident.acknowledge' }, { at: minute, by: ana })
      .when(receive(resolved('5xx')), { at: 2 * minute });
    held.leadsTo({ wakeAt: undefined });
    const back = held.when(receive(firing('5xx', 'P0')), { at: 3 * minute });
    back.leadsTo({ events: ['alert.fired'], wakeAt: 16 * minute });
  });
});

describe('a person declares an incident', () => {
  it('and alerts that come and go do not silence it', () => {
    const declared = given(incidentKind)
      .when(
        {
          type: 'incident.declare',
          title: 'nobody can pay',
          severity: 'P0',
          service: 'checkout',
          app: 'shop',
          channel: 'stable',
        },
        { by: ana },
      )
      .when({ type: 'incident.name-suspect', suspect: undefined }, { by: ana });
    const over = declared
      .when(receive(firing('disk', 'P3')), { at: minute, by: alertmanager })
      .when(receive(resolved('disk')), { at: 2 * minute, by: alertmanager });
    over.leadsTo({ events: ['alert.resolved'], wakeAt: 5 * minute });
  });

  const declare = {
    type: 'incident.declare',
    title: 'payments are slow',
    severity: 'P1',
    service: 'checkout',
    app: 'shop',
    channel: 'stable',
  } as const;

  it('and its ladder starts at once', () => {
    const declared = nothing.when(declare, { by: ana });
    declared.leadsTo({ events: ['incident.opened'], wakeAt: 0 });
    declared.when({ type: 'incident.name-suspect', suspect }).leadsTo({
      events: ['suspect.named', { type: 'rung.fired', rung: 1 }],
      wakeAt: 15 * minute,
    });
    expect(declared.state).toMatchObject({ title: 'payments are slow', severity: 'P1', cleared: false });
  });

  it('but not a second one for the same service and channel', () => {
    open.when(declare, { by: ana }).leadsTo({ events: [{ type: 'request.refused', code: 'no-change' }] });
  });

  it('but not without a role', () => {
    nothing.when(declare, { by: stranger }).leadsTo({ events: [], tells: [] });
    open.when(declare, { by: stranger }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-in-roster' }],
    });
    open.when(declare, { by: person('kit', 'Kit Newcomer') }).leadsTo({
      events: [{ type: 'request.refused', code: 'role-missing' }],
    });
  });
});
