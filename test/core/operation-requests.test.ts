import { describe, expect, it } from 'vitest';
import type { Effect, Settled } from '../../src/core/effect.ts';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { ana, ben, dana, given, minute, policies, start } from '../support/given.ts';
import { approvals, asked, type OperationExample } from '../support/rollback.ts';

const open = asked();
const toBen = { type: 'slack.card', conversation: 'U0BEN', card: 'request ben', severity: 'P0' } as const;
const toDana = { type: 'slack.card', conversation: 'U0DANA', card: 'request dana', severity: 'P0' } as const;

function approve(operation: OperationExample): OperationIntent {
  return { type: 'operation.approve', hash: operation.state.hash };
}

function settled(effect: Effect, outcome: Settled): OperationIntent {
  return { type: 'effect.settled', id: 'OP-1/1.1', effect, outcome };
}

/** The message to Ben has been posted. */
function posted(operation: OperationExample): OperationExample {
  return operation.when(settled(toBen, { status: 'done', receipt: { ts: '17.1', channel: 'D0BEN' } }));
}

/** What somebody is written: cards to one person, and mails. */
function messages({ effects }: OperationExample): readonly Effect[] {
  return effects.filter((effect) => effect.type === 'page.mail' || 'card' in effect);
}

describe('whoever may approve is asked in person', () => {
  it('when the operation is planned, after its card', () => {
    expect(open.effects).toEqual([
      { type: 'slack.card', conversation: 'C0INCIDENTS', severity: 'P0' },
      toBen,
      toDana,
    ]);
    expect(open.tells[0]?.intent).toMatchObject({
      text: expect.stringContaining('Asked: Ben Okafor, Dana Levi.'),
    });
  });

  it('and asked anew when it may begin at once, since no promotion holds the channel any more', () => {
    const { plan, rule, incident, severity, conversation } = open.state;
    const waiting = given(operationKind).when(
      { type: 'operation.open', plan, rule, incident, severity, conversation, waitsFor: 'OP-7' },
      { by: ana },
    );
    expect(messages(waiting.when({ type: 'operation.proceed' }, { at: minute }))).toEqual([toBen, toDana]);
  });

  it('unless no approval is needed', () => {
    expect(messages(asked(approvals(0)))).toEqual([]);
  });

  it('by mail where the roster has no Slack id, once', () => {
    const { people } = policies.roster;
    const { ben: known } = people;
    if (!known) throw new Error('Ben has left');
    const without: Policies = {
      ...policies,
      roster: { ...policies.roster, people: { ...people, ben: { ...known, slack: [] } } },
    };
    const mailed = asked(without);
    expect(messages(mailed)).toMatchObject([
      {
        type: 'page.mail',
        person: 'ben',
        to: ['ben@shop.example'],
        subject: 'OP-1 waits for your approval: roll shop/stable back 1.5.0 → 1.4.2',
        text: expect.stringContaining(`/operation approve OP-1 ${mailed.state.hash}`),
      },
      toDana,
    ]);
    const over = mailed.when({ type: 'operation.abort' }, { by: ana, policies: without });
    expect(messages(over)).toEqual([toDana]);
    const nowhere = { ...known, slack: [], email: undefined };
    const silent = { ...without, roster: { ...without.roster, people: { ...people, ben: nowhere } } };
    expect(messages(asked(silent as unknown as Policies))).toEqual([toDana]);
  });

  it('or told that nobody may', () => {
    const { ana: alone } = policies.roster.people;
    if (!alone) throw new Error('Ana has left');
    const lonely = asked({ ...policies, roster: { ...policies.roster, people: { ana: alone } } });
    expect(messages(lonely)).toEqual([]);
    expect(lonely.tells[0]?.intent).toMatchObject({
      text: expect.stringContaining('Nobody else in the roster is approver or lead, so nobody was asked.'),
    });
  });
});

