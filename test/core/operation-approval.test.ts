import { describe, expect, it } from 'vitest';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import { describeOperationEvent } from '../../src/core/operation/describe.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import {
  ana,
  ben,
  dana,
  given,
  minute,
  person,
  policies,
  second,
  start,
  stranger,
} from '../support/given.ts';
import { approvals, asked, done, plan, stepSettled } from '../support/rollback.ts';

const open = asked();
const approve: OperationIntent = { type: 'operation.approve', hash: open.state.hash };
const reject: OperationIntent = { type: 'operation.reject', hash: open.state.hash };
const abort: OperationIntent = { type: 'operation.abort' };
const tick: OperationIntent = { type: 'clock.tick', down: undefined };

const askToBegin = {
  to: { kind: 'channel', id: 'channel:shop/stable' },
  intent: { type: 'channel.begin', operation: 'OP-1', from: '1.5.0' },
};
const giveBack = {
  to: { kind: 'channel', id: 'channel:shop/stable' },
  intent: { type: 'channel.release', operation: 'OP-1', outcome: 'not-begun', touched: false },
};
function noteOf(progress: string) {
  return {
    to: { kind: 'incident', id: 'INC-1' },
    intent: { type: 'incident.note-operation', operation: 'OP-1', progress },
  };
}
const noteRefusal = { to: { kind: 'incident', id: 'INC-1' }, intent: { type: 'incident.note-refusal' } };

describe('a rollback that was asked for', () => {
  it('waits for its approval, shows its card, and its incident hears of it', () => {
    open.leadsTo({
      events: [{ type: 'operation.planned', plan, expiresAt: start + 15 * minute }],
      effects: [
        'slack.card',
        { type: 'slack.card', card: 'request ben' },
        { type: 'slack.card', card: 'request dana' },
      ],
      tells: [noteOf('open'), { intent: { type: 'freeze.ask', operation: 'OP-1', ready: false } }],
      wakeAt: 15 * minute,
    });
    expect(open.state).toMatchObject({ status: 'awaiting-approval', requestedBy: ana });
    expect(operationKind.alias(open.state)).toBe('OP-1');
  });

  it('by somebody else, asks its channel whether it may begin', () => {
    open.when(approve, { at: minute, by: ben }).leadsTo({
      events: [
        { type: 'approval.given', person: 'ben', count: 1, needed: 1 },
        { type: 'operation.approved', executeBefore: start + 6 * minute },
      ],
      tells: [noteOf('open'), askToBegin],
      wakeAt: undefined,
    });
  });

  it('needs nobody where the rule says so: it begins unless production is frozen', () => {
    asked(approvals(0))
      .leadsTo({
        events: ['operation.planned', 'operation.approved'],
        tells: [noteOf('open'), { intent: { type: 'freeze.ask', operation: 'OP-1', ready: true } }],
      })
      .when({ type: 'operation.thaw' })
      .leadsTo({ events: [], tells: [askToBegin] });
  });

  it('needs two people where the rule says two', () => {
    const two = asked(approvals(2));
    const vote: OperationIntent = { type: 'operation.approve', hash: two.state.hash };
    const one = two.when(vote, { by: ben, policies: approvals(2) });
    one.leadsTo({ events: [{ type: 'approval.given', count: 1, needed: 2 }], tells: [noteOf('open')] });
    one.when(vote, { by: ben, policies: approvals(2) }).leadsTo({
      events: [{ type: 'request.refused', code: 'already-voted' }],
    });
    one.when(vote, { by: dana, policies: approvals(2) }).leadsTo({
      events: [{ type: 'approval.given', count: 2 }, 'operation.approved'],
    });
  });

  it('counts no approval of somebody who has left the roster since', () => {
    const two = approvals(2);
    const one = asked(two).when({ ...approve, hash: asked(two).state.hash }, { by: ben, policies: two });
    const { ben: _gone, ...people } = two.roster.people;
    const without = { ...two, roster: { ...two.roster, people } };
    const other = one.when({ ...approve, hash: one.state.hash }, { by: dana, policies: without });
    other.leadsTo({
      events: [
        { type: 'approval.given', count: 1, needed: 2, gone: [{ person: 'ben', name: 'Ben Okafor' }] },
      ],
    });
    expect(other.state).toMatchObject({ status: 'awaiting-approval', approvals: [{ person: 'dana' }] });
    expect(other.log.map((event) => describeOperationEvent(event))).toContain(
      'Approved by Dana Levi (slack), 1 of 2. By roster.yml Ben Okafor may not approve this any more.',
    );
  });
});

