import type { Context, Decision, Message } from '../stream.ts';
import {
  missedBy,
  openDrifts,
  runsSince,
  type Drift,
  type DriftEnd,
  type DriftSettled,
} from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import type { Channel, Move } from './state.ts';
import { suspects } from './suspect.ts';

export type Moved = Extract<ChannelEvent, { type: 'channel.moved' }>;

/** Another version is live: what was in dispute may be settled by that, and open incidents hear of it. */
export function moveTo(
  state: Channel | undefined,
  moved: Moved,
  message: Message<unknown>,
  context: Context,
  before: readonly ChannelEvent[] = [],
): Decision<ChannelEvent> {
  const done = new Set(before.flatMap((event) => (event.type === 'drift.settled' ? [event.drift] : [])));
  const settled = openDrifts(state).flatMap((drift): readonly DriftSettled[] => {
    const how = done.has(drift.id) ? undefined : endedBy(moved, drift, state);
    return how === undefined ? [] : [settle(drift, how, moved.to)];
  });
  const missed = moved.operation === undefined ? missedBy(state) : [];
  const events = [...before, ...settled, ...withMissed(missed, moved)];
  return { events, tells: suspects(state, events, message, context) };
}

/** A move that our records have missed, as the registry file tells it. */
export function madeUp({ at, cause, from, to, reason, actor }: Move): Moved {
  const unknown = { operation: undefined, verified: false } as const;
  return { type: 'channel.moved', to, from, cause, reason, actor, ...unknown, since: at };
}

/**
 * Whoever says that the backup's version is live no more, leaves it to the file how that came about: what it tells of a
 * rollback counts.
 */
function withMissed(missed: readonly Move[], moved: Moved): readonly Moved[] {
  const last = missed.at(-1);
  if (!last) return [moved];
  const since = moved.since === undefined ? undefined : Math.max(moved.since, last.at);
  if (last.to !== moved.to) return [...missed.map(madeUp), { ...moved, since, from: last.to }];
  const cause = last.cause === 'rollback' ? last.cause : moved.cause;
  return [...missed.slice(0, -1).map(madeUp), { ...moved, since, from: last.from, cause }];
}

export function settle({ id, side }: Drift, how: DriftEnd, version: string | undefined): DriftSettled {
  return { type: 'drift.settled', drift: id, side, how, version };
}

/** @returns undefined when the move says nothing about it */
function endedBy(moved: Moved, drift: Drift, state: Channel | undefined): DriftEnd | undefined {
  if (moved.to === drift.found) return 'agrees';
  if (moved.operation !== undefined && drift.side === 'reality') {
    // What was deployed while an operation was at work may have come after its own deployment.
    const lock = state?.lock;
    if (lock?.operation !== moved.operation) return undefined;
    return (lock.begunAt ?? lock.since) >= runsSince(drift) ? 'taken-back' : undefined;
  }
  return 'overtaken';
}
