import type { Actor } from '../../src/core/actor.ts';
import type { Effect, Settled } from '../../src/core/effect.ts';
import type { OperationEvent } from '../../src/core/operation/event.ts';
import type { OperationIntent } from '../../src/core/operation/intent.ts';
import { operationKind } from '../../src/core/operation/operation.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import { approvalRuleFor } from '../../src/core/plan/approval-rule.ts';
import { planRollback, type Plan } from '../../src/core/plan/plan.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { ana, given, policies, storeId, type Example } from './given.ts';

export type OperationExample = Example<Operation, OperationIntent, OperationEvent>;

const stable = policies.channels.apps['shop']?.channels['stable'];
if (!stable) throw new Error('policies/channels.yml has no shop/stable any more');

/** Take shop/stable back from 1.5.0 to 1.4.2: deploy, check, mark in Sentry. */
export const plan: Plan = planRollback({
  operation: 'OP-1',
  storeId,
  app: 'shop',
  channel: 'stable',
  from: '1.5.0',
  to: '1.4.2',
  reason: 'checkout answers 500',
  policy: stable,
});

/** The shipped policies, with so many approvals wherever one is needed. */
export function approvals(count: number): Policies {
  const rules = policies.approvals.rules.map((rule) => ({ ...rule, approvals: count }));
  return { ...policies, approvals: { ...policies.approvals, rules } };
}

/** A rollback that Ana has asked for during a P0. */
export function asked(current = policies, by: Actor = ana): OperationExample {
  const open: OperationIntent = {
    type: 'operation.open',
    plan,
    rule: approvalRuleFor(current.approvals, 'shop/stable', 'P0'),
    incident: 'INC-1',
    severity: 'P0',
    conversation: 'C0INCIDENTS',
  };
  return given(operationKind).when(open, { by, policies: current });
}

export function stepSettled(step: number, outcome: Settled): OperationIntent {
  const effect: Effect = { type: 'step.run', step, deadline: plan.steps[step]?.deadline ?? 0 };
  return { type: 'effect.settled', id: `OP-1/${step}.0`, effect, outcome };
}

export const done: Settled = { status: 'done', receipt: { note: 'fine', url: 'https://ci.example/1' } };
