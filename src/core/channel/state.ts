import { sayActor } from '../actor.ts';
import type { Severity } from '../severity.ts';
import type { Recorded, StreamId } from '../stream.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { PlanKind } from '../plan/plan.ts';
import { withCard, type ChannelCard } from './cards.ts';
import { openDrift, runsSince, withDrift, withSettledDrift, type Drift } from './drift-state.ts';
import type { ChannelEvent, MoveCause } from './event.ts';
import { withReport, type VersionHealth } from './health-state.ts';

/** One stretch of time in which a version was live. */
export interface Period {
  readonly version: string;
  readonly from: Instant;
  /** Undefined while it is live. */
  readonly to: Instant | undefined;
  readonly verified: boolean;
  /** When the first P0 or P1 opened on the channel during it. */
  readonly troubledAt: Instant | undefined;
  /** A rollback left it: it is never a target again unless somebody sets it. */
  readonly leftByRollback: boolean;
}

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
}

/** An incident that is open on the channel. */
export interface OpenIncident {
  readonly severity: Severity;
  readonly conversation: string;
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
  /** Oldest first; the last one is live. */
  readonly periods: readonly Period[];
  /** Oldest first, at most 300, as the registry keeps them. */
  readonly moves: readonly Move[];
  readonly lock: Lock | undefined;
  /** A rollback that gets the channel when the promotion that holds it has let go. */
  readonly next: Next | undefined;
  readonly doubt:
    | {
        readonly operation: string;
        readonly why: string;
        readonly since: Instant;
        /** What a promotion was bringing, and may have brought. */
        readonly version?: string | undefined;
        /** When that promotion began. */
        readonly broughtAt?: Instant | undefined;
      }
    | undefined;
  readonly incidents: Readonly<Record<string, OpenIncident>>;
  /** What release bots have reported, in the order of the last reports. States from before these have none. */
  readonly health?: readonly VersionHealth[];
  readonly drifts?: readonly Drift[];
  readonly cards?: Readonly<Record<string, ChannelCard>>;
  /** The ids of the last deployments that were told. */
  readonly deployments?: readonly string[];
}

const historyKept = 300;
const deploymentsKept = 20;

export function livePeriod(channel: Channel): Period | undefined {
  return channel.periods.at(-1);
}

interface Running {
  readonly version: string;
  readonly since: Instant;
}

/**
 * What a rollback would leave, and since when it has been there: what a promotion is bringing or has failed to bring,
 * or what was deployed behind our back, whichever came last; or else what is live.
 */
export function atStake(channel: Channel): Running | undefined {
  const brought = broughtBy(channel);
  const drift = openDrift(channel, 'reality');
  if (drift?.found !== undefined && !(brought && brought.since > runsSince(drift)))
    return { version: drift.found, since: runsSince(drift) };
  if (brought) return brought;
  const live = livePeriod(channel);
  return live && { version: live.version, since: live.from };
}

/** What a promotion is bringing, or may have brought before it failed. */
function broughtBy({ lock, doubt }: Channel): Running | undefined {
  if (lock?.kind === 'promote' && lock.begunAt !== undefined)
    return { version: lock.to, since: lock.begunAt };
  return doubt?.version === undefined
    ? undefined
    : { version: doubt.version, since: doubt.broughtAt ?? doubt.since };
}

/** The promotion that would make way for a rollback; undefined where none holds the channel, or one is waited for already. */
export function promotionToStop({ lock, next }: Channel): Lock | undefined {
  return lock?.kind === 'promote' && !next ? lock : undefined;
}

export function knownVersions(channel: Channel): readonly string[] {
  return [...new Set(channel.periods.map(({ version }) => version))];
}

/** How long it was live before the first P0 or P1 of its time. */
export function undisturbed(period: Period, now: Instant): Milliseconds {
  return Math.min(period.troubledAt ?? now, period.to ?? now) - period.from;
}

/**
 * Verified by us and without a P0 or P1 since, or live for long enough before the first of its time. A verification takes
 * minutes: a promotion may well pass it and bring the incident that the next one has to repair.
 */
export function isGood(period: Period, healthyAfter: Milliseconds, now: Instant): boolean {
  if (period.leftByRollback) return false;
  return (period.verified && period.troubledAt === undefined) || undisturbed(period, now) >= healthyAfter;
}

