import type { Context, Message } from '../stream.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { ClockName, IncidentEvent } from './event.ts';
import type { ClockTick } from './intent.ts';
import { pagesOfRung } from './ladder.ts';
import { isLost } from './last-call.ts';
import { evolveIncident } from './evolve.ts';
import { hearOfSetBack } from './moved-times.ts';
import { isOpen, operationUnderWay, type Incident } from './state.ts';

/** A rung that is called this much after its time is called late, and the timeline says so. */
const punctual: Milliseconds = 10_000;

/** Everything whose time has come, in the order in which it was due. */
export function tick(
  state: Incident,
  message: Message<ClockTick>,
  context: Context,
): readonly IncidentEvent[] {
  if (!isOpen(state)) return [];
  const events: IncidentEvent[] = [];
  let now = state;
  const happen = (event: IncidentEvent): void => {
    events.push(event);
    now = evolveIncident(now, { ...event, seq: 0, at: message.at, by: message.by }, state.id);
  };

  const { down, setBack, restored } = message.intent;
  const wasSetBack = setBack && hearOfSetBack(state, setBack);
  if (wasSetBack) happen(wasSetBack);
  if (restored) happen({ type: 'records.restored', from: restored.from, storeId: context.storeId });
  const { acknowledged } = now;
  if (acknowledged?.expiresAt !== undefined && acknowledged.expiresAt <= message.at) {
    if (operationUnderWay(now)) {
      // Silence is no sign of trouble while a rollback is at work; its end sets the clock anew.
    } else if (now.cleared) {
      // Nothing fires any more: nobody needs to be woken for the paperwork.
    } else {
      happen({
        type: 'acknowledgement.expired',
        name: acknowledged.by,
        after: message.at - acknowledged.at,
      });
    }
  }
  const lost = callLostRung(now, message.at, context);
  if (lost) happen(lost);
  callDueRungs(() => now, message.at, context, happen);
  for (const { clock, at, limit } of clocksOf(now)) {
    if (at <= message.at) happen({ type: 'clock.missed', clock, limit });
  }
  const late = events.filter((event) => event.type === 'rung.fired' && event.dueAt !== undefined).length;
  return down && late > 0 ? [{ type: 'timers.late', ...down, steps: late }, ...events] : events;
}

/** When the clock has to be asked again. */
export function incidentWakeAt(state: Incident): Instant | undefined {
  if (!isOpen(state)) return undefined;
  const times = clocksOf(state).map(({ at }) => at);
  if (state.status === 'triggered' && state.nextCall && !state.cleared) times.push(state.nextCall.at);
  const expires = state.acknowledged?.expiresAt;
  if (expires !== undefined && !state.cleared && !operationUnderWay(state)) times.push(expires);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What cleared before anybody was reached has called nobody, and whoever is next may be a long time off. */
function callLostRung(
  state: Incident,
  at: Instant,
  { policies }: Context,
): Extract<IncidentEvent, { type: 'rung.fired' }> | undefined {
  const { lastCall, nextCall, status, cleared, ladder } = state;
  if (status !== 'triggered' || cleared || !nextCall || !lastCall || !isLost(lastCall)) return undefined;
  const of = ladder.rungs.length;
  // The last resort, or a rung of a longer ladder: the same as what comes next.
  const rung = lastCall.rung <= of ? lastCall.rung : nextCall.rung;
  const pages = pagesOfRung(state, rung, policies, at);
  if (pages.length === 0) return undefined;
  return { type: 'rung.fired', rung, of, round: lastCall.round, pages, dueAt: undefined, again: true };
}

function callDueRungs(
  state: () => Incident,
  at: Instant,
  context: Context,
  happen: (event: IncidentEvent) => void,
): void {
  for (;;) {
    const { nextCall, status, cleared, ladder } = state();
    if (status !== 'triggered' || cleared || !nextCall || nextCall.at > at) return;
    const { rung, round } = nextCall;
    const of = ladder.rungs.length;
    const pages = pagesOfRung(state(), rung, context.policies, at);
    const dueAt = at - nextCall.at > punctual ? nextCall.at : undefined;
    if (pages.length > 0) happen({ type: 'rung.fired', rung, of, round, pages, dueAt });
    else happen({ type: 'rung.empty', rung, of, round });
    if (rung !== of) continue;
    // The whole ladder was climbed. With nobody on any rung the call of last resort does not wait.
    const { times, then_every } = ladder.at_end;
    if (state().lastCall?.round !== round) {
      const everybody = pagesOfRung(state(), of + 1, context.policies, at);
      happen({ type: 'ladder.ended', round, next: 'every', every: then_every });
      if (everybody.length > 0)
        happen({ type: 'rung.fired', rung: of + 1, of, round, pages: everybody, dueAt: undefined });
      return;
    }
    happen({ type: 'ladder.ended', round, next: round <= times ? 'repeat' : 'every', every: then_every });
  }
}

/** The clocks that still run, with the first moment at which each is missed: on the dot is kept. */
function clocksOf(
  state: Incident,
): readonly { readonly clock: ClockName; readonly at: Instant; readonly limit: Milliseconds }[] {
  const { clocks, clocksSince } = state;
  const running: readonly (readonly [ClockName, Milliseconds | null, boolean])[] = [
    ['acknowledge_within', clocks.acknowledgeWithin, state.firstAcknowledgedAt === undefined],
    [
      'rollback_start_within',
      clocks.rollbackStartWithin,
      state.rollbackStartedAt === undefined && state.suspect?.lastGood !== undefined,
    ],
    ['resolve_within', clocks.resolveWithin, true],
  ];
  return running.flatMap(([clock, limit, runs]) =>
    limit !== null && runs && !state.cleared && !state.missedClocks.includes(clock)
      ? [{ clock, at: clocksSince + limit + 1, limit }]
      : [],
  );
}
