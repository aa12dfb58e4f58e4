import { sayActor } from '../actor.ts';
import { nothing, only, type Decision, type Message, type Tell } from '../stream.ts';
import { sayMoment, type Instant } from '../time.ts';
import { channelOf, leaveSwitch, noteHold, stopHeld } from './carry-out.ts';
import type { OperationEvent } from './event.ts';
import type { OperationIntent } from './intent.ts';
import type { Operation } from './state.ts';

/** It was approved: the channel is asked whether it is still as the plan expects, for a promotion its source first. */
export function askToBegin(id: string, plan: Operation['plan']): Tell {
  const { app, channel, from } = plan;
  if (plan.kind === 'rollback') {
    const to = { kind: 'channel', id: `channel:${app}/${channel}` } as const;
    return { to, intent: { type: 'channel.begin', operation: id, from } };
  }
  return {
    to: { kind: 'channel', id: `channel:${app}/${plan.source}` },
    intent: {
      type: 'promotion.recheck',
      operation: id,
      target: `${app}/${channel}`,
      version: plan.to,
      from,
      lifted: plan.override?.lifts ?? [],
    },
  };
}

/** Something came up after the channel had let it begin. Whether its first step has by now, the outbox knows. */
export function lookAgain({ status, steps, recheck }: Operation, why: string): Decision<OperationEvent> {
  const mayStillWait = status === 'running' && steps[0]?.status === 'running';
  return mayStillWait && recheck === undefined ? only({ type: 'recheck.requested', why }) : nothing;
}

/** A promotion makes way for a rollback: it never begins, or no further step of it does. */
export function yieldTo(
  state: Operation,
  { by, intent }: Message<Extract<OperationIntent, { type: 'operation.yield' }>>,
): Decision<OperationEvent> {
  const { to, incident } = intent;
  switch (state.status) {
    case 'awaiting-approval':
    case 'approved': {
      const why = `${sayActor(by)} has asked for the rollback ${to}, and that goes first.`;
      return end(state, { type: 'operation.voided', why });
    }
    case 'running': {
      // Verified: what still runs only records it, and is waited for.
      if (state.aborting !== undefined || state.verified) return nothing;
      const stopped = {
        type: 'abort.requested',
        name: `the rollback ${to}`,
        yieldsTo: to,
        incident,
      } as const;
      return state.held === undefined ? { events: [stopped], tells: [] } : stopHeld(state, stopped);
    }
    case 'unknown':
    case 'done':
    case 'failed':
    case 'rejected':
    case 'withdrawn':
    case 'expired':
    case 'void':
      return nothing;
    default:
      return state.status satisfies never;
  }
}

/** The channel is free for this rollback: it begins if it has been approved by now, and may be approved if not. */
export function proceed(state: Operation, { at }: Message<OperationIntent>): Decision<OperationEvent> {
  if (state.waitsFor === undefined) return nothing;
  const unblocked: OperationEvent = { type: 'operation.unblocked', from: state.waitsFor };
  if (state.status === 'awaiting-approval') return { events: [unblocked], tells: [] };
  if (state.status !== 'approved') return nothing;
  if (at >= waitsUntil(state)) return waitedInVain(state);
  return {
    events: [unblocked],
    tells: [state.frozen ? noteHold(state, false, true) : askToBegin(state.id, state.plan)],
  };
}

/** It has been approved, and something else has to happen before it may begin. */
export function waitsWithApproval({ status, waitsFor, frozen }: Operation): boolean {
  return status === 'approved' && (waitsFor !== undefined || frozen !== undefined);
}

/**
 * How long an approval waits for a promotion to let go, or for production to be no longer frozen. The time to begin would
 * be too short: a step that is stopped may take longer than that to end. But what was approved in this night must not
 * begin by itself in the next one, when somebody says at last how the promotion ended; so it is the time that the whole
 * request has, if that is longer.
 */
export function waitsUntil({ expiresAt, executeBefore }: Operation): Instant {
  return Math.max(expiresAt, executeBefore ?? expiresAt);
}

export function waitedInVain(state: Operation): Decision<OperationEvent> {
  const { waitsFor, frozen } = state;
  const why =
    waitsFor === undefined && frozen
      ? `It was approved, but production was still frozen at ${sayMoment(waitsUntil(state))} (by ${frozen.name}: ${frozen.reason}). Ask again if it is still wanted.`
      : `It was approved, but ${waitsFor ?? 'a promotion'} had not let go of the channel by ${sayMoment(waitsUntil(state))}. Ask again if it is still wanted.`;
  return end(state, { type: 'operation.voided', why });
}

/** Ends an operation that never began, and gives the channel back. */
export function end(state: Operation, event: OperationEvent): Decision<OperationEvent> {
  const release: Tell = {
    to: channelOf(state),
    intent: { type: 'channel.release', operation: state.id, outcome: 'not-begun', touched: false, why: '' },
  };
  return { events: [event], tells: [release, ...leaveSwitch(state)] };
}
