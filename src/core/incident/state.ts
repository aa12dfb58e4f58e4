import type { Actor } from '../actor.ts';
import type { Ladder } from '../policies/escalation.ts';
import type { Refusals } from '../refusals.ts';
import type { NamedCards } from '../settle-card.ts';
import type { Severity } from '../severity.ts';
import type { StreamId } from '../stream.ts';
import type { Instant } from '../time.ts';
import type { ClockName, Clocks, OperationProgress, PlannedPage, Suspect } from './event.ts';
import type { LastCall } from './last-call.ts';
import type { Call } from './ladder.ts';
import type { PagerdutyPage } from './pagerduty-pages.ts';

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
  /** Of one among very many, a digest of its summary, which is left out. */
  readonly words?: string;
  /** What it said of its place, as a digest; alerts that earlier versions of Lastgood took in do not say. */
  readonly place?: string;
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
  /** By their fingerprints; the first ones, or in incidents of earlier versions all of them. */
  readonly firing: Readonly<Record<string, FiringAlert>>;
  /** The others, where there are very many: how many, and where (`firing.ts`). */
  readonly moreFiring?:
    | {
        readonly count: number;
        readonly in: Readonly<
          Record<number, Readonly<Record<number, Readonly<Record<string, FiringAlert>>>>>
        >;
      }
    | undefined;
  readonly alertsResolved: number;
  /** Words for severities that the policy does not know, and what they were taken as. */
  readonly unknownSeverities?: readonly { readonly word: string; readonly takenAs: Severity }[];
  /** Every alert that fired has resolved; the ladder rests. */
  readonly cleared: boolean;
  readonly clearedAt: Instant | undefined;
  /** When a person last saw to it, or an operation of its channel; incidents of earlier versions do not say. */
  readonly attendedAt?: Instant;
  /** A person opened it: alerts that come and go say nothing about what that person saw. */
  readonly declared: boolean;
  /** Which rung is called next, and when; undefined while nobody is to be called. */
  readonly nextCall: Call | undefined;
  /** When that time was set; incidents of earlier versions do not say. */
  readonly nextCallSetAt?: Instant;
  readonly lastCall: LastCall | undefined;
  /** Who was called so far, and how, each once; incidents of earlier versions know of the last rung only. */
  readonly paged?: readonly Pick<PlannedPage, 'name' | 'by'>[];
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
  /** The set-back of the clock that this was told of last, by the last time of the clock of before. */
  readonly setBack?: { readonly since: Instant | undefined };
  readonly suspect: Suspect | undefined;
  /** Rollbacks, and apart from them promotions: those change nothing for the clocks of an incident. */
  readonly operations: Readonly<Record<string, OperationProgress>>;
  readonly promotions?: Readonly<Record<string, OperationProgress>>;
  readonly rollbackStartedAt: Instant | undefined;
  /** Which of them started then; incidents of earlier versions do not say. */
  readonly rollbackStartedBy?: string | undefined;
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

/** Whether an operation on the incident's channel is being carried out; of one that is held by a freeze nothing is. */
export function operationUnderWay({ operations, promotions }: Incident): boolean {
  return Object.values({ ...operations, ...promotions }).includes('running');
}

/** The name by which an open incident is found: one a service and channel. */
export function incidentAlias(where: {
  readonly service: string;
  readonly app: string;
  readonly channel: string;
}): string {
  return `${where.service}@${where.app}/${where.channel}`;
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
