import type { Instant } from '../time.ts';
import { isHearsay } from './hearsay.ts';
import { leftByRollback } from './left-by-rollback.ts';
import { undisturbed, type Period } from './period.ts';
import type { Move } from './state.ts';

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
export function keepPeriods(
  periods: readonly Period[],
  moves: readonly Move[],
  now: Instant,
): readonly Period[] {
  if (periods.length <= periodsKept) return periods;
  const last = new Map(periods.map((period) => [period.version, period]));
  const targets = periods.filter(
    (period) => !period.leftByRollback && !leftByRollback({ moves }, period.version),
  );
  const confirmed = targets.filter(({ version }) => !isHearsay({ periods }, version));
  // What is known by hearsay alone stands in for nothing that somebody answers for.
  const needed = new Set([
    periods.at(-1),
    ...neededOf(periods, targets, now),
    ...neededOf(periods, confirmed, now),
  ]);
  const spare = periods.filter((period) => !needed.has(period));
  const gone = spare.find((period) => last.get(period.version) !== period) ?? spare[0] ?? periods[0];
  return periods.filter((period) => period !== gone);
}

/**
 * However long a policy asks a version to have been well, one of these is the last that was: after none of them came
 * another that was well for as long. What is live is left by a rollback, and stands in for no other.
 */
function neededOf(periods: readonly Period[], targets: readonly Period[], now: Instant): readonly Period[] {
  const live = periods.at(-1);
  let longest = 0;
  return targets.toReversed().filter((period) => {
    if (period.version === live?.version) return false;
    const well = period.verified && period.troubledAt === undefined ? Infinity : undisturbed(period, now);
    if (well <= longest) return false;
    longest = well;
    return true;
  });
}
