import { describe, expect, it } from 'vitest';
import { describeIncidentEvent } from '../../src/core/incident/describe.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import type { Severity } from '../../src/core/severity.ts';
import { firing, opened, receive, resolved } from '../support/alerts.ts';
import { alertmanager, ana, dana, hour, minute, policies } from '../support/given.ts';

const acknowledge: IncidentIntent = { type: 'incident.acknowledge' };
const tick: IncidentIntent = { type: 'clock.tick', down: undefined };
const day = 24 * hour;
const later = { at: 4 * day, by: alertmanager };

/** Ana takes it after a minute, all is well after ten, and nobody types /incident resolve. */
function leftOpen(severity: Severity) {
  return opened(severity)
    .when(acknowledge, { at: minute, by: ana })
    .when(receive(resolved('5xx')), { at: 10 * minute, by: alertmanager });
}

function said({ events }: ReturnType<typeof opened>): readonly (string | undefined)[] {
  return events.map(describeIncidentEvent);
}

function subject({ effects }: ReturnType<typeof opened>): string | undefined {
  return effects.find((effect) => effect.type === 'page.mail')?.subject;
}

describe('an alert that comes when all was over for long', () => {
  const back = leftOpen('P0').when(receive(firing('database', 'P0')), later);

  it('calls whoever is on call, whoever had acknowledged what is over', () => {
    back.leadsTo({
      events: [
        'alert.fired',
        { type: 'acknowledgement.expired', name: 'Ana Ruiz' },
        { type: 'severity.changed', from: 'P0', to: 'P0' },
        { type: 'rung.fired', rung: 1, round: 1, dueAt: undefined },
      ],
      tells: [],
    });
    expect(back.state.status).toBe('triggered');
  });

  it('says in the timeline why', () => {
    expect(said(back).slice(1, 3)).toEqual([
      'Ana Ruiz acknowledged 3d 23h ago, and nothing fired for 3d 23h. What fires now is new, and calls people from the first rung: database fails',
      'From here on it is called: database fails (what fired before is long over)',
    ]);
  });

  it('is what people are called for', () => {
    expect(subject(back)).toBe('P0 INC-1: database fails (Checkout, shop/stable)');
    const untaken = opened('P0').when(receive(resolved('5xx')), { at: 2 * minute, by: alertmanager });
    const unheard = untaken.when(receive(firing('database', 'P0')), later);
    expect(subject(unheard)).toBe('P0 INC-1: database fails (Checkout, shop/stable)');
  });

  it('makes it as bad as it is itself: a certificate rings no phone', () => {
    const certificate = leftOpen('P0').when(receive(firing('certificate', 'P3')), later);
    certificate.leadsTo({
      events: ['alert.fired', 'acknowledgement.expired', 'severity.changed', { type: 'rung.fired', of: 2 }],
      tells: [{ intent: { type: 'channel.note-incident', severity: 'P3', was: 'P0' } }],
      // Its clock of acknowledging has long ended, and that of resolving runs anew.
      wakeAt: 4 * day + 4 * hour,
    });
    expect(certificate.effects.map(({ type }) => type)).not.toContain('page.pagerduty');
    expect(said(certificate)).toContain(
      'Severity P0 → P3 by an alert (Alertmanager): what fired before is long over. From here on it is called: certificate fails — it was P0, so promotions stay frozen until it is resolved or a lead says P3, too.',
    );
  });

  it('leaves its name and severity when the same is back', () => {
    const same = leftOpen('P0').when(receive(firing('other', 'P0'), firing('5xx', 'P0')), later);
    same.leadsTo({
      events: ['alert.fired', 'alert.fired', 'acknowledgement.expired', { type: 'rung.fired', rung: 1 }],
    });
    expect(same.state.title).toBe('5xx fails');
  });

  it('calls from the first rung of its own ladder, however far the one of before was climbed', () => {
    const climbed = opened('P0')
      .when(tick, { at: 5 * minute })
      .when(tick, { at: 10 * minute })
      .when(acknowledge, { at: 11 * minute, by: dana })
      .when(receive(resolved('5xx')), { at: 12 * minute, by: alertmanager });
    climbed.when(receive(firing('slow', 'P1')), later).leadsTo({
      events: [
        'alert.fired',
        'acknowledgement.expired',
        'severity.changed',
        { type: 'rung.fired', rung: 1, of: 3 },
      ],
    });
  });

  it('waits as long as its own ladder says, and not that of before', () => {
    const { P3, ...worse } = policies.escalation.policies['default'] ?? {};
    if (!P3) throw new Error('the example has a ladder for P3');
    const rungs = P3.rungs.map((rung) => ({ ...rung, after: 10 * minute }));
    const ladders = { default: { ...worse, P3: { ...P3, rungs } } } as typeof policies.escalation.policies;
    const patient = { ...policies, escalation: { policies: ladders } };
    const slow = { ...later, policies: patient };
    leftOpen('P0')
      .when(receive(firing('certificate', 'P3')), slow)
      .leadsTo({
        events: ['alert.fired', 'acknowledgement.expired', 'severity.changed'],
        wakeAt: 4 * day + 10 * minute,
      });
  });
});

describe('an acknowledgement to which the policy sets no end', () => {
  const held = opened('P3').when(acknowledge, { at: minute, by: ana });
  /** That it is not resolved has been told. */
  const overdue = held.when(tick, { at: day + 1 });

  it('holds for what comes while it should be resolved', () => {
    held
      .when(receive(firing('backup', 'P3')), { at: day, by: alertmanager })
      .leadsTo({ events: ['alert.fired'] });
  });

  it('ends with what is new afterwards, which calls people from the first rung', () => {
    const forgotten = overdue.when(receive(firing('backup', 'P3')), { at: day + minute, by: alertmanager });
    forgotten.leadsTo({
      events: ['alert.fired', 'acknowledgement.expired', { type: 'rung.fired', rung: 1, round: 1 }],
    });
    expect(said(forgotten)[1]).toBe(
      'Ana Ruiz acknowledged 1d ago. What fires now is new, and calls people from the first rung: backup fails',
    );
  });

  it('holds for what says in other words that it still fires', () => {
    const words = overdue.when(receive(firing('5xx', 'P3', 'still')), { at: 30 * day, by: alertmanager });
    words.leadsTo({ events: ['alert.fired'] });
  });

  it('ends when Lastgood itself says something else of a source', () => {
    const unreadable = (why: string) => receive(firing('lastgood:unreadable/grafana', 'P1', why));
    const lowered = opened('P3')
      .when(unreadable('labels: expected a record'), { at: minute, by: alertmanager })
      .when({ type: 'incident.set-severity', severity: 'P3', reason: 'a template' }, { at: minute, by: ana })
      .when(acknowledge, { at: minute, by: ana })
      .when(tick, { at: day + hour });
    const otherwise = { at: 2 * day, by: alertmanager };
    lowered.when(unreadable('labels: expected a record'), otherwise).leadsTo({ events: [] });
    lowered.when(unreadable('alerts: expected an array'), otherwise).leadsTo({
      events: ['alert.fired', 'acknowledgement.expired', { type: 'rung.fired', rung: 1 }],
    });
  });

  it('stays ended with the incident', () => {
    const over = held.when({ type: 'incident.resolve', reason: '' }, { at: hour, by: ana });
    over
      .when(receive(firing('backup', 'P3')), { at: 2 * day, by: alertmanager })
      .leadsTo({ events: ['alert.fired'] });
  });
});
