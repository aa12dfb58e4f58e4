import type { Actor } from '../actor.ts';
import type { Recorded, StreamId } from '../stream.ts';
import type { Ladder } from '../policies/escalation.ts';
import { withRefusal, type Refusals } from '../refusals.ts';
import type { NamedCards } from '../settle-card.ts';
import type { Severity } from '../severity.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { ClockName, Clocks, IncidentEvent, OperationProgress, PlannedPage, Suspect } from './event.ts';
import { withDirectPage } from './direct-pages.ts';
import { firstCall, followingCall, type Call } from './ladder.ts';
import { calledByName, callInPagerduty, silent, type PagerdutyPage } from './pagerduty-pages.ts';

/** An alert that is still firing. Resolved ones fold into a count, so that the state stays small. */
export interface FiringAlert {
  readonly title: string;
  readonly summary: string;
  readonly severity: Severity;
  readonly url: string | undefined;
  readonly dashboard?: string | undefined;
  readonly runbook?: string | undefined;
  /** Which system said so; alerts that earlier versions of Lastgood took in do not say. */
  readonly source?: string | undefined;
}

export interface Incident {
  readonly id: StreamId;
  readonly title: string;
  readonly severity: Severity;
  /** The worst it was before somebody who is no lead lowered it, where that still freezes promotions. */
  readonly was?: Severity | undefined;
  readonly service: string;
  readonly serviceTitle: string;
  readonly app: string;
  readonly channel: string;
  readonly conversation: string;
  readonly emergency: string;
  readonly rotation: string;
  readonly storeId?: string;
  readonly runbook?: string | undefined;
  readonly clocks: Clocks;
  readonly ladder: Ladder;
  readonly openedAt: Instant;
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly acknowledged:
    | {
        readonly by: string;
        /** The roster key. */
        readonly person: string | undefined;
        readonly at: Instant;
        readonly expiresAt: Instant | undefined;
      }
    | undefined;
  readonly firstAcknowledgedAt: Instant | undefined;
  readonly resolved: { readonly by: string; readonly at: Instant; readonly reason: string } | undefined;
  readonly firing: Readonly<Record<string, FiringAlert>>;
  readonly alertsResolved: number;
  /** Words for severities that the policy does not know, and what they were taken as. */
  readonly unknownSeverities?: readonly { readonly word: string; readonly takenAs: Severity }[];
  /** Every alert that fired has resolved; the ladder rests. */
  readonly cleared: boolean;
  readonly clearedAt: Instant | undefined;
  /** A person opened it: alerts that come and go say nothing about what that person saw. */
  readonly declared: boolean;
  /** Which rung is called next, and when; undefined while nobody is to be called. */
  readonly nextCall: Call | undefined;
  readonly lastCall:
    { readonly rung: number; readonly round: number; readonly pages: readonly PlannedPage[] } | undefined;
  /** PagerDuty keys that were triggered and not yet resolved. */
  readonly pagerdutyKeys: readonly string[];
  /** Incidents there by which we say whom to call; left out while there are none. */
  readonly pagerdutyPages?: readonly PagerdutyPage[];
  /** The account there in whose name Lastgood acts, as far as it is known. */
  readonly pagerdutySelf?: string;
  readonly pagesPlanned: number;
  readonly pagesDelivered: number;
  readonly missedClocks: readonly ClockName[];
  /** From when the clocks count: when it opened, became worse, or came back after all alerts had resolved. */
  readonly clocksSince: Instant;
  readonly suspect: Suspect | undefined;
  /** Rollbacks, and apart from them promotions: those change nothing for the clocks of an incident. */
  readonly operations: Readonly<Record<string, OperationProgress>>;
  readonly promotions?: Readonly<Record<string, OperationProgress>>;
  readonly rollbackStartedAt: Instant | undefined;
  /** Why the card could not be posted or brought up to date the last time; said once. */
  readonly cardTrouble: string | undefined;
  readonly card: { readonly conversation: string; readonly ts: string } | undefined;
  /** Who has been refused how often. */
  readonly refusals?: Refusals;
  /** Where the direct messages stand that called somebody, by the ids of those pages. */
  readonly cards?: NamedCards;
}

export function isOpen(incident: Incident): boolean {
  return incident.status !== 'resolved';
}

/** The name by which an open incident is found: one a service and channel. */
export function incidentAlias(where: {
  readonly service: string;
  readonly app: string;
  readonly channel: string;
}): string {
  return `${where.service}@${where.app}/${where.channel}`;
}

