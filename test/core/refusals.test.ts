import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/core/actor.ts';
import { replyFor } from '../../src/core/reply.ts';
import type { OperationExample } from '../support/rollback.ts';
import { asked, plan } from '../support/rollback.ts';
import { opened } from '../support/alerts.ts';
import { ana, given, hour, minute, person, policies, stranger } from '../support/given.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import { approvalRuleFor } from '../../src/core/plan/approval-rule.ts';

/** A rollback without an incident: its own thread tells its story. */
const alone: OperationExample = given(operationKind).when(
  {
    type: 'operation.open',
    plan,
    rule: approvalRuleFor(policies.approvals, 'shop/stable', undefined),
    incident: undefined,
    severity: undefined,
    conversation: 'C0RELEASES',
  },
  { by: ana },
);

/** Ana tries to approve her own request; every second. */
function tries(example: OperationExample, times: number, by: Actor = ana, from = 0) {
  const lines: string[] = [];
  const answers: string[] = [];
  const notes: unknown[] = [];
  let now = example;
  for (let n = 0; n < times; n += 1) {
    now = now.when({ type: 'operation.approve', hash: now.state.hash }, { at: from + n * 1_000, by });
    lines.push(...now.effects.flatMap((effect) => (effect.type === 'slack.thread' ? [effect.text] : [])));
    answers.push(replyFor(now.events.map((event) => ({ stream: 'OP-1', event }))).title);
    notes.push(...now.tells);
  }
  return { now, lines, answers, notes };
}

describe('somebody who is refused again and again', () => {
  it('is answered each time, and the thread hears of it five times', () => {
    const { lines, answers, now } = tries(alone, 200);
    expect(answers).toHaveLength(200);
    expect(new Set(answers)).toEqual(new Set(['Cannot approve OP-1']));
    expect(lines).toHaveLength(5);
    expect(lines[3]).not.toContain('further');
    expect(lines[4]).toMatch(/Until 04:00:00 UTC, further refusals are told to Ana Ruiz alone\.$/);
    expect(
      now.log.filter(({ type }) => type === 'request.refused'),
      'all are on record',
    ).toHaveLength(200);
    expect(now.effects, 'nothing more goes out').toEqual([]);
  });

  it('is heard again an hour later', () => {
    const { now } = tries(alone, 20);
    const later = tries(now, 20, ana, hour);
    expect(later.lines).toHaveLength(5);
    expect(later.lines[0]).not.toContain('further');
  });

  it('keeps nobody else from being heard, and is one person by any account', () => {
    const { now } = tries(alone, 20);
    expect(tries(now, 1, stranger, minute).lines).toHaveLength(1);
    const secondAccount = { ...person('ana', 'ana-at-home', 'responder'), account: 'slack U0HOME' } as Actor;
    expect(tries(now, 1, secondAccount, minute).lines).toEqual([]);
  });

  it('does not fill the incident either, whichever way they try', () => {
    const { notes } = tries(asked(), 50);
    expect(notes).toHaveLength(5);
    let incident = opened('P0');
    const lines: string[] = [];
    for (let n = 0; n < 50; n += 1) {
      const refusal = {
        type: 'request.refused',
        code: 'role-missing',
        what: 'roll back',
        why: 'No.',
      } as const;
      incident =
        n % 2 === 0
          ? incident.when({ type: 'incident.note-refusal', refusal }, { at: n * 1_000, by: stranger })
          : incident.when({ type: 'incident.acknowledge' }, { at: n * 1_000, by: stranger });
      expect(incident.events).toHaveLength(1);
      lines.push(
        ...incident.effects.flatMap((effect) => (effect.type === 'slack.thread' ? [effect.text] : [])),
      );
    }
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toMatch(/further refusals are told to Sam Stranger alone\.$/);
  });

  it('and many who are refused once leave no more behind than the last hour of them', () => {
    let now = alone;
    for (let n = 0; n < 300; n += 1)
      now = now.when(
        { type: 'operation.approve', hash: now.state.hash },
        { at: n * minute, by: person(undefined, `Sam ${n}`) },
      );
    expect(Object.keys(now.state.refusals ?? {})).toHaveLength(60);
  });
});
