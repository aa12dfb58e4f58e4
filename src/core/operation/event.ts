import type { Plan } from '../plan/plan.ts';
import type { ApprovalRule } from '../policies/approvals.ts';
import type { Refusal } from '../refusal.ts';
import type { Severity } from '../severity.ts';
import type { NamedCardEvent } from '../settle-card.ts';
import type { Instant } from '../time.ts';
import type { Asks } from './approvers.ts';

export type OperationOutcome = 'done' | 'failed' | 'unknown';

/** What can happen to an operation: a change to production, planned, approved, carried out, verified. */
export type OperationEvent =
  | {
      readonly type: 'operation.planned';
      readonly plan: Plan;
      readonly hash: string;
      readonly rule: ApprovalRule;
      readonly incident: string | undefined;
      readonly severity: Severity | undefined;
      /** Incidents that were open on the channel besides that one. */
      readonly besides?: readonly string[];
      readonly conversation: string;
      readonly expiresAt: Instant;
      /** A promotion that holds the channel still, and has been told to let go. */
      readonly waitsFor?: string;
      /** Who is asked to approve; nobody where no approval is needed. */
      readonly asks?: Asks;
    }
  | {
      readonly type: 'approval.given';
      readonly person: string;
      readonly name: string;
      /** Of approvals that count, with this one. */
      readonly count: number;
      readonly needed: number;
      /** Whose earlier approval counts no more: they have left the roster since, or lost the role. */
      readonly gone?: readonly { readonly person: string; readonly name: string }[];
    }
  | {
      readonly type: 'operation.approved';
      readonly executeBefore: Instant;
      readonly waitsFor?: string | undefined;
      /** Production is frozen: it begins when that is lifted, if it is in time. */
      readonly frozen?: true;
    }
  /** The promotion that it waited for has let go of the channel. */
  | { readonly type: 'operation.unblocked'; readonly from: string }
  /** Production is frozen, or is so no longer. `running`: it had begun by then. */
  | {
      readonly type: 'operation.frozen';
      readonly name: string;
      readonly reason: string;
      readonly since: Instant;
      readonly running: boolean;
      /** Between two steps. */
      readonly held?: true;
    }
  | {
      readonly type: 'operation.thawed';
      readonly running: boolean;
      readonly lifted: readonly string[];
    }
  /** Something came up after it had got the channel: the channel is asked again if the first step has not begun by then. */
  | { readonly type: 'recheck.requested'; readonly why: string }
  /** Production was frozen before this step began, and it has not. `why`: not that, but what came up was the reason. */
  | { readonly type: 'step.held'; readonly step: number; readonly title: string; readonly why?: string }
  | { readonly type: 'operation.rejected'; readonly name: string; readonly reason?: string }
  | { readonly type: 'operation.withdrawn'; readonly name: string; readonly reason?: string }
  | { readonly type: 'operation.expired'; readonly why: string }
  | { readonly type: 'operation.voided'; readonly why: string }
  | { readonly type: 'operation.begun' }
  /** Steps count from 0. */
  | { readonly type: 'step.started'; readonly step: number; readonly title: string }
  | {
      readonly type: 'step.progressed';
      readonly step: number;
      readonly note: string;
      readonly url: string | undefined;
    }
  | {
      readonly type: 'step.done';
      readonly step: number;
      readonly title: string;
      readonly note: string;
      readonly url: string | undefined;
    }
  | {
      readonly type: 'step.failed';
      readonly step: number;
      readonly title: string;
      readonly note: string;
      readonly url: string | undefined;
    }
  | {
      readonly type: 'step.unknown';
      readonly step: number;
      readonly title: string;
      readonly note: string;
      readonly url: string | undefined;
    }
  /** Every verification passed: the channel's live version moves. */
  | { readonly type: 'operation.verified' }
  | {
      readonly type: 'abort.requested';
      readonly name: string;
      /** The rollback that goes first, and the incident that it belongs to. */
      readonly yieldsTo?: string;
      readonly incident?: string | undefined;
    }
  /** `touched`: something was already changed out there. */
  | {
      readonly type: 'operation.finished';
      readonly outcome: OperationOutcome;
      readonly why: string;
      readonly touched: boolean;
      /** Who had it stopped; undefined when it came to its end by itself. */
      readonly stoppedBy: string | undefined;
      /** The rollback that it was stopped for. */
      readonly yieldedTo?: string | undefined;
      /** Titles of steps that only record it elsewhere and were not done. */
      readonly left: readonly string[];
    }
  /** A person looked and says how an operation of unknown outcome ended. */
  | {
      readonly type: 'operation.settled';
      readonly outcome: 'done' | 'failed';
      readonly name: string;
      readonly why: string;
      readonly left: readonly string[];
    }
  | { readonly type: 'card.posted'; readonly conversation: string; readonly ts: string }
  /** Slack does not take the card: somebody has to see to it, and meanwhile people have to know. */
  | { readonly type: 'card.failed'; readonly why: string }
  /** The same of a message that asks one person to approve. */
  | NamedCardEvent
  | Refusal;
