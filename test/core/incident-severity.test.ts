import { describe, expect, it } from 'vitest';
import { describeIncidentEvent } from '../../src/core/incident/describe.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Severity } from '../../src/core/severity.ts';
import { firing, opened, receive, resolved, suspect } from '../support/alerts.ts';
import { alertmanager, ana, ben, dana, given, hour, minute, start, stranger } from '../support/given.ts';

const tick: IncidentIntent = { type: 'clock.tick', down: undefined };

function to(severity: Severity): IncidentIntent {
  return { type: 'incident.set-severity', severity, reason: 'because' };
}

describe('raising the severity', () => {
  const raised = opened('P2').when(to('P0'), { at: 10 * minute, by: ana });

  it('begins the worse ladder at its first rung, at once', () => {
    raised.leadsTo({
      events: [
        { type: 'severity.changed', from: 'P2', to: 'P0', reason: 'because' },
        { type: 'rung.fired', rung: 1, of: 4, round: 1 },
      ],
      // The new clocks count from now: nobody could have kept them before.
      wakeAt: 15 * minute,
    });
  });

  it('tells the channel, but asks for no suspect again', () => {
    raised.leadsTo({ tells: [{ intent: { type: 'channel.note-incident', severity: 'P0' } }] });
  });

  it('rings again where the lower ladder had rung already', () => {
    const twice = opened('P1').when(to('P0'), { at: minute, by: ana });
    const page = twice.effects.find(({ type }) => type === 'page.pagerduty');
    expect(page).toMatchObject({ action: 'trigger', dedupKey: 'lastgood/k3x9w2/INC-1/rung-1.1-2' });
  });

  it('by whoever has it leaves it with them, for the time of the new severity', () => {
    const held = opened('P2').when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    const worse = held.when(to('P0'), { at: 2 * minute, by: ana });
    worse.leadsTo({ events: ['severity.changed'] });
    expect(worse.state.acknowledged).toMatchObject({ by: 'Ana Ruiz', expiresAt: start + 17 * minute });
  });

  it('by anybody else begins the worse ladder: whoever has it may not know', () => {
    const held = opened('P2').when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    held.when(to('P0'), { at: 2 * minute, by: ben }).leadsTo({
      events: ['severity.changed', { type: 'rung.fired', rung: 1, of: 4 }],
    });
  });

  it('by a worse alert does, too', () => {
    const held = opened('P2').when({ type: 'incident.acknowledge' }, { at: minute, by: ana });
    held.when(receive(firing('worse', 'P0')), { at: 2 * minute, by: alertmanager }).leadsTo({
      events: ['alert.fired', 'severity.changed', { type: 'rung.fired', rung: 1, of: 4 }],
    });
  });

  it('by a worse alert gives it the title of that one, and says so', () => {
    const worse = opened('P2').when(receive(firing('small', 'P1'), firing('worse', 'P0')), {
      by: alertmanager,
    });
    const [changed] = worse.events.filter(({ type }) => type === 'severity.changed');
    expect(changed && describeIncidentEvent(changed)).toBe(
      'Severity P2 → P0 by an alert (Alertmanager): a worse alert joined. From here on it is called: worse fails',
    );
    expect(worse.state.title).toBe('worse fails');
    expect(worse.effects.find(({ type }) => type === 'page.mail')).toMatchObject({
      subject: 'P0 INC-1: worse fails (Checkout, shop/stable)',
    });
    expect(worse.when(to('P1'), { by: ana }).state.title).toBe('worse fails');
  });

  it('by a worse alert leaves the title that a person gave it', () => {
    const declared = given(incidentKind)
      .when(
        {
          type: 'incident.declare',
          title: 'Checkout is odd',
          severity: 'P2',
          service: 'checkout',
          app: 'shop',
          channel: 'stable',
        },
        { by: ana },
      )
      .when({ type: 'incident.name-suspect', suspect: undefined })
      .when(receive(firing('worse', 'P0')), { by: alertmanager });
    expect(declared.state).toMatchObject({ severity: 'P0', title: 'Checkout is odd' });
  });
});

