import type { Recorded } from '../stream.ts';
import { callAgain } from './call-again.ts';
import type { IncidentEvent } from './event.ts';
import { isOpen, type Incident } from './state.ts';

type Noted = Recorded<Extract<IncidentEvent, { type: 'operation.noted' }>>;

/** A running operation holds the acknowledgement's clock; a failed one calls the next rung now. */
export function noteOperation(state: Incident, event: Noted): Incident {
  const { operation, progress } = event;
  const before = event.kind === 'promote' ? state.promotions : state.operations;
  const after = { ...before, [operation]: progress };
  const noted: Incident = {
    ...state,
    attendedAt: event.at,
    ...(event.kind === 'promote' ? { promotions: after } : { operations: after, ...startOf(state, event) }),
    acknowledged: state.acknowledged && {
      ...state.acknowledged,
      expiresAt: state.clocks.acknowledgedFor === null ? undefined : event.at + state.clocks.acknowledgedFor,
    },
  };
  const failed = progress === 'failed' || progress === 'unknown';
  const news = before?.[operation] !== progress;
  return failed && news && isOpen(state) && !state.cleared ? callAgain(noted, event.at) : noted;
}

/** When the first rollback started. One that never began out there has not: the clock that waits for it runs on. */
function startOf(
  { rollbackStartedAt, rollbackStartedBy }: Incident,
  { operation, progress, untouched, at }: Noted,
): Partial<Pick<Incident, 'rollbackStartedAt' | 'rollbackStartedBy'>> {
  const neverBegan = untouched === true || progress === 'open' || progress === 'closed';
  if (neverBegan && rollbackStartedBy === operation)
    return { rollbackStartedAt: undefined, rollbackStartedBy: undefined };
  if (progress !== 'running' || rollbackStartedAt !== undefined) return {};
  return { rollbackStartedAt: at, rollbackStartedBy: operation };
}
