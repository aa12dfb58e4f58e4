import type { Ladder } from '../policies/escalation.ts';
import type { Instant } from '../time.ts';
import { firstCall } from './ladder.ts';
import type { Incident } from './state.ts';

/**
 * All alerts were over for longer than somebody may take to acknowledge: what fires then is something else, and not what
 * flaps.
 */
export function hasRested({ cleared, clearedAt, clocks }: Incident, at: Instant): boolean {
  return cleared && clearedAt !== undefined && at - clearedAt > clocks.acknowledgeWithin;
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
