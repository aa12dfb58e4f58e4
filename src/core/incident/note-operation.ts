import type { Recorded } from '../stream.ts';
import { callAgain } from './call-again.ts';
import type { IncidentEvent } from './event.ts';
import { isOpen, type Incident } from './state.ts';

/** A running operation holds the acknowledgement's clock; a failed one calls the next rung now. */
export function noteOperation(
  state: Incident,
  event: Recorded<Extract<IncidentEvent, { type: 'operation.noted' }>>,
): Incident {
  const { operation, progress } = event;
  const before = event.kind === 'promote' ? state.promotions : state.operations;
  const after = { ...before, [operation]: progress };
  const started = state.rollbackStartedAt ?? (progress === 'running' ? event.at : undefined);
  const noted: Incident = {
    ...state,
    ...(event.kind === 'promote' ? { promotions: after } : { operations: after, rollbackStartedAt: started }),
    acknowledged: state.acknowledged && {
      ...state.acknowledged,
      expiresAt: state.clocks.acknowledgedFor === null ? undefined : event.at + state.clocks.acknowledgedFor,
    },
  };
  const failed = progress === 'failed' || progress === 'unknown';
  const news = before?.[operation] !== progress;
  return failed && news && isOpen(state) && !state.cleared ? callAgain(noted, event.at) : noted;
}