describe('an approval is refused', () => {
  const approved = open.when(approve, { by: ben });
  it.each([
    ['of whoever asked for it', asked(policies, ben), ben, approve, 'self-approval'],
    [
      'of the same person through a second account',
      asked(policies, ben),
      person('ben', 'benny', 'responder', 'approver'),
      approve,
      'self-approval',
    ],
    ['of somebody who is not in the roster', open, stranger, approve, 'not-in-roster'],
    ['of somebody without the role', open, person('kit', 'Kit', 'responder'), approve, 'role-missing'],
    ['for another plan', open, ben, { type: 'operation.approve', hash: 'f'.repeat(16) }, 'plan-changed'],
    ['when it has been approved', approved, dana, approve, 'not-open'],
    ['when it was withdrawn', open.when(abort, { by: ana }), dana, approve, 'not-open'],
  ] as const)('%s', (_when, operation, by, intent, code) => {
    const refused = operation.when(intent, { by });
    refused.leadsTo({
      events: [{ type: 'request.refused', code }],
      effects: ['slack.card'],
      tells: [noteRefusal],
    });
    const { refusals } = refused.state;
    expect(refused.state, 'only that is remembered').toEqual({ ...operation.state, refusals });
  });

  it('and voids the request when the rule has become another one since', () => {
    const changed = open.when(approve, { by: ben, policies: approvals(2) });
    changed.leadsTo({ events: ['operation.voided'], tells: [noteOf('closed'), giveBack] });
    expect(changed.state.status).toBe('void');
  });

  it('but not when the file was only laid out anew', () => {
    const [first, ...rules] = policies.approvals.rules;
    const reordered = Object.fromEntries(Object.entries(first ?? {}).toReversed()) as typeof first & object;
    const same = { ...policies, approvals: { ...policies.approvals, rules: [reordered, ...rules] } };
    open.when(approve, { by: ben, policies: same }).leadsTo({
      events: ['approval.given', 'operation.approved'],
    });
  });
});

describe('at its expiry', () => {
  it('one millisecond before, it may be approved', () => {
    open.when(tick, { at: 15 * minute - 1 }).leadsTo({ events: [] });
    open.when(approve, { at: 15 * minute - 1, by: ben }).leadsTo({
      events: ['approval.given', 'operation.approved'],
    });
  });

  it.each([15 * minute, 15 * minute + 1])('at %s ms it may not, even before the timer says so', (at) => {
    open.when(approve, { at, by: ben }).leadsTo({ events: [{ type: 'request.refused', code: 'too-late' }] });
    open.when(reject, { at, by: ben }).leadsTo({ events: [{ type: 'request.refused', code: 'too-late' }] });
  });

  it('gives the channel back', () => {
    const expired = open.when(tick, { at: 15 * minute });
    expired.leadsTo({
      events: ['operation.expired'],
      tells: [noteOf('closed'), giveBack],
      wakeAt: undefined,
    });
    expect(expired.state.status).toBe('expired');
    expect(operationKind.alias(expired.state)).toBeUndefined();
    expired.when(approve, { by: ben }).leadsTo({ events: [{ type: 'request.refused', code: 'not-open' }] });
  });

  it('what was approved does not expire', () => {
    open
      .when(approve, { by: ben })
      .when(tick, { at: 16 * minute })
      .leadsTo({ events: [] });
  });
});

describe('a rollback that is not wanted', () => {
  it('is rejected by whoever may approve', () => {
    open.when(reject, { by: ben }).leadsTo({
      events: [{ type: 'operation.rejected', name: 'Ben Okafor' }],
      tells: [noteOf('closed'), giveBack],
    });
  });

  it('is rejected with a reason, and whoever asked is mentioned', () => {
    const rejected = open.when({ ...reject, reason: 'the repair is out' }, { by: ben });
    rejected.leadsTo({
      events: [{ type: 'operation.rejected', name: 'Ben Okafor', reason: 'the repair is out' }],
      tells: [
        {
          intent: {
            type: 'incident.note-operation',
            text: 'Rejected by Ben Okafor (slack): the repair is out. Nothing was changed.',
            concerns: { name: 'Ana Ruiz', person: 'ana' },
          },
        },
        giveBack,
      ],
    });
    expect(rejected.state.why).toBe('Rejected by Ben Okafor: the repair is out.');
  });

  it('rings whoever asked also where no incident is open', () => {
    const { plan, rule, conversation } = open.state;
    const calm = given(operationKind).when(
      { type: 'operation.open', plan, rule, conversation, incident: undefined, severity: undefined },
      { by: ana },
    );
    const rejected = calm.when({ type: 'operation.reject', hash: calm.state.hash }, { by: ben });
    expect(rejected.effects.at(-1)).toMatchObject({
      type: 'slack.thread',
      text: 'Rejected by Ben Okafor (slack). Nothing was changed.',
      rings: { slack: 'U0ANA', name: 'Ana Ruiz' },
    });
  });

  it('is withdrawn by whoever asked', () => {
    for (const intent of [reject, abort]) {
      open.when(intent, { by: ana }).leadsTo({
        events: [{ type: 'operation.withdrawn', name: 'Ana Ruiz' }],
        tells: [noteOf('closed'), giveBack],
      });
    }
  });

  it.each([
    ['not-in-roster', stranger],
    ['role-missing', person('kit', 'Kit', 'responder')],
  ] as const)('is not stopped by just anybody: %s', (code, by) => {
    open.when(reject, { by }).leadsTo({ events: [{ type: 'request.refused', code }] });
    open.when(abort, { by }).leadsTo({ events: [{ type: 'request.refused', code }] });
  });

  it('is not rejected by a button of another plan', () => {
    open.when({ type: 'operation.reject', hash: 'f'.repeat(16) }, { by: ben }).leadsTo({
      events: [{ type: 'request.refused', code: 'plan-changed' }],
    });
  });
});

