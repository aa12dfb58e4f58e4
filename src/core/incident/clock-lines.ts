import type { Recorded } from '../stream.ts';
import { sayBetween, sayDuration, sayMoment, type Instant, type Milliseconds } from '../time.ts';
import type { ClockName, IncidentEvent } from './event.ts';
import { evolveIncident } from './evolve.ts';
import type { Incident } from './state.ts';

/** One of the clocks, as it stood when what it waits for happened, or else as it stands at the end of the log. */
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
  const { clocks, openedAt, rollbackStartedAt: started } = state;
  const known = state.resolved?.at ?? events.at(-1)?.at ?? openedAt;
  const acknowledging = firstWith(state, events, ({ firstAcknowledgedAt: at }) => at !== undefined);
  const starting = firstWith(
    state,
    events,
    ({ rollbackStartedAt: at }) => at !== undefined && at === started,
  );
  const named = (
    clock: ClockName,
    { clocksSince: since, missedClocks }: Incident,
  ): Pick<Clock, 'from' | 'since' | 'missed'> => ({
    from: openedAt,
    since,
    missed: missedClocks.includes(clock) || wasMissedBefore(since, clock, events),
  });
  const line = (clock: Clock): string => clockLine(clock, state);
  return [
    line({
      title: 'Acknowledged',
      done: state.firstAcknowledgedAt,
      limit: acknowledging.clocks.acknowledgeWithin,
      ...named('acknowledge_within', acknowledging),
    }),
    line({
      title: 'Rollback started',
      done: started,
      limit: starting.clocks.rollbackStartWithin,
      ...named('rollback_start_within', starting),
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
      ...named('resolve_within', state),
    }),
  ];
}

/** What counted when something had happened: later its clock may have begun anew, with another limit. */
function firstWith(
  state: Incident,
  events: readonly Recorded<IncidentEvent>[],
  hasHappened: (then: Incident) => boolean,
): Incident {
  if (!hasHappened(state)) return state;
  let then: Incident | undefined;
  for (const event of events) {
    then = evolveIncident(then, event, state.id);
    if (hasHappened(then)) return then;
  }
  return state;
}

/** A clock that begins anew does not undo that it was missed. */
function wasMissedBefore(
  since: Instant,
  clock: ClockName,
  events: readonly Recorded<IncidentEvent>[],
): boolean {
  return events.some((event) => event.type === 'clock.missed' && event.clock === clock && event.at < since);
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
