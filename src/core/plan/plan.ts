import { createHash } from 'node:crypto';
import type { ApprovalRule } from '../policies/approvals.ts';
import type { ChannelPolicy, PromotionPolicy, StepPolicy } from '../policies/channels.ts';
import type { Milliseconds } from '../time.ts';
import { fillIn, type Placeholder } from './placeholders.ts';
import type { Concern } from './concern.ts';

export type StepPhase = StepPolicy['phase'];

export interface PlanStep {
  /** `OP-7.1-k3x9w2`, under which it goes out; plans of earlier versions do not say, and went out as `OP-7.1`. */
  readonly correlation?: string;
  readonly uses: string;
  readonly title: string;
  readonly phase: StepPhase;
  readonly target: Milliseconds;
  readonly deadline: Milliseconds;
  readonly with: unknown;
}

interface Change {
  readonly app: string;
  /** The channel's short name. */
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly steps: readonly PlanStep[];
}

/** What a lead had lifted, by name. */
export interface Override {
  /** `Dana Levi (slack)` */
  readonly by: string;
  readonly lifts: readonly Concern[];
}

/** What will be done, to the letter. Approvals are for this and nothing else: the hash covers all of it. */
export type Plan =
  | (Change & {
      readonly kind: 'rollback';
      /** What is known against it, without a full stop: its target has been rolled back from before. */
      readonly caution?: string;
    })
  | (Change & {
      readonly kind: 'promote';
      /** The short name of the channel that it comes from. */
      readonly source: string;
      readonly override: Override | undefined;
    });

export type PlanKind = Plan['kind'];

/** Facts gathered by a release channel, for a plan to be made of; nothing is looked up here. */
interface Gathered {
  readonly operation: string;
  readonly storeId: string;
  readonly app: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export function planRollback(
  gathered: Gathered & { readonly caution?: string | undefined; readonly policy: ChannelPolicy },
): Plan {
  const { operation: _id, storeId: _store, policy, caution, ...change } = gathered;
  const steps = fillSteps(policy.rollback.steps, gathered, {});
  return { kind: 'rollback', ...change, ...(caution === undefined ? {} : { caution }), steps };
}

export function planPromotion(
  gathered: Gathered & {
    readonly source: string;
    readonly override: Override | undefined;
    readonly policy: PromotionPolicy;
  },
): Plan {
  const { operation: _id, storeId: _store, policy, ...change } = gathered;
  const { source } = gathered;
  return { kind: 'promote', ...change, steps: fillSteps(policy.steps, gathered, { source }) };
}

function fillSteps(
  steps: readonly StepPolicy[],
  { operation, storeId, app, channel, from, to, reason }: Gathered,
  more: Readonly<Partial<Record<Placeholder, string>>>,
): readonly PlanStep[] {
  return steps.map((step, index): PlanStep => {
    const correlation = `${operation}.${index + 1}-${storeId}`;
    const values = {
      version: to,
      from,
      reason,
      operation,
      correlation,
      app,
      channel,
      ...more,
    };
    const { uses, phase, target, deadline } = step;
    return {
      correlation,
      uses,
      title: String(fillIn(step.title, values)),
      phase,
      target,
      deadline,
      with: fillIn(step.with, values),
    };
  });
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
