import type { Instant, Milliseconds } from '../time.ts';
import type { IncidentEvent } from './event.ts';
import type { ClockTick } from './intent.ts';
import type { Incident } from './state.ts';

/** What was set between these was set by the clock as it is now, and stays. Without `from`: whatever was set until `to`. */
export interface RightTimes {
  readonly from?: Instant;
  readonly to: Instant;
}

/** Of what nobody knows when it was set. Earlier versions have also stored it as a `from` that is left out now. */
const longAgo: Instant = 0;

/** What an incident notes when it is told that the clock was set back; undefined when nothing of it moves. */
export function hearOfSetBack(
  state: Incident,
  { by, since, right }: NonNullable<ClockTick['setBack']>,
): IncidentEvent | undefined {
  const isTold = state.setBack?.since === since;
  if (isTold && !right) return undefined;
  // Whoever noticed last may have gone on by the old clock when this had been told already.
  const stays = isTold && right ? { to: right.to } : right;
  const moves = Object.values(whenSet(state)).some((set) => set !== undefined && !isRight(set, stays));
  return moves ? { type: 'clock.set-back', back: by, since, ...(stays && { right: stays }) } : undefined;
}

/** When the latest of its times was set; undefined when none is. */
export function setLast(state: Incident): Instant | undefined {
  const set = Object.values(whenSet(state)).filter((each) => each !== undefined);
  return set.length === 0 ? undefined : Math.max(...set);
}

/** What was five minutes off stays five minutes off. Each time by itself: some may have been set by the clock as it is now. */
export function withTimesMoved(state: Incident, by: Milliseconds, right?: RightTimes): Incident {
  const { nextCall, nextCallSetAt, acknowledged, clocksSince, clearedAt, attendedAt } = state;
  const set = whenSet(state);
  const expiresAt = acknowledged?.expiresAt;
  const moved = (time: Instant, setAt = longAgo) => (isRight(setAt, right) ? time : time - by);
  return {
    ...state,
    nextCall: nextCall && { ...nextCall, at: moved(nextCall.at, set.nextCall) },
    // It was set as long ago as before.
    ...(nextCallSetAt !== undefined && { nextCallSetAt: moved(nextCallSetAt, set.nextCall) }),
    acknowledged:
      acknowledged && expiresAt !== undefined
        ? { ...acknowledged, expiresAt: moved(expiresAt, set.acknowledged) }
        : acknowledged,
    clocksSince: moved(clocksSince, set.clocks),
    // For as long as before it has rested.
    ...(clearedAt !== undefined && { clearedAt: moved(clearedAt, clearedAt) }),
    ...(attendedAt !== undefined && { attendedAt: moved(attendedAt, attendedAt) }),
  };
}

/** When it was set who is called next, until when it is acknowledged, and from when the clocks count; undefined what is not. */
function whenSet({ nextCall, nextCallSetAt = longAgo, acknowledged, clocks, clocksSince }: Incident) {
  const expiresAt = acknowledged?.expiresAt;
  return {
    nextCall: nextCall && nextCallSetAt,
    acknowledged: expiresAt === undefined ? undefined : expiresAt - (clocks.acknowledgedFor ?? 0),
    clocks: clocksSince,
  };
}

function isRight(set: Instant, right: RightTimes | undefined): boolean {
  return right !== undefined && set >= (right.from ?? longAgo) && set <= right.to;
}
