import { describe, expect, it } from 'vitest';
import type { OperationProgress } from '../../src/core/incident/event.ts';
import { incidentKind } from '../../src/core/incident/incident.ts';
import type { IncidentIntent } from '../../src/core/incident/intent.ts';
import { opened, receive, resolved } from '../support/alerts.ts';
import {
  alertmanager,
  ana,
  ben,
  dana,
  hour,
  minute,
  person,
  policies,
  start,
  stranger,
} from '../support/given.ts';

const acknowledge: IncidentIntent = { type: 'incident.acknowledge' };
const tick: IncidentIntent = { type: 'clock.tick', down: undefined };
const resolve: IncidentIntent = { type: 'incident.resolve', reason: 'rolled back' };

function operation(progress: OperationProgress): IncidentIntent {
  return { type: 'incident.note-operation', operation: 'OP-1', progress, text: progress, loud: false };
}

const open = opened('P0');
const held = open.when(acknowledge, { at: 2 * minute, by: ana });

describe('an acknowledgement', () => {
  it('stops the ladder, and PagerDuty hears of it', () => {
    held.leadsTo({
      events: [{ type: 'incident.acknowledged', name: 'Ana Ruiz' }],
      effects: [
        { type: 'page.pagerduty', action: 'acknowledge', dedupKey: 'lastgood/k3x9w2/INC-1/rung-1.1' },
        'slack.card',
        'slack.thread',
      ],
    });
    held.when(tick, { at: 5 * minute }).leadsTo({ events: [] });
  });

  it.each([
    ['P0', 15 * minute],
    ['P1', 30 * minute],
    ['P2', 2 * hour],
    ['P3', undefined],
  ] as const)('of a %s holds for %s ms', (severity, holds) => {
    const { acknowledged } = opened(severity).when(acknowledge, { at: 2 * minute, by: ana }).state;
    expect(acknowledged?.expiresAt).toBe(holds === undefined ? undefined : start + 2 * minute + holds);
  });

  it('can be taken over, and the clock of acknowledging counts the first one', () => {
    const taken = held.when(acknowledge, { at: 10 * minute, by: ben });
    expect(taken.state.acknowledged).toMatchObject({ by: 'Ben Okafor', expiresAt: start + 25 * minute });
    expect(taken.state.firstAcknowledgedAt).toBe(start + 2 * minute);
  });

  it('that is taken over tells whoever had it, in the thread', () => {
    const line = {
      type: 'slack.thread',
      text: 'Acknowledged by Ben Okafor (slack), who takes it over from Ana Ruiz',
    } as const;
    const taken = { at: 10 * minute, by: ben };
    held.when(acknowledge, taken).leadsTo({
      events: [{ type: 'incident.acknowledged', from: { name: 'Ana Ruiz', person: 'ana' } }],
      effects: [
        'page.pagerduty',
        'slack.card',
        { ...line, rings: { slack: policies.roster.people['ana']?.slack[0], name: 'Ana Ruiz' } },
      ],
    });
    const { ana: _left, ...people } = policies.roster.people;
    const without = { ...policies, roster: { ...policies.roster, people } };
    held.when(acknowledge, { ...taken, policies: without }).leadsTo({
      effects: ['page.pagerduty', 'slack.card', { ...line, rings: { slack: undefined, name: 'Ana Ruiz' } }],
    });
  });

  it('a second time by whoever has it is nothing to put on record', () => {
    held.when(acknowledge, { at: 3 * minute, by: ana }).leadsTo({ events: [], effects: [] });
  });

  it.each([
    ['by somebody who is not in the roster', open, stranger, 'not-in-roster'],
    ['by somebody without any role', open, person('kit', 'Kit Newcomer'), 'role-missing'],
    ['by an alert source', open, alertmanager, 'not-in-roster'],
    ['after it was resolved', held.when(resolve, { by: ana }), ben, 'not-open'],
  ] as const)('is refused %s', (_whom, incident, by, code) => {
    incident.when(acknowledge, { by }).leadsTo({
      events: [{ type: 'request.refused', code }],
      effects: ['slack.card', 'slack.thread'],
    });
  });
});

