import type { Recorded } from '../stream.ts';
import { climbAnew } from './call-again.ts';
import type { IncidentEvent } from './event.ts';
import { isHolder, type Incident } from './state.ts';

/**
 * Raising plans the ladder anew from its first rung; lowering keeps the place, and never un-pages. What is another thing
 * begins anew, however bad it is.
 */
export function changeSeverity(
  state: Incident,
  event: Recorded<Extract<IncidentEvent, { type: 'severity.changed' }>>,
): Incident {
  const { to, from, was, clocks, ladder, anew = false } = event;
  const raised = to < from;
  // Whoever has it and raises it knows; anybody else's raising has to reach somebody.
  const held = state.acknowledged !== undefined && !(raised && !isHolder(state, event.by));
  const { nextCall } = state;
  const missable = {
    acknowledge_within: clocks.acknowledgeWithin,
    rollback_start_within: clocks.rollbackStartWithin,
    resolve_within: clocks.resolveWithin,
  };
  const since = raised || anew ? event.at : state.clocksSince;
  const kept = nextCall && { ...nextCall, rung: Math.min(nextCall.rung, ladder.rungs.length) };
  return {
    ...state,
    title: event.title ?? state.title,
    severity: to,
    ...(isSaid(event) && { attendedAt: event.at }),
    was,
    clocks,
    ladder,
    // What was missed by the old limits may not be by the new ones; what still is, is not said twice.
    clocksSince: since,
    missedClocks: state.missedClocks.filter((clock) => {
      const limit = missable[clock];
      return limit !== null && since + limit < event.at;
    }),
    status: held || state.status === 'resolved' ? state.status : 'triggered',
    // Also while it rests: what fires again is as bad as it is by then, and is not to wait as long as it once might.
    ...((raised || anew) && !held ? climbAnew(state, ladder, event.at) : { nextCall: kept }),
    acknowledged:
      held && state.acknowledged
        ? {
            ...state.acknowledged,
            expiresAt: clocks.acknowledgedFor === null ? undefined : event.at + clocks.acknowledgedFor,
          }
        : undefined,
  };
}

/** By a person, or a token that stands for one; and not by an alert. */
function isSaid({ by }: Recorded<IncidentEvent>): boolean {
  return by.kind === 'person' || by.kind === 'token';
}
