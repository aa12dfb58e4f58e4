import { sayActor } from '../actor.ts';
import type { Recorded } from '../stream.ts';
import type { Instant } from '../time.ts';
import type { Channel, Move } from './state.ts';

/** Who says otherwise than our records: the registry file, or whoever tells what really runs. */
export type DriftSide = 'file' | 'reality';

/** Why somebody else's word was not simply recorded. */
export type DriftCause =
  /** Somebody else wrote into the registry file. */
  | 'edited'
  /** A rollback has left that version, and something has deployed it again. */
  | 'left-by-rollback'
  /** An operation holds the channel, and did not deploy that version. */
  | 'held'
  /** An operation was at work there: which of the two came last is not certain. */
  | 'meanwhile';

export interface DriftNoticed {
  readonly type: 'drift.noticed';
  readonly side: DriftSide;
  readonly cause: DriftCause;
  /** The version that they say is live; undefined where the file has none for the channel. */
  readonly found: string | undefined;
  /** The version that our records say is live. */
  readonly ours: string | undefined;
  readonly url: string | undefined;
  /** The deployment's id, so that it is known when it is told again. */
  readonly deployment: string | undefined;
  /** The operation that held the channel, or was at work. */
  readonly operation: string | undefined;
  /** When it was deployed, if that was told. */
  readonly deployedAt?: Instant;
  /** How the file says that it came about, where our records were restored from a backup and do not reach that far. */
  readonly missed?: readonly Move[];
}

/** How both sides came to say the same again, or why it no longer matters. */
export type DriftEnd =
  /** By itself: the next report, or the file, says what we say. */
  | 'agrees'
  /** Somebody took their side: what they say is recorded. */
  | 'recorded'
  /** Somebody took our side: the file is written again. */
  | 'kept'
  /** An operation has deployed its own version over it, and is not through yet. */
  | 'replaced'
  /** An operation that began afterwards has put the version of its plan live. */
  | 'taken-back'
  /** The channel has moved on, or they say something else by now. */
  | 'overtaken';

export interface DriftSettled {
  readonly type: 'drift.settled';
  readonly drift: number;
  readonly side: DriftSide;
  readonly how: DriftEnd;
  /** The version that is live by now, as far as we know. */
  readonly version: string | undefined;
}

/** Two of our records, the registry file and reality that name different versions. */
export interface Drift {
  /** The number of the event that noticed it. */
  readonly id: number;
  readonly side: DriftSide;
  readonly cause: DriftCause;
  readonly found: string | undefined;
  readonly ours: string | undefined;
  readonly url: string | undefined;
  readonly operation: string | undefined;
  /** Who said so, and since when we know. */
  readonly by: string;
  readonly since: Instant;
  /** When it was deployed, if that was told. */
  readonly deployedAt?: Instant;
  /** As in `DriftNoticed`, until it is settled. */
  readonly missed?: readonly Move[] | undefined;
  readonly settled:
    | {
        readonly how: DriftEnd;
        readonly version: string | undefined;
        readonly by: string;
        readonly at: Instant;
      }
    | undefined;
}

/** Of the settled ones, which stay for their cards. At most one is open for each side. */
const driftsKept = 4;

export function openDrifts(channel: Channel | undefined): readonly Drift[] {
  return channel?.drifts?.filter(({ settled }) => settled === undefined) ?? [];
}

export function openDrift(channel: Channel | undefined, side: DriftSide): Drift | undefined {
  return openDrifts(channel).find((drift) => drift.side === side);
}

/** What the file tells of the life that a restore has lost, while nobody has decided about it. */
export function missedBy(channel: Channel | undefined): readonly Move[] {
  return openDrift(channel, 'file')?.missed ?? [];
}

/** Since when it runs, as far as we know: webhooks may come late. */
export function runsSince({ deployedAt, since }: Drift): Instant {
  return deployedAt ?? since;
}

/** What runs there as far as anybody has told: our record, unless a deployment said otherwise. */
export function runningVersion(channel: Channel | undefined): string | undefined {
  return openDrift(channel, 'reality')?.found ?? channel?.periods.at(-1)?.version;
}

export function withDrift(channel: Channel, event: Recorded<DriftNoticed>): readonly Drift[] {
  const { side, cause, found, ours, url, operation, deployedAt, missed } = event;
  const drift: Drift = {
    id: event.seq,
    side,
    cause,
    found,
    ours,
    url,
    operation,
    by: sayActor(event.by),
    since: event.at,
    ...(deployedAt === undefined ? {} : { deployedAt }),
    ...(missed === undefined ? {} : { missed }),
    settled: undefined,
  };
  const all = [...(channel.drifts ?? []), drift];
  return all.filter(({ settled }, place) => !settled || place >= all.length - driftsKept);
}

export function withSettledDrift(channel: Channel, event: Recorded<DriftSettled>): readonly Drift[] {
  const { how, version } = event;
  const settled = { how, version, by: sayActor(event.by), at: event.at };
  return (channel.drifts ?? []).map((drift) =>
    drift.id === event.drift ? { ...drift, missed: undefined, settled } : drift,
  );
}