describe('after silence', () => {
  it('nothing happens up to the last millisecond, then the next rung is called', () => {
    held.leadsTo({ wakeAt: 17 * minute });
    held.when(tick, { at: 17 * minute - 1 }).leadsTo({ events: [] });
    const expired = held.when(tick, { at: 17 * minute });
    expired.leadsTo({
      events: [
        { type: 'acknowledgement.expired', name: 'Ana Ruiz', after: 15 * minute },
        { type: 'rung.fired', rung: 2, round: 1, dueAt: undefined },
      ],
      wakeAt: 22 * minute,
    });
    expect(expired.state.status).toBe('triggered');
  });

  it('the same person may acknowledge again', () => {
    const again = held.when(tick, { at: 17 * minute }).when(acknowledge, { at: 18 * minute, by: ana });
    again.leadsTo({ events: ['incident.acknowledged'], wakeAt: 30 * minute + 1 });
  });

  it('a running operation holds it, and its end gives the whole time again', () => {
    const running = held.when(operation('running'), { at: 16 * minute });
    running.when(tick, { at: 29 * minute }).leadsTo({ events: [], wakeAt: 30 * minute + 1 });
    const done = running.when(operation('done'), { at: 29 * minute });
    expect(done.state.acknowledged?.expiresAt).toBe(start + 44 * minute);
    done.when(tick, { at: 44 * minute - 1 }).leadsTo({ events: ['clock.missed'] });
    done.when(tick, { at: 44 * minute }).leadsTo({
      events: ['acknowledgement.expired', { type: 'rung.fired', rung: 2 }, 'clock.missed'],
    });
  });

  it('nobody is woken when nothing fires any more', () => {
    const cleared = held.when(receive(resolved('5xx')), { at: 3 * minute });
    cleared.when(tick, { at: 20 * minute }).leadsTo({ events: [], wakeAt: undefined });
  });
});

describe('a failed operation', () => {
  it.each(['failed', 'unknown'] as const)('(%s) calls the next rung now, although somebody has it', (how) => {
    const running = held.when(operation('running'), { at: 4 * minute });
    const over = running.when(operation(how), { at: 6 * minute });
    over.leadsTo({ events: ['operation.noted'], wakeAt: 6 * minute });
    const called = over.when(tick, { at: 6 * minute });
    called.leadsTo({ events: [{ type: 'rung.fired', rung: 2, round: 1 }], wakeAt: 11 * minute });
    const page = called.effects.find(({ type }) => type === 'page.mail');
    expect(page).toMatchObject({ person: 'ben' });
    expect(page && incidentKind.wanted(called.state, page, start)).toEqual({ wanted: true });
  });

  it('calls nobody twice for the same news', () => {
    const called = open.when(operation('failed'), { at: minute }).when(tick, { at: minute });
    called.leadsTo({ events: [{ type: 'rung.fired', rung: 2 }] });
    called.when(operation('failed'), { at: 2 * minute }).leadsTo({ wakeAt: 5 * minute + 1 });
  });

  it('calls nobody when nothing fires any more, or it is over', () => {
    const cleared = open.when(receive(resolved('5xx')), { at: minute });
    cleared.when(operation('failed'), { at: 2 * minute }).leadsTo({ wakeAt: undefined });
    const over = open.when(resolve, { by: ana });
    over.when(operation('failed'), { at: 2 * minute }).leadsTo({ wakeAt: undefined });
  });
});

describe('resolving', () => {
  it('stops everything, asks for the post-mortem, and tells the channel', () => {
    held.when(resolve, { at: 9 * minute, by: ana }).leadsTo({
      events: [{ type: 'incident.resolved', name: 'Ana Ruiz', reason: 'rolled back' }],
      effects: [
        { type: 'page.pagerduty', action: 'resolve', dedupKey: 'lastgood/k3x9w2/INC-1/rung-1.1' },
        'slack.card',
        'slack.thread',
        'slack.postmortem',
      ],
      tells: [{ intent: { type: 'channel.note-incident', incident: 'INC-1', severity: undefined } }],
      wakeAt: undefined,
    });
  });

  it.each([
    ['open', /OP-1 is still under way .* or withdraw it first\.$/],
    ['running', /OP-1 is still under way .* or abort it first\.$/],
    ['unknown', /^Nobody knows how OP-1 ended\./],
  ] as const)('is refused while an operation is %s', (progress, words) => {
    held
      .when(operation(progress))
      .when(resolve, { by: ana })
      .leadsTo({
        events: [{ type: 'request.refused', code: 'not-open', why: expect.stringMatching(words) as string }],
        tells: [],
      });
  });

  it.each(['done', 'failed', 'closed'] as const)('is fine when it is %s', (progress) => {
    held
      .when(operation(progress))
      .when(resolve, { by: ana })
      .leadsTo({ events: ['incident.resolved'] });
  });

  it('is refused twice, and for strangers', () => {
    held.when(resolve, { by: stranger }).leadsTo({
      events: [{ type: 'request.refused', code: 'not-in-roster' }],
    });
    held
      .when(resolve, { by: ana })
      .when(resolve, { by: dana })
      .leadsTo({
        events: [{ type: 'request.refused', code: 'not-open' }],
      });
  });
});

