import type { EffectProgressed, EffectSettled } from '../effect.ts';
import type { ClockTick } from '../incident/intent.ts';
import type { Plan } from '../plan/plan.ts';
import type { ApprovalRule } from '../policies/approvals.ts';
import type { Severity } from '../severity.ts';
import type { Instant } from '../time.ts';

export type OperationIntent =
  /** From the channel, which has checked the request and holds its lock for us. */
  | {
      readonly type: 'operation.open';
      readonly plan: Plan;
      readonly rule: ApprovalRule;
      readonly incident: string | undefined;
      readonly severity: Severity | undefined;
      /** Of the incident: whoever is on call for it is asked to approve. */
      readonly service?: string | undefined;
      /** Incidents that are open on the channel besides that one. */
      readonly besides?: readonly string[];
      readonly conversation: string;
      /** A promotion that holds the channel still, and has been told to let go. */
      readonly waitsFor?: string;
    }
  /** `hash` is the plan that the person saw when pressing the button. */
  | { readonly type: 'operation.approve'; readonly hash: string }
  | { readonly type: 'operation.reject'; readonly hash: string; readonly reason?: string }
  /** Before it runs: withdrawn. While it runs: no further step begins. */
  | { readonly type: 'operation.abort' }
  | { readonly type: 'operation.settle'; readonly outcome: 'done' | 'failed'; readonly why: string }
  /** From the channel: it is as the plan expects; or it is not. */
  | { readonly type: 'operation.begin' }
  | { readonly type: 'operation.void'; readonly why: string }
  /** From the channel: something came up since then. What has not begun by now has to ask again. */
  | { readonly type: 'operation.look-again'; readonly why: string }
  /** From the channel, to a promotion: a rollback goes first. `incident` is the one that the rollback belongs to. */
  | { readonly type: 'operation.yield'; readonly to: string; readonly incident: string | undefined }
  /** From the channel, to a rollback that waited for a promotion: that has let go. */
  | { readonly type: 'operation.proceed' }
  /** From the kill switch: no step begins; or, as far as it is concerned, one may. `lifted`: by whom it was, if it was on. */
  | {
      readonly type: 'operation.freeze';
      readonly name: string;
      readonly reason: string;
      readonly since: Instant;
    }
  | { readonly type: 'operation.thaw'; readonly lifted?: readonly string[] }
  | ClockTick
  | EffectSettled
  | EffectProgressed;
