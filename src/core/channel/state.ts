import type { Severity } from '../severity.ts';
import type { Recorded, StreamId } from '../stream.ts';
import type { Instant, Milliseconds } from '../time.ts';
import type { ChannelEvent } from './event.ts';

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
  readonly cause: 'import' | 'set' | 'rollback';
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

export interface Channel {
  readonly id: StreamId;
  /** `shop/stable` */
  readonly name: string;
  /** Oldest first; the last one is live. */
  readonly periods: readonly Period[];
  /** Oldest first, at most 300, as the registry keeps them. */
  readonly moves: readonly Move[];
  readonly lock:
    | { readonly operation: string; readonly name: string; readonly reason: string; readonly since: Instant }
    | undefined;
  readonly doubt: { readonly operation: string; readonly why: string; readonly since: Instant } | undefined;
  readonly incidents: Readonly<Record<string, OpenIncident>>;
}

const historyKept = 300;

export function livePeriod(channel: Channel): Period | undefined {
  return channel.periods.at(-1);
}

export function knownVersions(channel: Channel): readonly string[] {
  return [...new Set(channel.periods.map(({ version }) => version))];
}

/** Verified by us, or live for long enough before the first P0 or P1 of its time. */
export function isGood(period: Period, healthyAfter: Milliseconds, now: Instant): boolean {
  if (period.leftByRollback) return false;
  if (period.verified) return true;
  const until = Math.min(period.troubledAt ?? now, period.to ?? now);
  return until - period.from >= healthyAfter;
}

/** The version to go back to: the one most recently live before the present one that was good, and was not rolled back from since. */
export function lastGood(channel: Channel, healthyAfter: Milliseconds, now: Instant): string | undefined {
  const live = livePeriod(channel);
  // How a version was left the last time counts: one that was repaired and verified since is good again.
  const bad = new Set(
    [...new Map(channel.periods.map((period) => [period.version, period])).values()]
      .filter((period) => period.leftByRollback)
      .map(({ version }) => version),
  );
  return channel.periods
    .slice(0, -1)
    .filter(({ version }) => version !== live?.version && !bad.has(version))
    .findLast((period) => isGood(period, healthyAfter, now))?.version;
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
    doubt: undefined,
    incidents: {},
  };
  switch (event.type) {
    case 'channel.moved':
      return moved(channel, event);
    case 'channel.locked': {
      const { operation, name, reason } = event;
      return { ...channel, lock: { operation, name, reason, since: event.at } };
    }
    case 'channel.released':
      return { ...channel, lock: undefined };
    case 'channel.doubted':
      return { ...channel, doubt: { operation: event.operation, why: event.why, since: event.at } };
    case 'incident.noted':
      return noteIncident(channel, event);
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
  const troubled = Object.values(channel.incidents).some(({ severity }) => severity <= 'P1');
  const period: Period = {
    version: event.to,
    from: at,
    to: undefined,
    verified: event.verified,
    // An import tells of times before the incidents that are open now.
    troubledAt: troubled && !event.verified ? event.at : undefined,
    leftByRollback: false,
  };
  const { cause, from, to, reason, actor } = event;
  return {
    ...channel,
    periods: [...periods, period],
    moves: [...channel.moves, { at, cause, from, to, reason, actor }].slice(-historyKept),
    doubt: undefined,
  };
}

function noteIncident(
  channel: Channel,
  event: Recorded<Extract<ChannelEvent, { type: 'incident.noted' }>>,
): Channel {
  const { [event.incident]: _gone, ...others } = channel.incidents;
  const { severity, conversation } = event;
  if (severity === undefined) return { ...channel, incidents: others };
  const isBad = severity <= 'P1';
  return {
    ...channel,
    incidents: { ...others, [event.incident]: { severity, conversation } },
    periods: channel.periods.map((period, index) =>
      isBad && index === channel.periods.length - 1 && period.troubledAt === undefined
        ? { ...period, troubledAt: event.at }
        : period,
    ),
  };
}
