import type { HealthRule } from '../policies/health.ts';
import { sayDuration, type Instant, type Milliseconds } from '../time.ts';
import type { CanaryReport } from './report.ts';

/** Since when, and until when, release bots have called a version critical without a break: by the windows of their reports. */
export interface CriticalRun {
  readonly since: Instant;
  readonly until: Instant;
  /** So many reports in a row. */
  readonly reports: number;
}

type CriticalRule = NonNullable<HealthRule['critical']>;

/**
 * R15: what counts is the time that the reports cover, and not when they come in; one that covers all of it is enough.
 * A report that says nothing about the severity neither ends a run nor prolongs it.
 * @param gap how much time between two reports nobody may have watched
 * @returns the run that this report begins or goes on with; undefined when there is none
 */
export function criticalRun(
  before: CriticalRun | undefined,
  { severity, window }: CanaryReport,
  gap: Milliseconds,
): CriticalRun | undefined {
  const soonAfter = (moment: Instant): boolean => before !== undefined && moment - before.until <= gap;
  if (severity === undefined) return soonAfter(window.end) ? before : undefined;
  if (severity !== 'critical') return undefined;
  return before && soonAfter(window.start)
    ? { since: Math.min(before.since, window.start), until: window.end, reports: before.reports + 1 }
    : { since: window.start, until: window.end, reports: 1 };
}

/** How far a run is on its way to a failure. */
export interface CriticalCount {
  readonly lasted: Milliseconds;
  readonly reports: number;
  /** What it takes, as the policy says. */
  readonly needed: { readonly for: Milliseconds; readonly reports: number };
}

export function countCritical(run: CriticalRun, rule: CriticalRule): CriticalCount {
  const needed = { for: rule.for, reports: rule.reports };
  return { lasted: run.until - run.since, reports: run.reports, needed };
}

export function isEnough({ lasted, reports, needed }: CriticalCount): boolean {
  return lasted >= needed.for && reports >= needed.reports;
}

/** `critical for 3m of 5m`, `critical for 6m, in 2 of 3 reports in a row`, `critical for 6m, a failure from 5m on` */
export function sayCritical(count: CriticalCount): string {
  const { lasted, reports, needed } = count;
  const long = `critical for ${sayDuration(lasted)}`;
  if (isEnough(count)) {
    const often = needed.reports > 1 ? ` in ${needed.reports} reports in a row` : '';
    return `${long}, a failure from ${sayDuration(needed.for)} on${often}`;
  }
  const of = lasted < needed.for ? ` of ${sayDuration(needed.for)}` : '';
  const often = reports < needed.reports ? `, in ${reports} of ${needed.reports} reports in a row` : '';
  return `${long}${of}${often}`;
}
