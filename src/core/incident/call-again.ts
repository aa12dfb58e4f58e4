import type { Instant } from '../time.ts';
import { firstCall } from './ladder.ts';
import type { Incident } from './state.ts';

/** Nobody has it any more: the next rung is called, and its pages are wanted. */
export function callAgain(state: Incident, at: Instant): Incident {
  const next = state.nextCall ?? firstCall(state.ladder, at);
  return { ...state, status: 'triggered', acknowledged: undefined, nextCall: { ...next, at } };
}
