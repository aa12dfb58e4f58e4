import type { Instant, Milliseconds } from '../time.ts';
import type { IncidentEvent } from './event.ts';
import type { ClockTick } from './intent.ts';
import type { Incident } from './state.ts';

/** What was set at such a time was set by the clock as it is now: neither before it was set back, nor by whoever had not noticed. */
export interface RightTimes {
  readonly from: Instant;
  readonly to: Instant;
}

/** What it means for an incident that the clock was set back; undefined when that has been seen to. */
export function noticeSetBack(
  state: Incident,
  { by, since, right }: NonNullable<ClockTick['setBack']>,
): IncidentEvent | undefined {
  const { setBack } = state;
  const isTold = setBack !== undefined && (setBack.since === since || isWithin(setBack.at, right));
  const from = isTold ? 0 : right.from;
  // Whoever has noticed last may have gone on by the old clock after the others had seen to it.
  const isAhead = setTimes(state).some((set) => set > right.to);
  return from > 0 || isAhead
    ? { type: 'clock.set-back', back: by, since, right: { from, to: right.to } }
    : undefined;
}

/** What was five minutes off stays five minutes off. Each time by itself: some may have been set by the clock as it is now. */
export function withSetBack(state: Incident, by: Milliseconds, right?: RightTimes): Incident {
  const { nextCall, acknowledged, clocksSince } = state;
  const [called, acknowledgedAt] = setTimes(state);
  const expiresAt = acknowledged?.expiresAt;
  const moved = (time: Instant, set: Instant) => (right && isWithin(set, right) ? time : time - by);
  return {
    ...state,
    nextCall: nextCall && { ...nextCall, at: moved(nextCall.at, called) },
    acknowledged:
      acknowledged && expiresAt !== undefined
        ? { ...acknowledged, expiresAt: moved(expiresAt, acknowledgedAt) }
        : acknowledged,
    clocksSince: moved(clocksSince, clocksSince),
  };
}

/** When it was set who is called next, until when it is acknowledged, and from when the clocks count; 0: nobody knows, or it is not. */
function setTimes({ nextCall, nextCallSetAt = 0, acknowledged, clocks, clocksSince }: Incident) {
  const { expiresAt } = acknowledged ?? {};
  return [
    nextCall ? nextCallSetAt : 0,
    expiresAt === undefined ? 0 : expiresAt - (clocks.acknowledgedFor ?? 0),
    clocksSince,
  ] as const;
}

function isWithin(time: Instant, { from, to }: RightTimes): boolean {
  return time >= from && time <= to;
}
