import { z } from 'zod';
import { openDrifts } from '../../core/channel/drift-state.ts';
import { lastGood } from '../../core/channel/last-good.ts';
import { livePeriod, type Channel } from '../../core/channel/state.ts';
import { verdicts } from '../../core/health/judge.ts';
import { sayReason } from '../../core/health/reason.ts';
import { severities } from '../../core/severity.ts';
import type { Instant, Milliseconds } from '../../core/time.ts';
import { isoTime, time } from './times.ts';

/** A release channel as programs see it. */
export const channelShape = z.object({
  /** `shop/stable` */
  name: z.string(),
  /** Null while nothing is known to be live. */
  live: z.object({ version: z.string(), since: time, verified: z.boolean() }).nullable(),
  /** Where a rollback would go. */
  last_good: z.string().nullable(),
  held_by: z.object({ operation: z.string(), by: z.string(), reason: z.string(), since: time }).nullable(),
  /** The rollback that gets the channel as soon as the promotion that holds it has let go. */
  waiting: z.object({ operation: z.string(), by: z.string(), reason: z.string() }).nullable(),
  /** An operation changed something and did not finish: what runs there is not certain. */
  uncertain: z.object({ operation: z.string(), why: z.string(), since: time }).nullable(),
  incidents: z.array(z.object({ id: z.string(), severity: z.enum(severities) })),
  /** What the last report said of each version that release bots have reported on, the newest first. */
  health: z.array(
    z.object({
      version: z.string(),
      verdict: z.enum(verdicts),
      /** Why it does not pass, in sentences. */
      reasons: z.array(z.string()),
      /** Why the last report that could say it failed, where none has passed since; else null. */
      last_failure: z.array(z.string()).nullable(),
      window_end: time,
      sessions: z.int(),
      by: z.string(),
    }),
  ),
  /** Where the registry file, or whoever tells what really runs, says otherwise than our records. */
  drift: z.array(
    z.object({
      side: z.enum(['file', 'reality']),
      cause: z.enum(['edited', 'left-by-rollback', 'held', 'meanwhile']),
      /** The version that they name; null where the file has none. */
      found: z.string().nullable(),
      ours: z.string().nullable(),
      by: z.string(),
      since: time,
      url: z.string().nullable(),
    }),
  ),
});
export type ChannelShape = z.infer<typeof channelShape>;

/** With its history, the newest first. */
export const channelWithHistory = channelShape.extend({
  history: z.array(
    z.object({
      at: time,
      cause: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      by: z.string(),
      reason: z.string(),
    }),
  ),
});

/** A channel in the policies, whether anything has happened on it or not. */
export interface KnownChannel {
  readonly name: string;
  readonly healthyAfter: Milliseconds;
  readonly state: Channel | undefined;
}

export function toChannel({ name, healthyAfter, state }: KnownChannel, now: Instant): ChannelShape {
  if (!state) {
    const nothing = { live: null, last_good: null, held_by: null, waiting: null, uncertain: null };
    return { name, ...nothing, incidents: [], health: [], drift: [] };
  }
  const { lock, next, doubt } = state;
  const live = livePeriod(state);
  return {
    name,
    live: live ? { version: live.version, since: isoTime(live.from), verified: live.verified } : null,
    last_good: lastGood(state, healthyAfter, now) ?? null,
    held_by: lock
      ? { operation: lock.operation, by: lock.name, reason: lock.reason, since: isoTime(lock.since) }
      : null,
    waiting: next ? { operation: next.operation, by: next.name, reason: next.reason } : null,
    uncertain: doubt ? { operation: doubt.operation, why: doubt.why, since: isoTime(doubt.since) } : null,
    incidents: Object.entries(state.incidents).map(([id, { severity }]) => ({ id, severity })),
    health: (state.health ?? [])
      .map(({ version, report, judgement, failed, by }) => ({
        version,
        verdict: judgement.verdict,
        reasons: judgement.reasons.map(sayReason),
        last_failure: failed?.reasons.map(sayReason) ?? null,
        window_end: isoTime(report.window.end),
        sessions: report.sessions,
        by,
      }))
      .toReversed(),
    drift: openDrifts(state).map(({ side, cause, found, ours, by, since, url }) => ({
      side,
      cause,
      found: found ?? null,
      ours: ours ?? null,
      by,
      since: isoTime(since),
      url: url ?? null,
    })),
  };
}

export function toChannelWithHistory(known: KnownChannel, now: Instant): z.infer<typeof channelWithHistory> {
  const moves = known.state?.moves ?? [];
  return {
    ...toChannel(known, now),
    history: moves
      .map(({ at, cause, from, to, actor, reason }) => ({
        at: isoTime(at),
        cause,
        from: from ?? null,
        to,
        by: actor,
        reason,
      }))
      .toReversed(),
  };
}
