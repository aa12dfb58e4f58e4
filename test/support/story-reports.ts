import type { Milliseconds } from '../../src/core/time.ts';
import { tellBot } from '../../src/sandbox/release-bot.ts';
import type { World } from '../../src/sandbox/world.ts';

export { editRegistry } from '../../src/sandbox/registry-edit.ts';

/** What a release bot found in so long until now; all is well unless `said` otherwise. */
export function canaryBody(
  now: number,
  said: Readonly<Record<string, unknown>>,
  length: Milliseconds = 30 * 60_000,
): object {
  return {
    app: 'shop',
    channel: 'canary',
    window: { start: new Date(now - length).toISOString(), end: new Date(now).toISOString() },
    sessions: 4210,
    crash_free_sessions: 0.9971,
    crash_free_users: 0.9968,
    error_rate: 0.004,
    success_rate: 0.996,
    degraded_rate: 0.002,
    p95_ms: 210,
    p99_ms: 480,
    severity: 'ok',
    release_candidate_id: 'rc-2026-11-22.1',
    ...said,
  };
}

/** Posts to `/api/v1/…` as the release bot. @returns what it is answered, in a sentence */
export async function report(world: World, path: 'canary' | 'deployments', body: object): Promise<string> {
  const { status, text } = await tellBot(world, path, body);
  return `It is answered ${status}: ${text}`;
}