describe('the messages change in place', () => {
  const two = posted(asked(approvals(2)));
  it.each([
    ['rejected', open.when({ type: 'operation.reject', hash: open.state.hash }, { by: ben })],
    ['withdrawn', open.when({ type: 'operation.abort' }, { by: ana })],
    ['expired', open.when({ type: 'clock.tick', down: undefined }, { at: 15 * minute })],
    ['approved', open.when(approve(open), { by: ben })],
    ['void', open.when(approve(open), { by: ben, policies: approvals(2) })],
    ['approved by one of two', two.when(approve(two), { by: ben, policies: approvals(2) })],
  ])('when it is %s, each once', (_how, operation) => {
    expect(messages(operation)).toEqual([toBen, toDana]);
  });

  it('also when it begins after all to be void', () => {
    const approved = open.when(approve(open), { by: ben });
    const voided = approved.when({ type: 'operation.void', why: '1.6.0 is live now.' });
    expect(messages(voided)).toEqual([toBen, toDana]);
  });

  it('where they were posted', () => {
    expect(posted(open).state.cards).toEqual({ 'request ben': { conversation: 'D0BEN', ts: '17.1' } });
    expect(posted(open).state.card).toBeUndefined();
    expect(posted(posted(open)).events).toEqual([]);
  });

  it('and not for steps, nor for what is refused', () => {
    const begun = open.when(approve(open), { by: ben }).when({ type: 'operation.begin' });
    expect(messages(begun)).toEqual([]);
    expect(messages(open.when(approve(open), { by: ana }))).toEqual([]);
  });
});

describe('just before it is sent, a request', () => {
  const approved = open.when(approve(open), { by: ben });
  const one = asked(approvals(2));
  const half = one.when(approve(one), { by: ben, policies: approvals(2) });
  const mail = {
    type: 'page.mail',
    person: 'dana',
    to: ['dana@shop.example'],
    subject: '',
    text: '',
    severity: 'P0',
  } as const;
  const wanted = ({ state }: OperationExample, effect: Effect, begun = false) =>
    operationKind.wanted(state, effect, start, begun);

  it('is wanted while it waits', () => {
    expect(wanted(open, toBen)).toEqual({ wanted: true });
    expect(wanted(open, mail)).toEqual({ wanted: true });
  });

  it('is not, once it has been decided, or they have approved', () => {
    expect(wanted(approved, toDana)).toMatchObject({ why: 'OP-1 no longer waits for approval (approved)' });
    expect(wanted(approved, mail)).toMatchObject({ wanted: false });
    expect(wanted(half, toBen)).toMatchObject({ why: 'Ben Okafor had approved in the meantime' });
    expect(wanted(half, toDana)).toEqual({ wanted: true });
  });

  it('is brought up to date where it was posted, or may have been', () => {
    expect(wanted(posted(open).when(approve(open), { by: dana }), toBen)).toEqual({ wanted: true });
    expect(wanted(approved, toBen, true)).toEqual({ wanted: true });
  });
});

describe('a request that could not be delivered', () => {
  const failed: Settled = { status: 'failed', why: 'Slack takes no direct message for Ben Okafor.' };

  it('is said once, on the card that everybody sees', () => {
    const told = open.when(settled(toBen, failed));
    told.leadsTo({
      events: [{ type: 'card.failed', card: 'request ben', why: failed.why }],
      effects: [{ type: 'slack.card', conversation: 'C0INCIDENTS' }],
    });
    expect(told.effects).toHaveLength(1);
    expect(told.state.cards).toMatchObject({ 'request ben': { trouble: failed.why } });
    expect(told.when(settled(toBen, failed)).events).toEqual([]);
  });

  it('also by mail, and a mail that arrived is no news', () => {
    const mail = { type: 'page.mail', person: 'ben', to: [], subject: '', text: '', severity: 'P0' } as const;
    const why = 'The mail server refused: no such user';
    open.when(settled(mail, { status: 'failed', why })).leadsTo({ events: [{ type: 'card.failed', why }] });
    open.when(settled(mail, { status: 'done', receipt: { message_id: '1' } })).leadsTo({ events: [] });
  });
});
