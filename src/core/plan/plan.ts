import { createHash } from 'node:crypto';
import type { ApprovalRule } from '../policies/approvals.ts';
import type { ChannelPolicy, StepPolicy } from '../policies/channels.ts';
import type { Milliseconds } from '../time.ts';
import { fillIn } from './placeholders.ts';

export type StepPhase = StepPolicy['phase'];

export interface PlanStep {
  readonly uses: string;
  readonly title: string;
  readonly phase: StepPhase;
  readonly target: Milliseconds;
  readonly deadline: Milliseconds;
  readonly with: unknown;
}

/** What will be done, to the letter. Approvals are for this and nothing else: the hash covers all of it. */
export interface Plan {
  readonly kind: 'rollback';
  readonly app: string;
  /** The channel's short name. */
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly steps: readonly PlanStep[];
}

/** Gathered facts in, a plan out; nothing is looked up here. */
export function planRollback(gathered: {
  readonly operation: string;
  readonly app: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly policy: ChannelPolicy;
}): Plan {
  const { operation, app, channel, from, to, reason, policy } = gathered;
  const steps = policy.rollback.steps.map((step, index): PlanStep => {
    const values = {
      version: to,
      from,
      reason,
      operation,
      correlation: `${operation}.${index + 1}`,
      app,
      channel,
    };
    const { uses, phase, target, deadline } = step;
    return {
      uses,
      title: String(fillIn(step.title, values)),
      phase,
      target,
      deadline,
      with: fillIn(step.with, values),
    };
  });
  return { kind: 'rollback', app, channel, from, to, reason, steps };
}

/** The first 16 hex digits of SHA-256 over the plan and the rule it has to satisfy: what a button carries. */
export function planHash(plan: Plan, rule: ApprovalRule): string {
  return hashOf([plan, rule]);
}

/** Equal values give equal hashes, whatever the order of their keys. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
