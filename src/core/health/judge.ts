import { matchesChannel } from '../plan/approval-rule.ts';
import type { HealthPolicy, HealthRule } from '../policies/health.ts';
import { sayDuration, type Milliseconds } from '../time.ts';
import { hasFloor, measures, measureTitles, sayMeasure, type Measure } from './measure.ts';
import type { CanaryReport } from './report.ts';

export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

/** Why a report does not pass: what was found, what was asked for, and over which time. */
export type Reason = { readonly window: Milliseconds } & (
  | {
      readonly type: 'beyond';
      readonly measure: Measure;
      readonly value: number;
      readonly threshold: number;
    }
  | {
      readonly type: 'clearly-up';
      readonly measure: Measure;
      readonly value: number;
      readonly threshold: number;
      readonly baseline: { readonly version: string; readonly value: number };
    }
  | {
      readonly type: 'critical';
      readonly measure: 'severity';
      readonly value: string;
      readonly threshold: undefined;
    }
  | {
      readonly type: 'too-few';
      readonly measure: 'sessions';
      readonly value: number;
      readonly threshold: number;
    }
  | {
      readonly type: 'too-short';
      readonly measure: 'window';
      readonly value: Milliseconds;
      readonly threshold: Milliseconds;
    }
  | {
      readonly type: 'missing';
      readonly measure: Measure;
      readonly value: undefined;
      readonly threshold: number;
    }
);

/** One measure that was reported, or should have been, beside its threshold. */
export interface Measured {
  readonly measure: Measure;
  readonly value: number | undefined;
  readonly threshold: number | undefined;
  /** Undefined where there is nothing to compare. */
  readonly holds: boolean | undefined;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly measured: readonly Measured[];
  readonly minimumSessions: number;
}

/**
 * Judges a report by the thresholds of its channel. What is certain fails; what is not known well enough, by too small a
 * sample or for want of data, is inconclusive, and neither a pass nor a fail.
 * @param baseline the report to compare with: the last one that passed of the version before
 */
export function judge(report: CanaryReport, rule: HealthRule, baseline: CanaryReport | undefined): Judgement {
  const window = report.window.end - report.window.start;
  const measured = measures.flatMap((measure) => measuredOf(measure, report, rule));
  const tooLittle = tooLittleData(report, rule, window);
  // The bot's own word is no estimate, and needs no sample.
  const critical: readonly Reason[] =
    report.severity === 'critical'
      ? [{ type: 'critical', measure: 'severity', value: 'critical', threshold: undefined, window }]
      : [];
  const breaches = tooLittle.length > 0 ? [] : breachesOf(report, rule, baseline, measured);
  const failing = [...critical, ...breaches];
  const open = [...tooLittle, ...missing(measured, rule, window)];
  return {
    verdict: failing.length > 0 ? 'fail' : open.length > 0 ? 'inconclusive' : 'pass',
    reasons: [...failing, ...open],
    measured,
    minimumSessions: rule.minimum_sessions,
  };
}

/** The first rule that fits; the loader makes sure that the last one fits everything. */
export function healthRuleFor(policy: HealthPolicy, fullChannel: string): HealthRule {
  const rule = policy.rules.find(({ channels }) =>
    channels.some((pattern) => matchesChannel(pattern, fullChannel)),
  );
  if (!rule) throw new Error(`no health rule for ${fullChannel}`);
  return rule;
}

/** `Error rate 2.1 % in 30m, at most 1 %` */
export function sayReason(reason: Reason): string {
  const over = `in ${sayDuration(reason.window)}`;
  switch (reason.type) {
    case 'beyond': {
      const { measure, value, threshold } = reason;
      const found = `${measureTitles[measure]} ${sayMeasure(measure, value)} ${over}`;
      return `${found}, ${sayBound(measure, threshold)}`;
    }
    case 'clearly-up': {
      const { measure, value, threshold, baseline } = reason;
      const found = `${measureTitles[measure]} ${sayMeasure(measure, value)} ${over}`;
      return `${found}, clearly up from ${sayMeasure(measure, baseline.value)} of ${baseline.version} (from ${sayMeasure(measure, threshold)} on)`;
    }
    case 'critical':
      return `The release bot calls it critical ${over}`;
    case 'too-few':
      return `${reason.value} ${reason.value === 1 ? 'session' : 'sessions'} ${over}, it takes ${reason.threshold}`;
    case 'too-short':
      return `Watched for ${sayDuration(reason.value)}, it takes ${sayDuration(reason.threshold)}`;
    case 'missing':
      return `${measureTitles[reason.measure]} not measured ${over}, ${sayBound(reason.measure, reason.threshold)}`;
    default:
      return reason satisfies never;
  }
}