export function evolveIncident(
  state: Incident | undefined,
  event: Recorded<IncidentEvent>,
  id: StreamId,
): Incident {
  if (event.type === 'incident.opened') return openIncident(id, event);
  if (!state) throw new Error(`${id}: ${event.type} before incident.opened`);
  switch (event.type) {
    case 'alert.fired': {
      const { title, summary, severity, url, dashboard, runbook, by } = event;
      const source = by.kind === 'source' ? by.name : undefined;
      return {
        ...state,
        firing: {
          ...state.firing,
          [event.fingerprint]: { title, summary, severity, url, dashboard, runbook, source },
        },
        cleared: false,
        ...(state.cleared ? { clocksSince: event.at, missedClocks: [] } : {}),
        nextCall: state.cleared && state.status === 'triggered' ? wokenCall(state, event.at) : state.nextCall,
      };
    }
    case 'alert.resolved': {
      const { [event.fingerprint]: _gone, ...firing } = state.firing;
      return { ...state, firing, alertsResolved: state.alertsResolved + 1 };
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
        lastCall: { rung: event.rung, round: event.round, pages: event.pages },
        nextCall: followingCall(state.ladder, event, event.dueAt ?? event.at, event.at),
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
      };
    }
    case 'acknowledgement.expired':
      return callAgain(state, event.at);
    case 'clock.set-back':
      return setBack(state, event.back);
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
    case 'ladder.ended':
    case 'page.failed':
    case 'page.withheld':
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
function wokenCall(state: Incident, at: Instant): Call {
  const { nextCall, clearedAt, ladder, clocks } = state;
  const rested = clearedAt === undefined ? 0 : at - clearedAt;
  if (!nextCall || rested > clocks.acknowledgeWithin) return firstCall(ladder, at);
  return { ...nextCall, at: Math.max(nextCall.at, at) };
}

/** What was five minutes off stays five minutes off. */
function setBack(state: Incident, by: Milliseconds): Incident {
  const { nextCall, acknowledged, clocksSince } = state;
  const expiresAt = acknowledged?.expiresAt;
  return {
    ...state,
    nextCall: nextCall && { ...nextCall, at: nextCall.at - by },
    acknowledged:
      acknowledged && expiresAt !== undefined ? { ...acknowledged, expiresAt: expiresAt - by } : acknowledged,
    clocksSince: clocksSince - by,
  };
}

/** Raising plans the ladder anew from its first rung; lowering keeps the place, and never un-pages. */
function changeSeverity(
  state: Incident,
  event: Recorded<Extract<IncidentEvent, { type: 'severity.changed' }>>,
): Incident {
  const { to, from, was, clocks, ladder } = event;
  const raised = to < from;
  // Whoever has it and raises it knows; anybody else's raising has to reach somebody.
  const held = state.acknowledged !== undefined && !(raised && !isHolder(state, event.by));
  const { nextCall } = state;
  const missable = {
    acknowledge_within: clocks.acknowledgeWithin,
    rollback_start_within: clocks.rollbackStartWithin,
    resolve_within: clocks.resolveWithin,
  };
  const since = raised ? event.at : state.clocksSince;
  const kept = nextCall && { ...nextCall, rung: Math.min(nextCall.rung, ladder.rungs.length) };
  return {
    ...state,
    severity: to,
    was,
    clocks,
    ladder,
    // What was missed by the old limits may not be by the new ones; what still is, is not said twice.
    clocksSince: since,
    missedClocks: state.missedClocks.filter((clock) => {
      const limit = missable[clock];
      return limit !== null && since + limit < event.at;
    }),
    status: held || state.status === 'resolved' ? state.status : 'triggered',
    nextCall: raised && !held && !state.cleared ? firstCall(ladder, event.at) : kept,
    acknowledged:
      held && state.acknowledged
        ? {
            ...state.acknowledged,
            expiresAt: clocks.acknowledgedFor === null ? undefined : event.at + clocks.acknowledgedFor,
          }
        : undefined,
  };
}

/** Compares people: two of the same name are two. */
export function isHolder({ acknowledged }: Incident, by: Actor): boolean {
  return acknowledged !== undefined && by.kind === 'person' && acknowledged.person === by.person;
}

/** A rollback has put another release live, and nothing has come since: there is nothing to go back to. */
export function isBack({ operations, suspect }: Incident): boolean {
  const cameBy = suspect?.cameBy ?? 'rollback';
  return Object.values(operations).includes('done') && cameBy === 'rollback' && !suspect?.promotion;
}

/** A running operation holds the acknowledgement's clock; a failed one calls the next rung now. */
function noteOperation(
  state: Incident,
  event: Recorded<Extract<IncidentEvent, { type: 'operation.noted' }>>,
): Incident {
  const { operation, progress } = event;
  const before = event.kind === 'promote' ? state.promotions : state.operations;
  const after = { ...before, [operation]: progress };
  const started = state.rollbackStartedAt ?? (progress === 'running' ? event.at : undefined);
  const noted: Incident = {
    ...state,
    ...(event.kind === 'promote' ? { promotions: after } : { operations: after, rollbackStartedAt: started }),
    acknowledged: state.acknowledged && {
      ...state.acknowledged,
      expiresAt: state.clocks.acknowledgedFor === null ? undefined : event.at + state.clocks.acknowledgedFor,
    },
  };
  const failed = progress === 'failed' || progress === 'unknown';
  const news = before?.[operation] !== progress;
  return failed && news && isOpen(state) && !state.cleared ? callAgain(noted, event.at) : noted;
}

/** Nobody has it any more: the next rung is called, and its pages are wanted. */
function callAgain(state: Incident, at: Instant): Incident {
  const next = state.nextCall ?? firstCall(state.ladder, at);
  return { ...state, status: 'triggered', acknowledged: undefined, nextCall: { ...next, at } };
}
