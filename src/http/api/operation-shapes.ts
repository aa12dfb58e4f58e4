import { z } from 'zod';
import { sayActor } from '../../core/actor.ts';
import { mayHaveToWait } from '../../core/operation/frozen.ts';
import type { Operation } from '../../core/operation/state.ts';
import { cautionOf } from '../../core/plan/words.ts';
import { severities } from '../../core/severity.ts';
import { isoTime, isoTimeOrNull, time } from './times.ts';

/** A change to production as programs see it. */
export const operationShape = z.object({
  id: z.string(),
  kind: z.enum(['rollback', 'promote']),
  /** `shop/stable` */
  channel: z.string(),
  /** Where a promotion comes from: `shop/canary`. */
  source: z.string().nullable(),
  /** What spoke against a promotion, and who had it lifted all the same. */
  override: z.object({ by: z.string(), lifts: z.array(z.string()) }).nullable(),
  /** What is known against a rollback: its target has been rolled back from before. */
  caution: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  status: z.enum([
    'awaiting-approval',
    'approved',
    'running',
    'done',
    'failed',
    'unknown',
    'rejected',
    'withdrawn',
    'expired',
    'void',
  ]),
  /** Why it ended as it did, in a sentence; empty until then. */
  why: z.string(),
  incident: z.string().nullable(),
  severity: z.enum(severities).nullable(),
  /** What an approval names: it is for this plan and no other. */
  plan_hash: z.string(),
  requested_by: z.string(),
  requested_at: time,
  expires_at: time,
  approvals: z.object({
    needed: z.int(),
    roles: z.array(z.string()),
    given: z.array(z.object({ by: z.string(), at: time })),
  }),
  begun_at: time.nullable(),
  ended_at: time.nullable(),
  /** The target is live, and was checked. */
  verified: z.boolean(),
  abort_requested_by: z.string().nullable(),
  /** The promotion that has to let go of the channel before this rollback can begin. */
  waits_for: z.string().nullable(),
  /** The rollback that this promotion stops for. */
  yields_to: z.string().nullable(),
  /** Production is frozen, and no step of it begins: by whom and why. */
  frozen: z.object({ by: z.string(), reason: z.string(), since: time }).nullable(),
  steps: z.array(
    z.object({
      title: z.string(),
      uses: z.string(),
      phase: z.enum(['execute', 'verify', 'record']),
      status: z.enum(['waiting', 'running', 'done', 'failed', 'unknown']),
      started_at: time.nullable(),
      ended_at: time.nullable(),
      note: z.string(),
      url: z.string().nullable(),
    }),
  ),
});
export type OperationShape = z.infer<typeof operationShape>;

export function toOperation(operation: Operation): OperationShape {
  const { plan, rule } = operation;
  const override = plan.kind === 'promote' ? plan.override : undefined;
  return {
    id: operation.id,
    kind: plan.kind,
    channel: `${plan.app}/${plan.channel}`,
    source: plan.kind === 'promote' ? `${plan.app}/${plan.source}` : null,
    override: override ? { by: override.by, lifts: override.lifts.map(({ fact }) => fact) } : null,
    caution: cautionOf(plan) ?? null,
    from: plan.from,
    to: plan.to,
    reason: plan.reason,
    status: operation.status,
    why: operation.why,
    incident: operation.incident ?? null,
    severity: operation.severity ?? null,
    plan_hash: operation.hash,
    requested_by: sayActor(operation.requestedBy),
    requested_at: isoTime(operation.requestedAt),
    expires_at: isoTime(operation.expiresAt),
    approvals: {
      needed: rule.approvals,
      roles: [...rule.roles],
      given: operation.approvals.map(({ by, at }) => ({ by: sayActor(by), at: isoTime(at) })),
    },
    begun_at: isoTimeOrNull(operation.begunAt),
    ended_at: isoTimeOrNull(operation.endedAt),
    verified: operation.verified,
    abort_requested_by: operation.aborting ?? null,
    waits_for: operation.waitsFor ?? null,
    yields_to: operation.yieldsTo ?? null,
    frozen: frozenIn(operation),
    steps: plan.steps.map(({ title, uses, phase }, index) => {
      const state = operation.steps[index];
      return {
        title,
        uses,
        phase,
        status: state?.status ?? 'waiting',
        started_at: isoTimeOrNull(state?.startedAt),
        ended_at: isoTimeOrNull(state?.endedAt),
        note: state?.note ?? '',
        url: state?.url ?? null,
      };
    }),
  };
}

function frozenIn(operation: Operation): OperationShape['frozen'] {
  const { frozen } = operation;
  if (!frozen || !mayHaveToWait(operation)) return null;
  return { by: frozen.name, reason: frozen.reason, since: isoTime(frozen.since) };
}
