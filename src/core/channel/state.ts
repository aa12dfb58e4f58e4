import { sayActor } from '../actor.ts';
import type { Recorded, StreamId } from '../stream.ts';
import type { Instant } from '../time.ts';
import type { PlanKind } from '../plan/plan.ts';
import type { NamedCards } from '../settle-card.ts';
import { withCard } from './cards.ts';
import { withDrift, withSettledDrift, type Drift } from './drift-state.ts';
import type { ChannelEvent, MoveCause, Tried } from './event.ts';
import { withReport, type VersionHealth } from './health-state.ts';
import { keepPeriods } from './kept-periods.ts';
import { keepMoves } from './left-by-rollback.ts';
import { isTroubled, withIncident, type OpenIncident } from './open-incidents.ts';
import { calmFrom, type Period, type Stretch } from './period.ts';

/** A row of the registry's history, in our own words. */
export interface Move {
  readonly at: Instant;
  readonly cause: MoveCause;
  /** The full name of the channel that a promotion came from. */
  readonly source?: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly reason: string;
  readonly actor: string;
  /** That brought it; moves of earlier versions of Lastgood do not say. */
  readonly operation?: string;
}

/** The operation that holds the channel. */
export interface Lock {
  readonly operation: string;
  readonly name: string;
  /** `roll back to 1.4.2` */
  readonly reason: string;
  readonly since: Instant;
  readonly kind: PlanKind;
  readonly to: string;
  /** Since when it may change something out there; undefined while it waits for its approval. */
  readonly begunAt: Instant | undefined;
  /** It is approved or between two steps, and waits for production to be no longer frozen. */
  readonly frozen?: true;
}

export interface Next {
  readonly operation: string;
  readonly name: string;
  readonly reason: string;
  /** What its plan leaves, and where it goes. */
  readonly from: string;
  readonly to: string;
}

export interface Channel {
  readonly id: StreamId;
  /** `shop/stable` */
  readonly name: string;
  /** Oldest first, about 300; the last one is live. */
  readonly periods: readonly Period[];
  /** Oldest first; the last 300, as the registry keeps them, and those by which a known version was left for a reason. */
  readonly moves: readonly Move[];
  readonly lock: Lock | undefined;
  /** A rollback that gets the channel when the promotion that holds it has let go. */
  readonly next: Next | undefined;
  readonly doubt:
    | {
        readonly operation: string;
        readonly why: string;
        readonly since: Instant;
        /** When the operation began: what was deployed since then may have come after it. */
        readonly begunAt?: Instant | undefined;
        /** What a promotion was bringing, and may have brought. */
        readonly version?: string | undefined;
        /** When that promotion began. */
        readonly broughtAt?: Instant | undefined;
        /** What rollbacks have gone to in vain. */
        readonly tried?: readonly Tried[];
      }
    | undefined;
  readonly incidents: Readonly<Record<string, OpenIncident>>;
  /** What release bots have reported, in the order of the last reports. States from before these have none. */
  readonly health?: readonly VersionHealth[];
  readonly drifts?: readonly Drift[];
  readonly cards?: NamedCards;
  /** The ids of the last deployments that were told. */
  readonly deployments?: readonly string[];
}

const deploymentsKept = 20;

export function livePeriod(channel: Channel): Period | undefined {
  return channel.periods.at(-1);
}

/** The promotion that would make way for a rollback; undefined where none holds the channel, or one is waited for already. */
export function promotionToStop({ lock, next }: Channel): Lock | undefined {
  return lock?.kind === 'promote' && !next ? lock : undefined;
}

export function knownVersions(channel: Channel): readonly string[] {
  return [...new Set(channel.periods.map(({ version }) => version))];
}

