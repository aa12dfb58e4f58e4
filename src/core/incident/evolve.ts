import { withRefusal } from '../refusals.ts';
import type { Recorded, StreamId } from '../stream.ts';
import type { Instant } from '../time.ts';
import { callAgain, climbAnew, hasRested } from './call-again.ts';
import { withDirectPage } from './direct-pages.ts';
import { changeSeverity } from './evolve-severity.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import { withFiring, withoutFiring } from './firing.ts';
import { firstCall, followingCall } from './ladder.ts';
import { callOf, nextAfter, withOutcome } from './last-call.ts';
import { withTimesMoved } from './moved-times.ts';
import { noteOperation } from './note-operation.ts';
import { calledByName, callInPagerduty, inAnotherLife, silent } from './pagerduty-pages.ts';
import type { Incident } from './state.ts';

/** An incident after one more event. */
export function evolveIncident(
  state: Incident | undefined,
  event: Recorded<IncidentEvent>,
  id: StreamId,
): Incident {
  const next = evolve(state, event, id);
  const isSet = next.nextCall?.at !== state?.nextCall?.at && next.nextCallSetAt === state?.nextCallSetAt;
  return isSet ? { ...next, nextCallSetAt: event.at } : next;
}

function evolve(state: Incident | undefined, event: Recorded<IncidentEvent>, id: StreamId): Incident {
  if (event.type === 'incident.opened') return openIncident(id, event);
  if (!state) throw new Error(`${id}: ${event.type} before incident.opened`);
  switch (event.type) {
    case 'alert.fired': {
      return {
        ...state,
        ...withFiring(state, event),
        cleared: false,
        ...(state.cleared ? { clocksSince: event.at, missedClocks: [] } : {}),
        ...(state.cleared && state.status === 'triggered' ? woken(state, event.at) : {}),
      };
    }
    case 'alert.resolved': {
      return {
        ...state,
        ...withoutFiring(state, event.fingerprint),
        alertsResolved: state.alertsResolved + 1,
      };
    }
    case 'alerts.cleared':
      return { ...state, cleared: true, clearedAt: event.at };
    case 'severity.unknown':
      return {
        ...state,
        unknownSeverities: [...(state.unknownSeverities ?? []), { word: event.word, takenAs: event.takenAs }],
      };
    case 'suspect.named':
      return { ...state, suspect: event.suspect };
    case 'severity.changed':
      return changeSeverity(state, event);
    case 'rung.fired':
      return {
        ...state,
        pagesPlanned: state.pagesPlanned + event.pages.length,
        lastCall: callOf(event),
        paged: withPaged(state, event.pages),
        nextCall: nextAfter(state, event),
        ...callInPagerduty(state, event),
      };
    case 'rung.empty': {
      // Nobody there: the next rung does not wait.
      const next = followingCall(state.ladder, event, event.at, event.at);
      return { ...state, nextCall: next.rung > event.rung ? { ...next, at: event.at } : next };
    }
    case 'page.delivered':
      return {
        ...state,
        pagesDelivered: state.pagesDelivered + 1,
        lastCall: withOutcome(state.lastCall, event.page, { reached: true }),
        ...withDirectPage(state, event),
        ...calledByName(state, event),
      };
    case 'incident.acknowledged': {
      const { acknowledgedFor } = state.clocks;
      return {
        ...state,
        ...silent(state),
        status: 'acknowledged',
        acknowledged: {
          by: event.name,
          person: event.by.kind === 'person' ? event.by.person : undefined,
          at: event.at,
          expiresAt: acknowledgedFor === null ? undefined : event.at + acknowledgedFor,
        },
        firstAcknowledgedAt: state.firstAcknowledgedAt ?? event.at,
        attendedAt: event.at,
        lastCall: state.lastCall && { ...state.lastCall, reached: true },
      };
    }
    case 'acknowledgement.expired':
      // Whoever is to be called for something else has not been called yet.
      return callAgain(event.news ? { ...state, nextCall: undefined } : state, event.at);
    case 'clock.set-back':
      return {
        ...withTimesMoved(state, event.back, event.right),
        setBack: { since: event.since },
      };
    case 'records.restored':
      // Whoever was called in between was, and nobody knows it here: the time since the backup counts for nothing.
      return { ...withTimesMoved(state, event.from - event.at), ...inAnotherLife(state, event) };
    case 'clock.missed':
      return { ...state, missedClocks: [...state.missedClocks, event.clock] };
    case 'operation.noted':
      return noteOperation(state, event);
    case 'incident.resolved':
      return {
        ...state,
        status: 'resolved',
        resolved: { by: event.name, at: event.at, reason: event.reason },
        nextCall: undefined,
      };
    case 'card.posted':
      return { ...state, card: { conversation: event.conversation, ts: event.ts }, cardTrouble: undefined };
    case 'card.failed':
      return { ...state, cardTrouble: event.why };
    case 'page.withheld':
      return event.cleared
        ? { ...state, lastCall: withOutcome(state.lastCall, event.page, { lost: true }) }
        : state;
    case 'ladder.ended':
    case 'page.failed':
    case 'timers.late':
      return state;
    case 'pagerduty.noted':
      return event.silenced === true ? { ...state, ...silent(state) } : state;
    case 'request.refused':
      return { ...state, refusals: withRefusal(state.refusals, event.by, event.at) };
    default:
      return event satisfies never;
  }
}

function openIncident(
  id: StreamId,
  event: Recorded<Extract<IncidentEvent, { type: 'incident.opened' }>>,
): Incident {
  const { type: _type, seq: _seq, at: _at, by, policies: _policies, ...copied } = event;
  return {
    id,
    ...copied,
    openedAt: event.at,
    status: 'triggered',
    acknowledged: undefined,
    firstAcknowledgedAt: undefined,
    resolved: undefined,
    firing: {},
    alertsResolved: 0,
    cleared: false,
    clearedAt: undefined,
    declared: by.kind === 'person' || by.kind === 'token',
    nextCall: firstCall(event.ladder, event.at),
    lastCall: undefined,
    pagerdutyKeys: [],
    pagesPlanned: 0,
    pagesDelivered: 0,
    missedClocks: [],
    clocksSince: event.at,
    suspect: undefined,
    operations: {},
    rollbackStartedAt: undefined,
    cardTrouble: undefined,
    card: undefined,
  };
}

/**
 * Alerts that come back while nobody has acknowledged wake the ladder from its rest. Soon after, it goes on where it
 * was, or an alert that flaps would call the first rung for ever and nobody else.
 */
function woken(state: Incident, at: Instant): Pick<Incident, 'nextCall' | 'lastCall'> {
  const { nextCall, lastCall, ladder } = state;
  if (!nextCall || hasRested(state, at)) return climbAnew(state, ladder, at);
  return { nextCall: { ...nextCall, at: Math.max(nextCall.at, at) }, lastCall };
}

/** A ladder that climbs all night calls the same people again and again. */
function withPaged(
  { paged, lastCall }: Incident,
  pages: readonly PlannedPage[],
): NonNullable<Incident['paged']> {
  const all = [...(paged ?? lastCall?.pages ?? []), ...pages];
  const unlike = new Map(all.map(({ name, by }) => [`${by} ${name}`, { name, by }]));
  return [...unlike.values()];
}
