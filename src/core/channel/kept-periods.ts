import type { Instant } from '../time.ts';
import { undisturbed, type Period } from './period.ts';

/** As many as the registry keeps moves. */
const periodsKept = 300;

/** Whether older versions may have been forgotten. */
export function isFull({ periods }: { readonly periods: readonly Period[] }): boolean {
  return periods.length >= periodsKept;
}

/**
 * The newest, and those by which the last good version may have to be found. Versions stay known for as long as there
 * is room: of one that was live several times, the earlier times go first.
 */
export function keepPeriods(periods: readonly Period[], now: Instant): readonly Period[] {
  if (periods.length <= periodsKept) return periods;
  const last = new Map(periods.map((period) => [period.version, period]));
  const needed = neededOf(periods, last, now);
  const spare = periods.filter((period) => !needed.has(period));
  const gone = spare.find((period) => last.get(period.version) !== period) ?? spare[0] ?? periods[0];
  return periods.filter((period) => period !== gone);
}

/**
 * However long a policy asks a version to have been well, one of these is the last that was: after none of them came
 * another that was well for as long. What is live is left by a rollback, and stands in for no other.
 */
function neededOf(
  periods: readonly Period[],
  last: ReadonlyMap<string, Period>,
  now: Instant,
): ReadonlySet<Period> {
  const live = periods.at(-1);
  let longest = 0;
  const needed = periods.toReversed().filter((period) => {
    if (period === live) return true;
    if (period.version === live?.version || last.get(period.version)?.leftByRollback === true) return false;
    const well = period.verified && period.troubledAt === undefined ? Infinity : undisturbed(period, now);
    if (well <= longest) return false;
    longest = well;
    return true;
  });
  return new Set(needed);
}
