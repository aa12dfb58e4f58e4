import type { Clock } from '../core/clock.ts';
import type { ClockTick } from '../core/incident/intent.ts';
import { setLast } from '../core/incident/moved-times.ts';
import type { Incident } from '../core/incident/state.ts';
import type { StreamId, StreamName } from '../core/stream.ts';
import type { Instant } from '../core/time.ts';
import { openStreams } from './open-streams.ts';
import type { Store } from '../store/store.ts';
import { newsworthy } from './in-one-time.ts';

/** What was set when, by the clock as it is now, in a time that is still to come. */
export type SetAhead = ReadonlyMap<StreamId, Instant>;

interface Parts {
  readonly store: Pick<Store, 'listStreams' | 'hastenDecidedAfter'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly tell: (
    stream: { readonly id: StreamId; readonly kind: StreamName },
    setBack: NonNullable<ClockTick['setBack']>,
  ) => Promise<boolean>;
  /** The set-back that all have been told of. */
  readonly since: Instant;
  /** What the look before has found. */
  readonly before: SetAhead;
}

/**
 * A COMMIT may stand still for minutes (a standby is away), outlive the process that asked for it, and come through when
 * the clock has been set back and all that was seen then has been put right. What was set at a time that is still to come
 * was set that way: it counts as set now. Found once, it may as well be that the clock was set forward, and that this
 * process has not read it since; it has when it looks again.
 * @returns what to find again
 */
export async function putRightLate({ store, clock, tell, since, before }: Parts): Promise<SetAhead> {
  const latest = clock.now() + newsworthy;
  await store.hastenDecidedAfter(latest, clock.now());
  const ahead = new Map<StreamId, Instant>();
  for await (const open of openStreams(store, 'incident'))
    for (const { id, kind, state } of open) {
      const set = setLast(state as Incident);
      if (set === undefined || set <= latest) continue;
      if (before.get(id) === set)
        await tell({ id, kind }, { by: set - clock.now(), since, right: { to: latest } });
      else ahead.set(id, set);
    }
  return ahead;
}
