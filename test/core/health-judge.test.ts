import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthRuleFor, judge } from '../../src/core/health/judge.ts';
import { measures } from '../../src/core/health/measure.ts';
import { sayReason } from '../../src/core/health/reason.ts';
import type { CanaryReport } from '../../src/core/health/report.ts';
import type { HealthRule } from '../../src/core/policies/health.ts';
import { canary } from '../support/canary.ts';
import { minute, policies } from '../support/given.ts';

const rule: HealthRule = {
  channels: ['*'],
  minimum_sessions: 1000,
  minimum_window: 10 * minute,
  measures: {
    crash_free_sessions: { at_least: 0.99, optional: false },
    error_rate: { at_most: 0.02, optional: false },
    p95_ms: { at_most: 400, optional: true },
  },
  clearly_up: { times: 2, at_least: 0.01 },
};

type Row = readonly [why: string, report: Partial<CanaryReport>, verdict: string, reasons: readonly string[]];

describe('a report', () => {
  it.each<Row>([
    ['within every threshold', {}, 'pass', []],
    ['exactly at its thresholds', { crash_free_sessions: 0.99, error_rate: 0.02, p95_ms: 400 }, 'pass', []],
    ['without what is optional', { p95_ms: undefined }, 'pass', []],
    [
      'beyond two thresholds',
      { crash_free_sessions: 0.9899, p95_ms: 401 },
      'fail',
      ['Crash-free sessions 98.99 % in 30m, at least 99 %', 'p95 401 ms in 30m, at most 400 ms'],
    ],
    ['with one session too few', { sessions: 999 }, 'inconclusive', ['999 sessions in 30m, it takes 1000']],
    [
      'beyond a threshold in too few sessions',
      { sessions: 1, crash_free_sessions: 0 },
      'inconclusive',
      ['1 session in 30m, it takes 1000'],
    ],
    [
      'of no session at all, all of them without a crash',
      { sessions: 0, crash_free_sessions: 1, error_rate: 0 },
      'inconclusive',
      ['0 sessions in 30m, it takes 1000'],
    ],
    [
      'over too short a time',
      { window: { start: 0, end: 9 * minute } },
      'inconclusive',
      ['Watched for 9m, it takes 10m'],
    ],
    [
      'without what is required',
      { error_rate: undefined },
      'inconclusive',
      ['Error rate not measured in 30m, at most 2 %'],
    ],
    [
      'beyond one threshold and without another measure',
      { error_rate: undefined, crash_free_sessions: 0.5 },
      'fail',
      ['Crash-free sessions 50 % in 30m, at least 99 %', 'Error rate not measured in 30m, at most 2 %'],
    ],
    [
      'that the bot calls critical',
      { severity: 'critical' },
      'fail',
      ['The release bot calls it critical in 30m'],
    ],
    [
      'that the bot calls critical in too few sessions',
      { severity: 'critical', sessions: 3 },
      'fail',
      ['The release bot calls it critical in 30m', '3 sessions in 30m, it takes 1000'],
    ],
    ['that the bot calls an error, and that is none', { severity: 'error' }, 'pass', []],
  ])('%s', (_why, changes, verdict, reasons) => {
    const judgement = judge(canary(changes), rule, undefined);
    expect([judgement.verdict, ...judgement.reasons.map(sayReason)]).toEqual([verdict, ...reasons]);
  });

  it('without any measure that could be judged is inconclusive', () => {
    const optional = { ...rule, measures: { p95_ms: { at_most: 400, optional: true } } };
    const { verdict, reasons } = judge(canary({ p95_ms: undefined }), optional, undefined);
    expect([verdict, ...reasons.map(sayReason)]).toEqual([
      'inconclusive',
      'p95 not measured in 30m, at most 400 ms',
    ]);
  });

  it('has each measure beside its threshold, and what nobody judges, too', () => {
    expect(judge(canary({ degraded_rate: 0.5 }), rule, undefined).measured).toEqual([
      { measure: 'crash_free_sessions', value: 0.997, threshold: 0.99, holds: true },
      { measure: 'error_rate', value: 0.004, threshold: 0.02, holds: true },
      { measure: 'degraded_rate', value: 0.5, threshold: undefined, holds: undefined },
      { measure: 'p95_ms', value: 210, threshold: 400, holds: true },
    ]);
  });
});