/** `at least 99.5 %` */
export function sayBound(measure: Measure, threshold: number): string {
  return `${hasFloor(measure) ? 'at least' : 'at most'} ${sayMeasure(measure, threshold)}`;
}

function measuredOf(measure: Measure, report: CanaryReport, rule: HealthRule): readonly Measured[] {
  const value = report[measure];
  const bound = rule.measures[measure];
  if (value === undefined && bound?.optional !== false) return [];
  const threshold = bound && thresholdOf(bound);
  const holds =
    value === undefined || threshold === undefined
      ? undefined
      : hasFloor(measure)
        ? value >= threshold
        : value <= threshold;
  return [{ measure, value, threshold, holds }];
}

function thresholdOf(bound: { readonly at_least: number } | { readonly at_most: number }): number {
  return 'at_least' in bound ? bound.at_least : bound.at_most;
}

function tooLittleData(
  { sessions }: CanaryReport,
  { minimum_sessions, minimum_window }: HealthRule,
  window: Milliseconds,
): readonly Reason[] {
  const few: readonly Reason[] =
    sessions < minimum_sessions
      ? [{ type: 'too-few', measure: 'sessions', value: sessions, threshold: minimum_sessions, window }]
      : [];
  const short: readonly Reason[] =
    window < minimum_window
      ? [{ type: 'too-short', measure: 'window', value: window, threshold: minimum_window, window }]
      : [];
  return [...few, ...short];
}

function breachesOf(
  report: CanaryReport,
  rule: HealthRule,
  baseline: CanaryReport | undefined,
  measured: readonly Measured[],
): readonly Reason[] {
  const window = report.window.end - report.window.start;
  const breached = beyond(measured, window);
  // Once beyond its threshold it needs no second reason.
  const already = breached.some(({ measure }) => measure === 'error_rate');
  return already ? breached : [...breached, ...clearlyUp(report, rule, baseline, window)];
}

function beyond(measured: readonly Measured[], window: Milliseconds): readonly Reason[] {
  return measured.flatMap(({ measure, value, threshold, holds }): readonly Reason[] =>
    holds === false && value !== undefined && threshold !== undefined
      ? [{ type: 'beyond', measure, value, threshold, window }]
      : [],
  );
}

/** R15: at least so many times the rate of before, and high enough to matter. */
function clearlyUp(
  report: CanaryReport,
  { clearly_up: up }: HealthRule,
  baseline: CanaryReport | undefined,
  window: Milliseconds,
): readonly Reason[] {
  const value = report.error_rate;
  const before = baseline?.error_rate;
  if (up === undefined || value === undefined || baseline === undefined || before === undefined) return [];
  const threshold = Math.max(before * up.times, up.at_least);
  if (value < threshold) return [];
  const { version } = baseline;
  return [
    {
      type: 'clearly-up',
      measure: 'error_rate',
      value,
      threshold,
      window,
      baseline: { version, value: before },
    },
  ];
}

/** What has to be there and is not; and where nothing at all was judged, everything that could have been. */
function missing(
  measured: readonly Measured[],
  { measures: bounds }: HealthRule,
  window: Milliseconds,
): readonly Reason[] {
  const nothingJudged = measured.every(({ holds }) => holds === undefined);
  return measures.flatMap((measure): readonly Reason[] => {
    const bound = bounds[measure];
    const there = measured.some((one) => one.measure === measure && one.value !== undefined);
    if (there || bound === undefined || (bound.optional && !nothingJudged)) return [];
    return [{ type: 'missing', measure, value: undefined, threshold: thresholdOf(bound), window }];
  });
}