/** The version to go back to: the one most recently live before the present one that was good, and was not rolled back from since. */
export function lastGood(channel: Channel, healthyAfter: Milliseconds, now: Instant): string | undefined {
  const leaving = atStake(channel);
  // While a promotion brings another version, what is recorded as live gathers no good name any more.
  const until = leaving && leaving.version !== livePeriod(channel)?.version ? leaving.since : now;
  // How a version was left the last time counts: one that was repaired and verified since is good again.
  const bad = new Set(
    [...new Map(channel.periods.map((period) => [period.version, period])).values()]
      .filter((period) => period.leftByRollback)
      .map(({ version }) => version),
  );
  return channel.periods
    .filter(({ version }) => version !== leaving?.version && !bad.has(version))
    .findLast((period) => isGood(period, healthyAfter, until))?.version;
}

export function worstOpen(channel: Channel): (OpenIncident & { readonly incident: string }) | undefined {
  const [first] = Object.entries(channel.incidents).toSorted(([, a], [, b]) =>
    a.severity < b.severity ? -1 : 1,
  );
  return first && { incident: first[0], ...first[1] };
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
      return { ...channel, lock: channel.lock && { ...channel.lock, begunAt: event.at } };
    case 'channel.released': {
      const { lock, next } = channel;
      return {
        ...channel,
        lock: lock?.operation === event.operation ? undefined : lock,
        next: next?.operation === event.operation ? undefined : next,
      };
    }
    case 'channel.doubted': {
      const { operation, why, version, broughtAt } = event;
      return { ...channel, doubt: { operation, why, since: event.at, version, broughtAt } };
    }
    case 'incident.noted':
      return noteIncident(channel, event);
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

function moved(channel: Channel, event: Recorded<Extract<ChannelEvent, { type: 'channel.moved' }>>): Channel {
  const at = event.since ?? event.at;
  const rolledBack = event.cause === 'rollback';
  const ended = channel.periods.map((period, index) =>
    index === channel.periods.length - 1
      ? // Deploying the same version again, out of doubt, is not leaving it.
        { ...period, to: at, leftByRollback: rolledBack && period.version !== event.to }
      : period,
  );
  // Setting a version by hand clears it: a person vouches for it.
  const periods = ended.map((period) =>
    event.cause === 'set' && period.version === event.to ? { ...period, leftByRollback: false } : period,
  );
  const period: Period = {
    version: event.to,
    from: at,
    to: undefined,
    verified: event.verified,
    troubledAt: troubleOf(channel, event, at),
    leftByRollback: false,
  };
  const { cause, from, to, reason, actor, source } = event;
  const move: Move = { at, cause, from, to, reason, actor, ...(source === undefined ? {} : { source }) };
  return {
    ...withDeployment(channel, event.deployment),
    periods: [...periods, period],
    moves: [...channel.moves, move].slice(-historyKept),
    doubt: undefined,
  };
}

/** Since when a version that comes is troubled, if it is from the start. */
function troubleOf(
  channel: Channel,
  event: Recorded<Extract<ChannelEvent, { type: 'channel.moved' }>>,
  at: Instant,
): Instant | undefined {
  const { cause, verified } = event;
  const before = livePeriod(channel)?.troubledAt;
  // A promotion is at work before it is through, and a deployment may be told late: what opened meanwhile is theirs.
  const came = cause === 'promote' ? (channel.lock?.begunAt ?? at) : at;
  if (cause !== 'rollback' && before !== undefined && before >= came) return Math.max(before, at);
  if (verified || !Object.values(channel.incidents).some(isBad)) return undefined;
  // An import tells of times before the incidents that are open now.
  return cause === 'import' ? event.at : at;
}

function isBad({ severity }: Pick<OpenIncident, 'severity'>): boolean {
  return severity <= 'P1';
}

function withDeployment(channel: Channel, id: string | undefined): Channel {
  if (id === undefined) return channel;
  return { ...channel, deployments: [...(channel.deployments ?? []), id].slice(-deploymentsKept) };
}

function noteIncident(
  channel: Channel,
  event: Recorded<Extract<ChannelEvent, { type: 'incident.noted' }>>,
): Channel {
  const { [event.incident]: known, ...others } = channel.incidents;
  const { severity, conversation } = event;
  if (severity === undefined) return { ...channel, incidents: others };
  // From P0 to P1 or back is no second one.
  const opens = isBad({ severity }) && !(known && isBad(known));
  return {
    ...channel,
    incidents: { ...others, [event.incident]: { severity, conversation } },
    periods: channel.periods.map((period, index) =>
      opens && index === channel.periods.length - 1 && period.troubledAt === undefined
        ? { ...period, troubledAt: event.at }
        : period,
    ),
  };
}
