import type { CriticalRun } from '../health/critical.ts';
import type { Judgement, Verdict } from '../health/judge.ts';
import type { CanaryReport } from '../health/report.ts';
import type { Recorded } from '../stream.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { Channel } from './state.ts';

/** A release bot has reported on a version, and this is what became of it. */
export interface HealthReported {
  readonly type: 'health.reported';
  readonly report: CanaryReport;
  readonly judgement: Judgement;
  /** How the version stood before; undefined for its first report. */
  readonly before: Verdict | undefined;
  /** The channel's, copied: by it the card knows where a rollback would go. */
  readonly healthyAfter: Milliseconds;
  /** Since when the version has been called critical without a break, where the policy counts that. */
  readonly critical?: CriticalRun;
}

/** One report, as the chart needs it. */
export interface HealthPoint {
  readonly end: Instant;
  readonly verdict: Verdict;
  readonly crash_free_sessions: number | undefined;
  readonly error_rate: number | undefined;
}

/** How one version does on a channel. */
export interface VersionHealth {
  readonly version: string;
  /** The newest, by the end of its window. */
  readonly report: CanaryReport;
  readonly judgement: Judgement;
  /** When it came in, and from whom. */
  readonly at: Instant;
  readonly by: string;
  /** The one before, to say what has changed. */
  readonly previous: CanaryReport | undefined;
  /** The last that passed: what later versions are compared with. */
  readonly passed: CanaryReport | undefined;
  /** The last that failed, unless one has passed since: what says nothing takes nothing back. */
  readonly failed?: Judgement | undefined;
  /** When the first window ended that has failed since one passed; versions that failed before this have none. */
  readonly failedFrom?: Instant | undefined;
  /** Oldest first. */
  readonly points: readonly HealthPoint[];
  readonly healthyAfter: Milliseconds;
  readonly critical?: CriticalRun;
}

const pointsKept = 24;
/** While a new version is rolled out, the old one reports, too. */
const versionsKept = 4;

export function healthOf(channel: Channel | undefined, version: string): VersionHealth | undefined {
  return channel?.health?.find((each) => each.version === version);
}

/** What a version's error rate is compared with: the last that passed of another version, or else of its own. */
export function baselineFor(channel: Channel | undefined, version: string): CanaryReport | undefined {
  const others = channel?.health?.filter((each) => each.version !== version && each.passed) ?? [];
  return (others.at(-1) ?? healthOf(channel, version))?.passed;
}

/** @returns versions in the order of their last reports */
export function withReport(
  channel: Channel,
  event: Recorded<HealthReported>,
  by: string,
): readonly VersionHealth[] {
  const { report, judgement, healthyAfter, at } = event;
  const { version } = report;
  const known = healthOf(channel, version);
  const point: HealthPoint = {
    end: report.window.end,
    verdict: judgement.verdict,
    crash_free_sessions: report.crash_free_sessions,
    error_rate: report.error_rate,
  };
  const health: VersionHealth = {
    version,
    report,
    judgement,
    at,
    by,
    previous: known?.report,
    passed: judgement.verdict === 'pass' ? report : known?.passed,
    failed: { pass: undefined, fail: judgement, inconclusive: known?.failed }[judgement.verdict],
    failedFrom: {
      pass: undefined,
      // A first failure of unknown time stays one: it is not put off to a later report.
      fail: known?.failed ? known.failedFrom : report.window.end,
      inconclusive: known?.failedFrom,
    }[judgement.verdict],
    points: [...(known?.points ?? []), point].slice(-pointsKept),
    healthyAfter,
    ...(event.critical && { critical: event.critical }),
  };
  const others = (channel.health ?? []).filter((each) => each.version !== version);
  const all = [...others, health];
  // Whatever else is reported on, what is live is not forgotten.
  const live = channel.periods.at(-1)?.version;
  const oldest = all.find((each) => each.version !== live);
  return all.length > versionsKept ? all.filter((each) => each !== oldest) : all;
}
