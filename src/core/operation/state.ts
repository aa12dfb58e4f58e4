import { sayActor, type Actor } from '../actor.ts';
import type { Plan } from '../plan/plan.ts';
import type { ApprovalRule } from '../policies/approvals.ts';
import type { Severity } from '../severity.ts';
import { sentence } from '../sentence.ts';
import { withRefusal, type Refusals } from '../refusals.ts';
import type { Recorded, StreamId } from '../stream.ts';
import { noteCard, type NamedCards } from '../settle-card.ts';
import type { Instant } from '../time.ts';
import type { Asks } from './approvers.ts';
import type { OperationEvent } from './event.ts';

export type StepStatus = 'waiting' | 'running' | 'done' | 'failed' | 'unknown';

export interface StepState {
  readonly status: StepStatus;
  readonly startedAt: Instant | undefined;
  readonly endedAt: Instant | undefined;
  readonly note: string;
  readonly url: string | undefined;
}

/** `unknown` is open: it holds the channel until a person says how it ended. */
export type OperationStatus =
  | 'awaiting-approval'
  | 'approved'
  | 'running'
  | 'done'
  | 'failed'
  | 'unknown'
  | 'rejected'
  | 'withdrawn'
  | 'expired'
  | 'void';

export interface Operation {
  readonly id: StreamId;
  readonly plan: Plan;
  readonly hash: string;
  readonly rule: ApprovalRule;
  readonly incident: string | undefined;
  readonly severity: Severity | undefined;
  /** Incidents that were open on the channel besides that one, when it was asked for. */
  readonly besides?: readonly string[];
  readonly conversation: string;
  readonly requestedBy: Actor;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  readonly status: OperationStatus;
  readonly approvals: readonly {
    readonly person: string;
    readonly name: string;
    readonly by: Actor;
    readonly at: Instant;
  }[];
  readonly executeBefore: Instant | undefined;
  readonly begunAt: Instant | undefined;
  readonly endedAt: Instant | undefined;
  readonly steps: readonly StepState[];
  /** The live version has moved to the plan's target. */
  readonly verified: boolean;
  /** When it did; operations of earlier versions of Lastgood do not say. */
  readonly verifiedAt?: Instant;
  readonly aborting: string | undefined;
  /** The rollback that this promotion stops for. */
  readonly yieldsTo?: string | undefined;
  /** The promotion that has to let go of the channel before this rollback can begin. */
  readonly waitsFor?: string | undefined;
  /** Production is frozen, and no step of it begins. */
  readonly frozen?: { readonly name: string; readonly reason: string; readonly since: Instant } | undefined;
  /** The step, not the first, that waits for that to be lifted. */
  readonly held?: number | undefined;
  /** Whether it changed something before it ended; operations that ended under earlier versions of Lastgood do not say. */
  readonly touched?: boolean;
  /** What came up since the channel let it begin: unless its first step has begun, it has to ask again. */
  readonly recheck?: string | undefined;
  /** It asks again after it had begun: what is left of the time for its first step is all that it has. */
  readonly asksAgain?: boolean;
  /** Why it ended as it did, in a sentence. */
  readonly why: string;
  /** Why the card could not be posted or brought up to date the last time; said once. */
  readonly cardTrouble: string | undefined;
  readonly card: { readonly conversation: string; readonly ts: string } | undefined;
  /** Who has been refused how often. */
  readonly refusals?: Refusals;
  /** Who is asked to approve; operations of earlier versions do not say. */
  readonly asks?: Asks;
  /** Where those messages stand that ask one person each. */
  readonly cards?: NamedCards;
}

export function operationIsOpen(operation: Operation): boolean {
  return ['awaiting-approval', 'approved', 'running', 'unknown'].includes(operation.status);
}

/** It is being carried out, and a step of it that somebody may not want has not begun, or may be asked to stop. */
export function mayBeStopped({ status, aborting, verified, held }: Operation): boolean {
  return status === 'running' && (held !== undefined || (aborting === undefined && !verified));
}

/** For its first step: what has been approved for now is not approved for tomorrow. */
export function isTooLate({ executeBefore }: Operation, now: Instant): boolean {
  return executeBefore !== undefined && now >= executeBefore;
}

