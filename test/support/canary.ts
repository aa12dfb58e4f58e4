import type { CanaryReport } from '../../src/core/health/report.ts';
import { minute, start } from './given.ts';

/** Half an hour of 1.5.0 on the canary that ends when every example begins: all is well. */
export function canary(changes: Partial<CanaryReport> = {}): CanaryReport {
  return {
    app: undefined,
    channel: 'canary',
    version: '1.5.0',
    window: { start: start - 30 * minute, end: start },
    sessions: 4210,
    crash_free_sessions: 0.997,
    crash_free_users: undefined,
    error_rate: 0.004,
    success_rate: undefined,
    degraded_rate: undefined,
    p95_ms: 210,
    p99_ms: undefined,
    severity: 'ok',
    release_candidate_id: 'rc-7',
    correlation_id: undefined,
    url: undefined,
    ...changes,
  };
}
