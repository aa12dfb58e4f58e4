import type { Ladder } from '../policies/escalation.ts';
import type { Instant } from '../time.ts';
import { firstCall } from './ladder.ts';
import { operationUnderWay, type Incident } from './state.ts';

/**
 * All alerts were over for longer than somebody may take to acknowledge, or than an acknowledgement holds, and nobody saw
 * to it since: what fires then is something else, and not what flaps, or what a rollback has not yet put right.
 */
export function hasRested(state: Incident, at: Instant): boolean {
  const { cleared, clearedAt, attendedAt = 0, acknowledged, clocks } = state;
  if (!cleared || clearedAt === undefined || operationUnderWay(state)) return false;
  const held = acknowledged ? (clocks.acknowledgedFor ?? 0) : 0;
  return at - Math.max(clearedAt, attendedAt) > Math.max(clocks.acknowledgeWithin, held);
}

/** Nobody has it any more: the next rung is called, and its pages are wanted. */
export function callAgain(state: Incident, at: Instant): Incident {
  const begun = state.nextCall ? state : { ...state, ...climbAnew(state, state.ladder, at) };
  const { nextCall } = begun;
  return {
    ...begun,
    status: 'triggered',
    acknowledged: undefined,
    nextCall: nextCall && { ...nextCall, at },
  };
}

/** From the first rung on; whom an earlier climb has called counts for nothing in this one. */
export function climbAnew(
  { lastCall }: Incident,
  ladder: Ladder,
  at: Instant,
): Pick<Incident, 'nextCall' | 'lastCall'> {
  return {
    nextCall: firstCall(ladder, at),
    lastCall: lastCall && { rung: lastCall.rung, round: 0, pages: lastCall.pages },
  };
}
