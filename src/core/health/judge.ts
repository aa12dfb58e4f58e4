import { matchesChannel } from '../plan/approval-rule.ts';
import type { HealthPolicy, HealthRule } from '../policies/health.ts';
import type { Milliseconds } from '../time.ts';
import { countCritical, isEnough, type CriticalRun } from './critical.ts';
import { hasFloor, measures, type Measure } from './measure.ts';
import type { Reason } from './reason.ts';
import type { CanaryReport } from './report.ts';

export const verdicts = ['pass', 'fail', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

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
 * @param run since when the version has been called critical, this report included
 */
export function judge(
  report: CanaryReport,
  rule: HealthRule,
  baseline: CanaryReport | undefined,
  run?: CriticalRun,
): Judgement {
  const window = report.window.end - report.window.start;
  const measured = measures.flatMap((measure) => measuredOf(measure, report, rule));
  const tooLittle = tooLittleData(report, rule, window);
  // The bot's own word is no estimate, and needs no sample. A report that leaves it out does not take it back.
  const isCritical = report.severity === 'critical' || run !== undefined;
  const critical = isCritical ? criticalReason(rule, run, window) : undefined;
  const breaches = tooLittle.length > 0 ? [] : breachesOf(report, rule, baseline, measured);
  const failing = [...(critical?.type === 'critical' ? [critical] : []), ...breaches];
  const open = [
    ...(critical?.type === 'critical-so-far' ? [critical] : []),
    ...tooLittle,
    ...missing(measured, rule, window),
  ];
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

/** One word of the bot is enough unless the policy asks for a while of it. */
function criticalReason(
  { critical: rule }: HealthRule,
  run: CriticalRun | undefined,
  window: Milliseconds,
): Reason {
  const said = { measure: 'severity', value: 'critical', threshold: undefined, window } as const;
  if (rule === undefined || run === undefined) return { type: 'critical', ...said };
  const count = countCritical(run, rule);
  return { type: isEnough(count) ? 'critical' : 'critical-so-far', ...said, count };
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