export function evolveChannel(
  state: Channel | undefined,
  event: Recorded<ChannelEvent>,
  id: StreamId,
): Channel {
  const channel: Channel = state ?? {
    id,
    name: id.slice('channel:'.length),
    periods: [],
    moves: [],
    lock: undefined,
    next: undefined,
    doubt: undefined,
    incidents: {},
  };
  switch (event.type) {
    case 'channel.moved':
      return moved(channel, event);
    case 'channel.locked': {
      const { operation, name, reason, kind, to } = event;
      const next = channel.next?.operation === operation ? undefined : channel.next;
      const lock: Lock = { operation, name, reason, since: event.at, kind, to, begunAt: undefined };
      return { ...channel, lock, next };
    }
    case 'channel.queued': {
      const { operation, name, reason, from, to } = event;
      return { ...channel, next: { operation, name, reason, from, to } };
    }
    case 'channel.begun':
      return { ...channel, lock: channel.lock && heldBy(channel.lock, event.at, false) };
    case 'hold.noted': {
      const begunAt = event.begun ? channel.lock?.begunAt : undefined;
      return { ...channel, lock: channel.lock && heldBy(channel.lock, begunAt, event.frozen) };
    }
    case 'channel.released': {
      const { lock, next } = channel;
      return {
        ...channel,
        lock: lock?.operation === event.operation ? undefined : lock,
        next: next?.operation === event.operation ? undefined : next,
      };
    }
    case 'channel.doubted': {
      const { operation, why, version, broughtAt, begunAt, tried } = event;
      const doubt = { operation, why, since: event.at, begunAt, version, broughtAt };
      return { ...channel, doubt: tried ? { ...doubt, tried } : doubt };
    }
    case 'incident.noted':
      return withIncident(channel, event);
    case 'health.reported':
      return { ...channel, health: withReport(channel, event, sayActor(event.by)) };
    case 'deployment.known':
      return withDeployment(channel, event.deployment);
    case 'drift.noticed':
      return { ...withDeployment(channel, event.deployment), drifts: withDrift(channel, event) };
    case 'drift.settled':
      return { ...channel, drifts: withSettledDrift(channel, event) };
    case 'card.posted':
    case 'card.failed':
      return { ...channel, cards: withCard(channel, event) };
    case 'request.refused':
      return channel;
    default:
      return event satisfies never;
  }
}

function heldBy({ frozen: _was, ...lock }: Lock, begunAt: Instant | undefined, frozen: boolean): Lock {
  return { ...lock, begunAt, ...(frozen ? { frozen } : {}) };
}

type Moved = Recorded<Extract<ChannelEvent, { type: 'channel.moved' }>>;

function moved(channel: Channel, event: Moved): Channel {
  const at = event.since ?? event.at;
  const rolledBack = event.cause === 'rollback';
  const ended = channel.periods.map((period, index) =>
    index === channel.periods.length - 1
      ? // Deploying the same version again, out of doubt, is not leaving it.
        {
          ...period,
          to: at,
          leftByRollback: rolledBack && period.version === event.from && event.from !== event.to,
        }
      : period,
  );
  // Setting a version by hand clears it: a person vouches for it.
  const periods = ended.map((period) =>
    event.cause === 'set' && period.version === event.to ? { ...period, leftByRollback: false } : period,
  );
  const { lock } = channel;
  const period: Period = {
    version: event.to,
    from: at,
    to: undefined,
    verified: event.verified,
    troubledAt: troubleOf(channel, event, at),
    calm: calmOf(channel, event, at),
    leftByRollback: false,
    ...(event.toldBy === undefined ? {} : { toldBy: event.toldBy }),
    ...(lock?.operation === event.operation && lock?.begunAt !== undefined
      ? { broughtBy: { operation: lock.operation, begunAt: lock.begunAt } }
      : {}),
  };
  const { cause, from, to, reason, actor, source, operation } = event;
  const move: Move = {
    at,
    cause,
    from,
    to,
    reason,
    actor,
    ...(source === undefined ? {} : { source }),
    ...(operation === undefined ? {} : { operation }),
  };
  const moves = [...channel.moves, move];
  const kept = keepPeriods([...periods, period], moves, event.at);
  return {
    ...withDeployment(channel, event.deployment),
    periods: kept,
    moves: keepMoves(moves, new Set(kept.map(({ version }) => version))),
    doubt: undefined,
  };
}

/** Since when a version that comes is troubled, if it is from the start. */
function troubleOf(channel: Channel, event: Moved, at: Instant): Instant | undefined {
  const { cause, verified } = event;
  const before = livePeriod(channel)?.troubledAt;
  // A promotion is at work before it is through, and a deployment may be told late: what opened meanwhile is theirs.
  const came = cause === 'promote' ? (channel.lock?.begunAt ?? at) : at;
  if (cause !== 'rollback' && before !== undefined && before >= came) return Math.max(before, at);
  if (verified || !isTroubled(channel)) return undefined;
  // An import tells of times before the incidents that are open now.
  return cause === 'import' ? event.at : at;
}

/** When a version that comes has been without a P0 or P1 so far: it may have been there before anybody told. */
function calmOf(channel: Channel, event: Moved, at: Instant): readonly Stretch[] {
  const before = livePeriod(channel);
  // What a mere reporter says of the past earns no good name: that counts from when we heard of it.
  if (event.cause !== 'import' && before) return calmFrom(before, event.toldBy === undefined ? at : event.at);
  const isCalm = !isTroubled(channel);
  return isCalm || at < event.at ? [{ from: at, to: isCalm ? undefined : event.at }] : [];
}

function withDeployment(channel: Channel, id: string | undefined): Channel {
  if (id === undefined) return channel;
  return { ...channel, deployments: [...(channel.deployments ?? []), id].slice(-deploymentsKept) };
}
