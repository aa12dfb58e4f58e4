import type { Drift } from '../../src/core/channel/drift-state.ts';
import type { VersionHealth } from '../../src/core/channel/health-state.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import { judge } from '../../src/core/health/judge.ts';
import type { CanaryReport } from '../../src/core/health/report.ts';
import { canary } from '../support/canary.ts';
import { policies } from '../support/given.ts';
import { minute, start } from './states.ts';

const day = 24 * 60 * minute;

/** shop/stable: 1.4.2 was well for nine days, 1.5.0 is live for an hour. */
export function channel(changes: Partial<Channel> = {}): Channel {
  const period = { verified: false, troubledAt: undefined, leftByRollback: false };
  return {
    id: 'channel:shop/stable',
    name: 'shop/stable',
    periods: [
      { ...period, version: '1.4.2', from: start - 9 * day, to: start - 60 * minute },
      { ...period, version: '1.5.0', from: start - 60 * minute, to: undefined },
    ],
    moves: [],
    lock: undefined,
    next: undefined,
    doubt: undefined,
    incidents: {},
    ...changes,
  };
}

export const lock: NonNullable<Channel['lock']> = {
  operation: 'OP-3',
  name: 'Ben Okafor',
  reason: 'roll back to 1.4.2',
  since: start,
  kind: 'rollback',
  to: '1.4.2',
  begunAt: undefined,
};

const [, rule] = policies.health.rules;
if (!rule) throw new Error('policies/health.yml has no second rule any more');

/** The rule of shop/stable. */
export const stableRule = rule;

export function health(
  report: Partial<CanaryReport> = {},
  changes: Partial<VersionHealth> = {},
): VersionHealth {
  const newest = canary({ window: { start: start - 30 * minute, end: start }, ...report });
  const point = (crash_free_sessions: number) =>
    ({ end: start, verdict: 'pass', crash_free_sessions, error_rate: 0.004 }) as const;
  return {
    version: newest.version,
    report: newest,
    judgement: judge(newest, stableRule, undefined),
    at: start + minute,
    by: 'relbot (api)',
    previous: canary({ crash_free_sessions: 0.9983, p95_ms: 240 }),
    passed: undefined,
    points: [0.9985, 0.998, 0.9983, 0.991, newest.crash_free_sessions ?? 0].map(point),
    healthyAfter: 30 * minute,
    ...changes,
  };
}

export function drift(changes: Partial<Drift> = {}): Drift {
  return {
    id: 7,
    side: 'reality',
    cause: 'left-by-rollback',
    found: '1.5.0',
    ours: '1.4.2',
    url: 'https://ci.example/deploys/7',
    operation: undefined,
    by: 'github',
    since: start,
    settled: undefined,
    ...changes,
  };
}