describe('an error rate that is clearly up', () => {
  const before = (error_rate: number | undefined): CanaryReport => canary({ version: '1.4.2', error_rate });

  it.each<readonly [baseline: number | undefined, rate: number, verdict: string]>([
    [0.005, 0.01, 'fail'],
    [0.005, 0.0099, 'pass'],
    [0.008, 0.0159, 'pass'],
    [0.008, 0.016, 'fail'],
    // Ten times next to nothing is next to nothing.
    [0.0005, 0.005, 'pass'],
    [0, 0.01, 'fail'],
    [undefined, 0.019, 'pass'],
  ])('from %d to %d: %s', (baseline, error_rate, verdict) => {
    expect(judge(canary({ error_rate }), rule, before(baseline)).verdict).toBe(verdict);
  });

  it('names what it was compared with', () => {
    const { reasons } = judge(canary({ error_rate: 0.0123 }), rule, before(0.004));
    expect(reasons.map(sayReason)).toEqual([
      'Error rate 1.23 % in 30m, clearly up from 0.4 % of 1.4.2 (from 1 % on)',
    ]);
  });

  it('is inconclusive in too few sessions, and nothing where the policy does not ask for it', () => {
    const up = canary({ error_rate: 0.019, sessions: 10 });
    expect(judge(up, rule, before(0.001)).verdict).toBe('inconclusive');
    const { clearly_up: _gone, ...calm } = rule;
    expect(judge(canary({ error_rate: 0.019 }), calm, before(0.001)).verdict).toBe('pass');
  });
});

it('is judged by the first rule that fits its channel', () => {
  expect(healthRuleFor(policies.health, 'shop/canary').minimum_sessions).toBe(500);
  expect(healthRuleFor(policies.health, 'shop/stable').minimum_sessions).toBe(2000);
});

const rate = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
const reports = fc
  .record({
    sessions: fc.nat(3000),
    crash_free_sessions: rate,
    error_rate: rate,
    success_rate: rate,
    p95_ms: fc.option(fc.nat(1000), { nil: undefined }),
    severity: fc.constantFrom('ok', 'critical', undefined),
    length: fc.integer({ min: 1, max: 60 }),
  })
  .map(({ length, ...said }) => canary({ ...said, window: { start: 0, end: length * minute } }));
const baselines = fc.option(reports, { nil: undefined });

describe('whatever is reported', () => {
  it('more sessions never make it less certain, nor turn one verdict into the other', () => {
    fc.assert(
      fc.property(reports, baselines, fc.nat(5000), (report, baseline, more) => {
        const less = judge(report, rule, baseline).verdict;
        const now = judge({ ...report, sessions: report.sessions + more }, rule, baseline).verdict;
        fc.pre(less !== 'inconclusive');
        expect(now).toBe(less);
      }),
    );
  });

  it('a worse value never turns a fail into anything else', () => {
    fc.assert(
      fc.property(reports, baselines, (report, baseline) => {
        const worse = { ...report, error_rate: 1, crash_free_sessions: 0 };
        fc.pre(judge(report, rule, baseline).verdict === 'fail');
        expect(judge(worse, rule, baseline).verdict).toBe('fail');
      }),
    );
  });

  it('passes exactly when there is no reason against it, and then everything required was there', () => {
    fc.assert(
      fc.property(reports, baselines, (report, baseline) => {
        const { verdict, reasons, measured } = judge(report, rule, baseline);
        expect(verdict === 'pass').toBe(reasons.length === 0);
        const required = measures.filter((measure) => rule.measures[measure]?.optional === false);
        const held = measured.filter(({ holds }) => holds).map(({ measure }) => measure);
        expect(verdict !== 'pass' || required.every((measure) => held.includes(measure))).toBe(true);
      }),
    );
  });
});
