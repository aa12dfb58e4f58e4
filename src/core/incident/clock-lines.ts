import type { Recorded } from '../stream.ts';
import { sayBetween, sayDuration, sayMoment, type Instant, type Milliseconds } from '../time.ts';
import type { ClockName, IncidentEvent } from './event.ts';
import type { Incident } from './state.ts';

/** One of the clocks, as it stands at the end of the log. */
interface Clock {
  readonly title: string;
  readonly from: Instant;
  /** When what it waits for happened. */
  readonly done: Instant | undefined;
  /** From when its limit counts: a severity that is raised starts it anew. */
  readonly since: Instant;
  readonly limit: Milliseconds | null;
  readonly missed: boolean;
}

/** The clocks of R53: how long it took, against what the severity allows. */
export function clockLines(state: Incident, events: readonly Recorded<IncidentEvent>[]): readonly string[] {
  const { clocks, openedAt, clocksSince, rollbackStartedAt: started } = state;
  const known = state.resolved?.at ?? events.at(-1)?.at ?? openedAt;
  const named = (clock: ClockName): Pick<Clock, 'from' | 'since' | 'missed'> => ({
    from: openedAt,
    since: clocksSince,
    missed: state.missedClocks.includes(clock),
  });
  const line = (clock: Clock): string => clockLine(clock, state);
  return [
    line({
      title: 'Acknowledged',
      done: state.firstAcknowledgedAt,
      limit: clocks.acknowledgeWithin,
      ...named('acknowledge_within'),
    }),
    line({
      title: 'Rollback started',
      done: started,
      limit: clocks.rollbackStartWithin,
      ...named('rollback_start_within'),
    }),
    started === undefined
      ? `Rollback, start to verified: none was started (limit ${sayDuration(clocks.rollbackBudget)})`
      : line({
          title: 'Rollback, start to verified',
          from: started,
          since: started,
          done: rollbackVerifiedAt(started, events),
          limit: clocks.rollbackBudget,
          missed: known - started > clocks.rollbackBudget,
        }),
    line({
      title: 'Resolved',
      done: state.resolved?.at,
      limit: clocks.resolveWithin,
      ...named('resolve_within'),
    }),
  ];
}

export function isRollbackDone(event: IncidentEvent): boolean {
  return event.type === 'operation.noted' && event.progress === 'done' && event.kind !== 'promote';
}

/** When the channel had moved: recording that elsewhere takes longer, and hurts nobody. */
function rollbackVerifiedAt(
  started: Instant,
  events: readonly Recorded<IncidentEvent>[],
): Instant | undefined {
  const done = events.find(isRollbackDone);
  if (!done) return undefined;
  const moved = events.find(
    (event) =>
      event.type === 'suspect.named' &&
      event.at >= started &&
      event.suspect?.liveSince === event.at &&
      // Something else may be deployed while it runs.
      (event.suspect.cameBy ?? 'rollback') === 'rollback',
  );
  return Math.min(moved?.at ?? done.at, done.at);
}

function clockLine(clock: Clock, state: Incident): string {
  const { title, from, done, since, limit } = clock;
  const restarted = since === from ? '' : ` from ${sayMoment(since)}`;
  const allowed = limit === null ? 'no limit' : `limit ${sayDuration(limit)}${restarted}`;
  if (done === undefined) return `${title}: ${sayOpen(clock, state, allowed)}`;
  const took = sayBetween(from, done);
  if (limit === null) return `${title}: ${took} (${allowed})`;
  const late = clock.missed || done - since > limit;
  // On the dot is kept, and one moment later is not.
  const over = late && took === sayDuration(limit) ? 'just over ' : '';
  return `${title}: ${over}${took} (${allowed}, ${late ? 'MISSED' : 'kept'})`;
}

/** What a clock waits for has not happened: missed, over before it was, or still running. */
function sayOpen({ since, limit, missed }: Clock, state: Incident, allowed: string): string {
  const ended = state.cleared && state.resolved ? state.clearedAt : state.resolved?.at;
  const open = state.resolved ? 'never' : 'not yet';
  if (missed) return `${open} (${allowed}, MISSED)`;
  if (limit === null || ended === undefined) return `${open} (${allowed})`;
  return ended - since > limit
    ? // Nobody is asked for what cannot be done.
      `${open} (${allowed}, not counted: no good release to go back to was known)`
    : `${open} (${allowed}, not missed: it was over before)`;
}
