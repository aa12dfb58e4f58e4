import type { Instant, Milliseconds } from '../time.ts';
import { openDrift, runsSince } from './drift-state.ts';
import { healthOf } from './health-state.ts';
import { isHearsay } from './hearsay.ts';
import { leftByRollback } from './left-by-rollback.ts';
import { undisturbed, type Period } from './period.ts';
import { livePeriod, type Channel } from './state.ts';

interface Running {
  readonly version: string;
  readonly since: Instant;
}

/**
 * The version to go back to: the one most recently live before the present one that was good and was not rolled back from
 * since. One that failed a health report in its own time, or is known by hearsay alone, comes last: only when no other
 * was good.
 */
export function lastGood(channel: Channel, healthyAfter: Milliseconds, now: Instant): string | undefined {
  const good = goodVersions(channel, healthyAfter, now);
  const isClear = (version: string): boolean =>
    !isHearsay(channel, version) && !failedInItsTime(channel, version, now);
  return good.findLast(isClear) ?? good.at(-1);
}

/**
 * What would be the last good version if everybody's word were good enough, and no health report counted; undefined where
 * that makes no difference.
 */
export function passedOver(channel: Channel, healthyAfter: Milliseconds, now: Instant): string | undefined {
  const newest = goodVersions(channel, healthyAfter, now).at(-1);
  return newest === lastGood(channel, healthyAfter, now) ? undefined : newest;
}

function goodVersions(channel: Channel, healthyAfter: Milliseconds, now: Instant): readonly string[] {
  const leaving = atStake(channel);
  const until = aloneUntil(channel, now);
  // How a version was left the last time counts: one that was repaired and verified since is good again.
  return channel.periods
    .filter((period) => period.version !== leaving?.version && isGood(period, healthyAfter, until))
    .map(({ version }) => version)
    .filter((version) => !leftByRollback(channel, version));
}

/** While a promotion brings another version, what is recorded as live gathers no good name any more, and no bad one. */
function aloneUntil(channel: Channel, now: Instant): Instant {
  const leaving = atStake(channel);
  return leaving && leaving.version !== livePeriod(channel)?.version ? leaving.since : now;
}

/**
 * What a new version breaks may be what both share: the one before then fails, too, where it still runs, and is what to
 * go back to all the same. So a window counts only if it ended before something else came.
 */
function failedInItsTime(channel: Channel, version: string, now: Instant): boolean {
  const { failed, failedFrom } = healthOf(channel, version) ?? {};
  if (!failed) return false;
  const { periods } = channel;
  const last = periods.findLastIndex((period) => period.version === version);
  const until = aloneUntil(channel, now);
  const ended = Math.min(until, periods[last]?.to ?? until, periods[last + 1]?.broughtBy?.begunAt ?? until);
  return failedFrom === undefined || failedFrom <= ended;
}

/**
 * Verified by us and without a P0 or P1 since, or live for long enough at a stretch without one. A verification takes
 * minutes: a promotion may well pass it and bring the incident that the next one has to repair.
 */
export function isGood(period: Period, healthyAfter: Milliseconds, now: Instant): boolean {
  if (period.leftByRollback) return false;
  return (period.verified && period.troubledAt === undefined) || undisturbed(period, now) >= healthyAfter;
}

/**
 * What a rollback would leave, and since when it has been there: what a promotion is bringing or has failed to bring,
 * or what was deployed behind our back, whichever came last; or else what is live.
 */
export function atStake(channel: Channel): Running | undefined {
  const brought = broughtBy(channel);
  const drift = openDrift(channel, 'reality');
  if (drift?.found !== undefined && !(brought && brought.since > runsSince(drift)))
    return { version: drift.found, since: runsSince(drift) };
  if (brought) return brought;
  const live = livePeriod(channel);
  return live && { version: live.version, since: live.from };
}

/** What a promotion is bringing, or may have brought before it failed. */
function broughtBy({ lock, doubt }: Channel): Running | undefined {
  if (lock?.kind === 'promote' && lock.begunAt !== undefined)
    return { version: lock.to, since: lock.begunAt };
  return doubt?.version === undefined
    ? undefined
    : { version: doubt.version, since: doubt.broughtAt ?? doubt.since };
}