export function evolveOperation(
  state: Operation | undefined,
  event: Recorded<OperationEvent>,
  id: StreamId,
): Operation {
  if (event.type === 'operation.planned') return planned(id, event);
  if (!state) throw new Error(`${id}: ${event.type} before operation.planned`);
  const ended = (status: OperationStatus, why: string): Operation => ({
    ...state,
    status,
    why,
    endedAt: event.at,
  });
  const step = (index: number, change: Partial<StepState>): Operation => ({
    ...state,
    steps: state.steps.map((each, place) => (place === index ? { ...each, ...change } : each)),
  });
  switch (event.type) {
    case 'approval.given': {
      const approval = { person: event.person, name: event.name, by: event.by, at: event.at };
      const counted = state.approvals.filter(
        ({ person }) => !event.gone?.some((gone) => gone.person === person),
      );
      return { ...state, approvals: [...counted, approval] };
    }
    case 'operation.approved':
      return { ...state, status: 'approved', executeBefore: event.executeBefore };
    case 'operation.rejected':
      return ended('rejected', sayEnd('Rejected', event));
    case 'operation.withdrawn':
      return ended('withdrawn', sayEnd('Withdrawn', event));
    case 'operation.expired':
      return ended('expired', event.why);
    case 'operation.voided':
      return ended('void', event.why);
    case 'operation.unblocked':
      return { ...state, waitsFor: undefined };
    case 'operation.begun':
      // Begins with its approval, or as soon as it gets the channel: the time for its first step counts from here, and
      // only once, or news that comes every few minutes would keep an approval good for the whole night.
      return {
        ...state,
        status: 'running',
        begunAt: event.at,
        executeBefore: state.asksAgain ? state.executeBefore : event.at + state.rule.execute_within,
      };
    case 'operation.frozen': {
      const { name, reason, since } = event;
      // How long that lasts is not its fault: it gets its time anew when it is lifted.
      return { ...state, frozen: { name, reason, since }, asksAgain: false };
    }
    case 'operation.thawed':
      return { ...state, frozen: undefined };
    case 'recheck.requested':
      return { ...state, recheck: event.why };
    case 'step.held': {
      const held = step(event.step, { status: 'waiting', startedAt: undefined });
      // Before its first step nothing has happened: it stands where it stood when it was approved.
      return event.step === 0
        ? {
            ...held,
            status: 'approved',
            begunAt: undefined,
            recheck: undefined,
            asksAgain: event.why !== undefined && state.frozen === undefined,
          }
        : { ...held, held: event.step };
    }
    case 'step.started':
      return { ...step(event.step, { status: 'running', startedAt: event.at }), held: undefined };
    case 'step.progressed':
      return step(event.step, { note: event.note, url: event.url });
    case 'step.done':
      return step(event.step, { status: 'done', note: event.note, url: event.url, endedAt: event.at });
    case 'step.failed':
      return step(event.step, { status: 'failed', note: event.note, url: event.url, endedAt: event.at });
    case 'step.unknown':
      return step(event.step, { status: 'unknown', note: event.note, url: event.url, endedAt: event.at });
    case 'operation.verified':
      return { ...state, verified: true, verifiedAt: event.at };
    case 'abort.requested':
      return {
        ...state,
        aborting: event.name,
        yieldsTo: event.yieldsTo,
        incident: state.incident ?? event.incident,
      };
    case 'operation.finished':
      return { ...ended(event.outcome, event.why), touched: event.touched };
    case 'operation.settled':
      return { ...ended(event.outcome, event.why), verified: state.verified || event.outcome === 'done' };
    case 'card.posted':
      if ('card' in event) return { ...state, cards: noteCard(state.cards, event) };
      return { ...state, card: { conversation: event.conversation, ts: event.ts }, cardTrouble: undefined };
    case 'card.failed':
      if ('card' in event) return { ...state, cards: noteCard(state.cards, event) };
      return { ...state, cardTrouble: event.why };
    case 'request.refused':
      return { ...state, refusals: withRefusal(state.refusals, event.by, event.at) };
    default:
      return event satisfies never;
  }
}

function sayEnd(word: string, { name, reason }: { readonly name: string; readonly reason?: string }): string {
  return sentence(reason === undefined ? `${word} by ${name}` : `${word} by ${name}: ${reason}`);
}

function planned(
  id: StreamId,
  event: Recorded<Extract<OperationEvent, { type: 'operation.planned' }>>,
): Operation {
  const { type: _type, seq: _seq, at: _at, by: _by, ...copied } = event;
  return {
    id,
    ...copied,
    requestedBy: event.by,
    requestedAt: event.at,
    status: 'awaiting-approval',
    approvals: [],
    executeBefore: undefined,
    begunAt: undefined,
    endedAt: undefined,
    steps: event.plan.steps.map(() => ({
      status: 'waiting',
      startedAt: undefined,
      endedAt: undefined,
      note: '',
      url: undefined,
    })),
    verified: false,
    aborting: undefined,
    why: '',
    cardTrouble: undefined,
    card: undefined,
  };
}

/** `Ana Ruiz (slack)` */
export function requester(operation: Operation): string {
  return sayActor(operation.requestedBy);
}