describe('lowering the severity', () => {
  it('keeps the place on the ladder', () => {
    const lowered = opened('P0').when(to('P1'), { at: minute, by: ana });
    lowered.leadsTo({ events: [{ type: 'severity.changed', from: 'P0', to: 'P1' }], wakeAt: 5 * minute });
    lowered.when(tick, { at: 5 * minute }).leadsTo({
      events: [{ type: 'rung.fired', rung: 2, of: 3 }],
      wakeAt: 15 * minute + 1,
    });
  });

  it('to a shorter ladder comes to its last rung', () => {
    const third = opened('P0')
      .when(tick, { at: 5 * minute })
      .when(tick, { at: 10 * minute });
    const lowered = third.when(to('P3'), { at: 11 * minute, by: ana });
    lowered.leadsTo({ wakeAt: 15 * minute });
    lowered.when(tick, { at: 15 * minute }).leadsTo({
      events: [
        { type: 'rung.fired', rung: 2, of: 2 },
        { type: 'ladder.ended', next: 'repeat' },
      ],
    });
  });

  it('to a shorter ladder while somebody has it does so, too', () => {
    const held = opened('P0')
      .when(tick, { at: 5 * minute })
      .when(tick, { at: 10 * minute })
      .when({ type: 'incident.acknowledge' }, { at: 11 * minute, by: ana })
      .when(to('P2'), { at: 12 * minute, by: ana });
    expect(held.state.nextCall).toMatchObject({ rung: 3, round: 1 });
    expect(held.when(to('P3'), { at: 13 * minute, by: ana }).state.nextCall).toMatchObject({ rung: 2 });
  });

  describe('from one that freezes promotions', () => {
    const toChannel = (severity: Severity, was?: Severity) => ({
      tells: [{ intent: { type: 'channel.note-incident', severity, was } }],
    });
    const said = ({ events }: ReturnType<typeof opened>) =>
      events.flatMap((event) => describeIncidentEvent(event) ?? []);
    const lowered = opened('P0').when(to('P2'), { by: ben });

    it('leaves them frozen, and says so', () => {
      lowered.leadsTo(toChannel('P2', 'P0'));
      expect(said(lowered)).toEqual([
        'Severity P0 → P2 by Ben Okafor (slack): because — it was P0, so promotions stay frozen until it is resolved or a lead says P2, too.',
      ]);
      lowered.when(to('P3'), { by: ben }).leadsTo(toChannel('P3', 'P0'));
      lowered.when(to('P1'), { by: ben }).leadsTo(toChannel('P1', undefined));
    });

    it('by a lead frees them', () => {
      const freed = opened('P0').when(to('P2'), { by: dana });
      freed.leadsTo(toChannel('P2', undefined));
      expect(said(freed)).toEqual(['Severity P0 → P2 by Dana Levi (slack): because']);
      freed.when(to('P3'), { by: ben }).leadsTo(toChannel('P3', undefined));
    });

    it('is confirmed by a lead, once', () => {
      const confirmed = lowered.when(to('P2'), { by: dana });
      confirmed.leadsTo(toChannel('P2', undefined));
      expect(said(confirmed)).toEqual([
        'Severity P2 confirmed by Dana Levi (slack), promotions are free of it: because',
      ]);
      for (const again of [lowered.when(to('P2'), { by: ana }), confirmed.when(to('P2'), { by: dana })])
        again.leadsTo({ events: [{ type: 'request.refused', code: 'no-change' }], tells: [] });
    });

    it('takes a lead in person: a token answers for nothing', () => {
      const token = { kind: 'token', name: 'ci', roles: ['lead'], via: 'api' } as const;
      opened('P0').when(to('P2'), { by: token }).leadsTo(toChannel('P2', 'P0'));
    });
  });

  it('leaves the resting ladder alone', () => {
    const cleared = opened('P0').when(receive(resolved('5xx')), { at: minute });
    cleared.when(to('P1'), { at: 2 * minute, by: ana }).leadsTo({ wakeAt: undefined });
    cleared.when(to('P3'), { at: 2 * minute, by: ana }).leadsTo({ wakeAt: undefined });
  });
});