describe('its channel answers', () => {
  const approved = open.when(approve, { by: ben });

  it('that it may begin: the first step runs', () => {
    approved.when({ type: 'operation.begin' }).leadsTo({
      events: ['operation.begun', { type: 'step.started', step: 0 }],
      effects: ['slack.card', { type: 'step.run', step: 0, deadline: 10 * minute }, 'slack.card'],
    });
  });

  it('that it has moved on: the approval is void', () => {
    approved.when({ type: 'operation.void', why: '1.5.1 is live now.' }).leadsTo({
      events: [{ type: 'operation.voided', why: '1.5.1 is live now.' }],
      tells: [noteOf('closed'), giveBack],
    });
  });

  it('only once, and only to what was approved', () => {
    const running = approved.when({ type: 'operation.begin' });
    for (const operation of [open, running, open.when(abort, { by: ana })]) {
      operation.when({ type: 'operation.begin' }).leadsTo({ events: [], effects: [] });
      operation.when({ type: 'operation.void', why: 'no' }).leadsTo({ events: [], tells: [] });
    }
  });
});

describe('what was approved for now', () => {
  const begun = open.when(approve, { by: ben }).when({ type: 'operation.begin' });
  const step = begun.effects.find(({ type }) => type === 'step.run');

  it.each([
    [5 * minute - 1, true],
    [5 * minute, false],
    [5 * minute + second, false],
  ])('goes out %s ms later: %s', (later, wanted) => {
    expect(step && operationKind.wanted(begun.state, step, start + later).wanted).toBe(wanted);
  });

  it('fails when it was withheld, and nothing was touched', () => {
    const withheld = begun.when(stepSettled(0, { status: 'withheld', why: 'too late' }));
    withheld.leadsTo({
      events: [
        { type: 'step.failed', step: 0 },
        { type: 'operation.finished', outcome: 'failed', touched: false },
      ],
    });
    expect(withheld.tells).toContainEqual(
      expect.objectContaining({
        intent: expect.objectContaining({
          type: 'channel.release',
          outcome: 'failed',
          touched: false,
        }) as object,
      }),
    );
  });

  it('is not held back later on', () => {
    const second = begun.when(stepSettled(0, done));
    const run = second.effects.find(({ type }) => type === 'step.run');
    expect(run && operationKind.wanted(second.state, run, start + 20 * minute).wanted).toBe(true);
  });

  it('does not begin any more once it has ended', () => {
    const over = begun.when(stepSettled(0, { status: 'failed', why: 'no' }));
    expect(step && operationKind.wanted(over.state, step, start).wanted).toBe(false);
  });
});

it('an operation that nobody opened has nothing to say', () => {
  const nothing = given(operationKind);
  for (const intent of [approve, reject, abort, tick, { type: 'operation.begin' } as const]) {
    nothing.when(intent, { by: ben }).leadsTo({ events: [], tells: [] });
  }
});

describe('one account is one person, whatever the roster calls it meanwhile', () => {
  const account = 'slack U0BEN';
  const before = { ...person('ben', 'Ben Okafor', 'approver'), account };
  const renamed = { ...person('ben-okafor', 'Ben Okafor', 'approver'), account };

  it('who asked does not approve under a new name', () => {
    const own = asked(policies, before);
    own
      .when({ type: 'operation.approve', hash: own.state.hash }, { by: renamed })
      .leadsTo({ events: [{ type: 'request.refused', code: 'self-approval' }] });
  });

  it('nor does anybody count twice', () => {
    const two = approvals(2);
    const once = asked(two);
    const approveTwice: OperationIntent = { type: 'operation.approve', hash: once.state.hash };
    once
      .when(approveTwice, { by: before, policies: two })
      .when(approveTwice, { by: renamed, policies: two })
      .leadsTo({ events: [{ type: 'request.refused', code: 'already-voted' }] });
  });
});