describe('a page whose turn has come', () => {
  const pages = open.effects.filter(({ type }) => type.startsWith('page.'));

  it.each([
    ['is wanted while nobody has it', open, true],
    ['is withheld when somebody has it', held, false],
    ['is withheld when everything is over', open.when(resolve, { by: ana }), false],
    ['is withheld when nothing fires any more', open.when(receive(resolved('5xx'))), false],
    ['is wanted again when silence has expired', held.when(tick, { at: 17 * minute }), true],
  ] as const)('%s', (_what, { state }, wanted) => {
    expect(pages).toHaveLength(3);
    expect(pages.map((page) => incidentKind.wanted(state, page, start).wanted)).toEqual(
      pages.map(() => wanted),
    );
  });

  it('leaves acknowledging and resolving in PagerDuty, and the card, alone', () => {
    const over = held.when(resolve, { by: ana });
    const others = [...held.effects, ...over.effects];
    expect(others.map((effect) => incidentKind.wanted(over.state, effect, start).wanted)).not.toContain(
      false,
    );
  });
});

describe('a page that was sent', () => {
  const [pagerduty, slack, mail] = open.effects.filter(({ type }) => type.startsWith('page.'));
  const settled = (
    effect: typeof mail,
    outcome: Extract<IncidentIntent, { type: 'effect.settled' }>['outcome'],
  ) => {
    if (!effect) throw new Error('no such page');
    return open.when({ type: 'effect.settled', id: 'INC-1/3.2', effect, outcome });
  };

  it('leaves its receipt', () => {
    const delivered = settled(mail, { status: 'done', receipt: { message_id: '<1@mail>' } });
    delivered.leadsTo({
      events: [{ type: 'page.delivered', page: 'INC-1/3.2', name: 'Ana Ruiz', means: 'mail' }],
    });
    expect(delivered.state.pagesDelivered).toBe(1);
  });

  it.each([
    [
      { status: 'failed', why: 'no such user' },
      { type: 'page.failed', certain: true },
    ],
    [
      { status: 'unknown', why: 'no answer' },
      { type: 'page.failed', certain: false },
    ],
    [{ status: 'withheld', why: 'acknowledged' }, { type: 'page.withheld' }],
  ] as const)('or did not: %j', (outcome, event) => {
    settled(slack, outcome).leadsTo({ events: [{ ...event, name: 'Ana Ruiz', means: 'slack' }] });
    settled(pagerduty, outcome).leadsTo({ events: [{ ...event, name: 'Ana Ruiz', means: 'pagerduty' }] });
  });

  it('is known by its recipient however late the receipt comes', () => {
    const shout = { type: 'page.slack', person: undefined, text: '', severity: 'P0' } as const;
    const group = { type: 'page.mail', person: undefined, subject: '', text: '', severity: 'P0' } as const;
    const done = { status: 'done', receipt: {} } as const;
    const { conversations, mail_groups } = policies.notifications;
    const name = { type: 'page.delivered' } as const;
    settled({ ...shout, to: conversations['emergency'] ?? '' }, done).leadsTo({
      events: [{ ...name, name: '#emergency' }],
    });
    settled({ ...group, to: mail_groups['everybody'] ?? [] }, done).leadsTo({
      events: [{ ...name, name: 'everybody group' }],
    });
    settled({ ...group, to: ['gone@shop.example'] }, done).leadsTo({
      events: [{ ...name, name: 'gone@shop.example' }],
    });
  });

  it('is no news when PagerDuty was only told of an acknowledgement', () => {
    const [told] = held.effects;
    settled(told, { status: 'done', receipt: {} }).leadsTo({ events: [] });
    settled(told, { status: 'failed', why: 'gone' }).leadsTo({ events: ['page.failed'] });
  });
});
