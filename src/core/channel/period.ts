import type { Instant, Milliseconds } from '../time.ts';

/** One stretch of time in which a version was live. */
export interface Period {
  readonly version: string;
  readonly from: Instant;
  /** Undefined while it is live. */
  readonly to: Instant | undefined;
  readonly verified: boolean;
  /** When a P0 or P1 last opened on the channel during it. */
  readonly troubledAt: Instant | undefined;
  /** When the channel was without a P0 or P1 during it. Periods from before these have none. */
  readonly calm?: readonly Stretch[];
  /** A rollback left it: that it was well before says nothing any more, unless somebody sets its version again. */
  readonly leftByRollback: boolean;
  /** The token whose word alone it is that this version was live: nobody answers for it by name. */
  readonly toldBy?: string;
  /** The operation that brought it, and since when that was at work. */
  readonly broughtBy?: { readonly operation: string; readonly begunAt: Instant };
}

export interface Stretch {
  readonly from: Instant;
  /** Undefined while it lasts. */
  readonly to: Instant | undefined;
}

/** The longest time without a P0 or P1 that it was live, until then. */
export function undisturbed(period: Period, until: Instant): Milliseconds {
  const end = Math.min(period.to ?? until, until);
  const lengths = calmOf(period).map(({ from, to }) => Math.min(to ?? end, end) - from);
  return Math.max(0, ...lengths);
}

/** Since when it has been live without a P0 or P1; undefined while one is open, and when it has ended. */
export function calmSince(period: Period): Instant | undefined {
  return period.to === undefined ? calmOf(period).find(({ to }) => to === undefined)?.from : undefined;
}

/** A P0 or P1 is open from now on, or none is any more. */
export function withCalm(period: Period, isCalm: boolean, at: Instant): Period {
  const calm = calmOf(period);
  const lasts = calm.some(({ to }) => to === undefined);
  if (lasts === isCalm) return { ...period, calm };
  return { ...period, calm: isCalm ? [...calm, { from: at, to: undefined }] : ended(calm, at) };
}

/** What a period has of the calm of the one before, when its version turns out to have been live already. */
export function calmFrom(before: Period, at: Instant): readonly Stretch[] {
  return calmOf(before)
    .filter(({ to }) => to === undefined || to > at)
    .map(({ from, to }) => ({ from: Math.max(from, at), to }));
}

function calmOf({ calm, from, troubledAt }: Period): readonly Stretch[] {
  return calm ?? [{ from, to: troubledAt }];
}

/** Only the longest ones count: one that is no longer than an earlier one will never be it. */
function ended(calm: readonly Stretch[], at: Instant): readonly Stretch[] {
  const lengthOf = ({ from, to }: Stretch): Milliseconds => (to ?? at) - from;
  return calm
    .map(({ from, to }) => ({ from, to: to ?? at }))
    .filter((one, place, all) => all.slice(0, place).every((other) => lengthOf(other) < lengthOf(one)));
}