it('Who raises what rests calls nobody, and the first rung as soon as it fires again', () => {
  const cleared = opened('P3').when(receive(resolved('5xx')), { at: 10 * minute });
  cleared
    .when(to('P0'), { at: 11 * minute, by: ana })
    .leadsTo({ events: ['severity.changed'], wakeAt: undefined })
    .when(receive(firing('5xx', 'P3')), { at: 12 * minute, by: alertmanager })
    .leadsTo({ events: ['alert.fired', { type: 'rung.fired', rung: 1, of: 4 }] });
});

describe('is refused', () => {
  it.each([
    ['to what it is', opened('P0'), 'P0', ana, 'no-change'],
    ['for strangers', opened('P0'), 'P1', stranger, 'not-in-roster'],
    [
      'when it is over',
      opened('P0').when({ type: 'incident.resolve', reason: '' }, { by: ana }),
      'P1',
      ana,
      'not-open',
    ],
  ] as const)('%s', (_why, incident, severity, by, code) => {
    incident.when(to(severity), { by }).leadsTo({ events: [{ type: 'request.refused', code }], tells: [] });
  });
});

describe('the clocks of R53', () => {
  /** When each clock is missed: on the dot is kept, a millisecond later is not. */
  it.each([
    ['P0', 'acknowledge_within', 5 * minute],
    ['P0', 'rollback_start_within', 5 * minute],
    ['P0', 'resolve_within', 30 * minute],
    ['P1', 'acknowledge_within', 15 * minute],
    ['P1', 'rollback_start_within', 30 * minute],
    ['P1', 'resolve_within', 2 * hour],
    ['P2', 'acknowledge_within', hour],
    ['P2', 'rollback_start_within', 2 * hour],
    ['P2', 'resolve_within', 8 * hour],
    ['P3', 'acknowledge_within', 4 * hour],
    ['P3', 'rollback_start_within', undefined],
    ['P3', 'resolve_within', 24 * hour],
  ] as const)('%s %s: %s ms', (severity, clock, limit) => {
    const open = opened(severity).when({ type: 'incident.name-suspect', suspect });
    const missedAt = (at: number) =>
      open.when(tick, { at }).events.flatMap((event) => (event.type === 'clock.missed' ? event.clock : []));
    expect(missedAt(limit ?? 30 * 24 * hour)).not.toContain(clock);
    expect(missedAt((limit ?? 0) + 1).includes(clock)).toBe(limit !== undefined);
  });

  it('are each missed once', () => {
    const missed = opened('P0').when(tick, { at: 5 * minute + 1 });
    expect(missed.state.missedClocks).toEqual(['acknowledge_within']);
    missed.when(tick, { at: 6 * minute }).leadsTo({ events: [] });
  });

  it('the one of the rollback runs only where there is something to go back to', () => {
    const none = opened('P0').when({
      type: 'incident.name-suspect',
      suspect: { ...suspect, lastGood: undefined },
    });
    expect(none.when(tick, { at: 6 * minute }).state.missedClocks).toEqual(['acknowledge_within']);
  });

  it('the one of the rollback stops when it has begun', () => {
    const begun = opened('P0')
      .when({ type: 'incident.name-suspect', suspect })
      .when(
        {
          type: 'incident.note-operation',
          operation: 'OP-1',
          progress: 'running',
          text: 'Started.',
          loud: false,
        },
        { at: 4 * minute },
      );
    expect(begun.state.rollbackStartedAt).toBe(start + 4 * minute);
    expect(begun.when(tick, { at: 6 * minute }).state.missedClocks).toEqual(['acknowledge_within']);
  });

  it('stand still when nothing fires any more', () => {
    const cleared = opened('P0').when(receive(resolved('5xx')), { at: minute });
    cleared.when(tick, { at: 24 * hour }).leadsTo({ events: [] });
  });
});
