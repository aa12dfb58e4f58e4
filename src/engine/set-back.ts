import type { Clock } from '../core/clock.ts';
import type { ClockTick } from '../core/incident/intent.ts';
import type { RightTimes } from '../core/incident/moved-times.ts';
import type { StreamId, StreamName } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';
import { newsworthy } from './in-one-time.ts';
import { putRightLate, type SetAhead } from './late-commits.ts';
import type { Log } from './log.ts';
import type { Written } from './written.ts';

/** Puts right what is stored when the clock was set back: whoever is called in five minutes is not to wait for an hour and five. */
export interface SetBacks {
  /** Of somebody who starts: what was noticed before and not put right is put right now. */
  readonly start: () => Promise<void>;
  /** The clock showed `from`, and now shows `to`. */
  readonly notice: (from: Instant, to: Instant) => void;
  /** Noticed, and not put right yet. */
  readonly isPending: () => boolean;
  /** Called again and again: how the clock goes on while it is pending. */
  readonly look: (now: Instant) => void;
  /** @returns up to when all is right by the clock as it is now; undefined when it has to be tried again */
  readonly putRight: (now: Instant) => Promise<Instant | undefined>;
  /**
   * All is well: what others have put right by now has nothing to do with what is noticed later.
   * @returns whether something may still come that was decided by the clock of before
   */
  readonly allIsWell: () => Promise<boolean>;
  /** Puts right what has come since; where nothing of a set-back is known, the clock was ahead until then. */
  readonly putRightLate: (wasAheadUntil: Instant) => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  /** What this process has written since all was well last. */
  readonly written: Written;
  /** False when the stream could not be told, and may be the next time. */
  readonly tell: (
    stream: { readonly id: StreamId; readonly kind: StreamName },
    setBack: NonNullable<ClockTick['setBack']>,
  ) => Promise<boolean>;
  readonly signOfLife: (at: Instant) => Promise<void>;
  readonly log: Log;
}

/** As the store has it for all who share it: what one has put right is not moved once more by another. */
interface SetBack {
  /** The last time that was seen by the clock of before, and the first by the clock as it is now. */
  readonly from: Instant;
  readonly to: Instant;
  readonly isSeenTo: boolean;
  /** The last time that was seen by any clock before, where that is later than `from`. */
  readonly last?: Instant;
}

interface Pending extends Pick<SetBack, 'from' | 'to'> {
  /** This process noticed, and knows whatever it has written since. */
  readonly isOwn: boolean;
  /** From when on others are waited for. */
  waitsSince: Instant;
  lastLook: Instant;
  /** Between what times the clock has gone on since: it may be set back once more. */
  lowest: Instant;
  highest: Instant;
  /** The clock was set forward again before all was put right. */
  isUndone: boolean;
}

const setBackMark = 'clock-set-back';
/**
 * Whoever has not read the clock that all share since it was set back decides nothing by it for longer than its lease
 * holds, of which this is a little more. Before, it would take what is brought forward for something long overdue, and
 * call everybody.
 */
const allHaveNoticed: Milliseconds = 13_000;
/** What was set so shortly before it was noticed may have been set by the clock as it is now. */
const doubt: Milliseconds = 10_000;
const together = 100;

export function createSetBacks({ store, clock, written, tell, signOfLife, log }: Parts): SetBacks {
  const isShared = store.time() !== undefined;
  let pending: Pending | undefined;
  /** The mark of the last one that was put right before all was well. */
  let known: string | undefined;
  let ahead: SetAhead = new Map();

  function begin(from: Instant, to: Instant, isOwn: boolean): void {
    const now = clock.now();
    const [lowest, highest] = [Math.min(to, now), Math.max(to, now)];
    pending = { from, to, isOwn, waitsSince: now, lastLook: now, lowest, highest, isUndone: false };
  }

  async function putRight(present: Pending): Promise<boolean> {
    const setBack = await agreeOn(present);
    const mark = write({ ...setBack, isSeenTo: true });
    if (present.isUndone) log.warn({}, 'the clock was set forward again before all was put right');
    else {
      if (isShared && !setBack.isSeenTo && clock.now() < present.waitsSince + allHaveNoticed) return false;
      await store.hastenOutbox(setBack.from - setBack.to, latestOf(present) + newsworthy);
      if (!(await tellAll(present, setBack))) return false;
      // In this order: whoever starts and finds that it was put right finds a sign of life by the clock as it is now, too.
      await signOfLife(present.highest);
    }
    await store.writeMark(setBackMark, mark);
    known = mark;
    return true;
  }

  /** The first who notices says what it is for all. */
  async function agreeOn({ from, to, highest }: Pending): Promise<SetBack> {
    const mark = await store.readMark(setBackMark);
    const marked = mark === undefined ? undefined : read(mark);
    if (marked && mark !== known && marked.to <= highest + doubt) return marked;
    const last = lastOf(marked);
    const setBack = { from, to, isSeenTo: false, ...(last > from && { last }) };
    await store.writeMark(setBackMark, write(setBack));
    return setBack;
  }

  async function tellAll(present: Pending, setBack: SetBack): Promise<boolean> {
    const { from, to } = setBack;
    const open = await store.listStreams('incident', { openOnly: true });
    let areAllTold = true;
    for (let next = 0; next < open.length; next += together) {
      const told = await Promise.all(
        open.slice(next, next + together).map(({ id, kind }) => {
          const right = rightTimes(id, present, setBack);
          return tell({ id, kind }, { by: from - to, since: from, ...(right && { right }) });
        }),
      );
      // Nobody of so many: the rest would fare no better.
      if (!told.includes(true)) return false;
      areAllTold &&= !told.includes(false);
    }
    return areAllTold;
  }

  /** The clock as it is now has shown nothing later. */
  function latestOf({ highest }: Pending): Instant {
    return Math.max(highest, clock.now());
  }

  function rightTimes(id: StreamId, present: Pending, { to }: SetBack): RightTimes | undefined {
    const { isOwn, lowest } = present;
    const latest = latestOf(present);
    const isKnown = isOwn && !isShared;
    if (isKnown && !written.has(id)) return undefined;
    // What others have written is not known: the shorter this is, the less of what was set long before is taken for new.
    const margin = isKnown ? newsworthy : doubt;
    return { from: Math.min(to, lowest) - margin, to: latest + margin };
  }

  return {
    start: async () => {
      known = await store.readMark(setBackMark);
      const marked = known === undefined ? undefined : read(known);
      if (!marked || marked.isSeenTo) return;
      known = undefined;
      begin(marked.from, marked.to, false);
    },
    notice: (from, to) => {
      begin(from, to, true);
      // Later ones are all of the clock as it is now.
      for (const [id, at] of written) if (at > from - newsworthy) written.delete(id);
    },
    isPending: () => pending !== undefined,
    look: (now) => {
      if (!pending) return;
      const passed = now - pending.lastLook;
      pending.lastLook = now;
      const back = pending.from - pending.to;
      if (passed > newsworthy && Math.abs(passed - back) < newsworthy) pending.isUndone = true;
      if (passed < -newsworthy) pending.waitsSince = now;
      pending.lowest = Math.min(pending.lowest, now);
      pending.highest = Math.max(pending.highest, now);
    },
    putRight: async (now) => {
      if (!pending) return now;
      const present = pending;
      if (!(await putRight(present))) return undefined;
      pending = undefined;
      return present.isUndone ? now : present.highest;
    },
    allIsWell: async () => {
      written.clear();
      if (!isShared) return false;
      const isStillOurs = store.lease();
      try {
        const mark = await store.readMark(setBackMark);
        if (mark === undefined || !read(mark).isSeenTo || !isStillOurs() || pending) return false;
        known = mark;
        return lastOf(read(mark)) > clock.now() + newsworthy;
      } catch (error) {
        log.error({ error }, 'what others have put right could not be read');
        return false;
      }
    },
    putRightLate: async (wasAheadUntil) => {
      const since = known === undefined ? wasAheadUntil : read(known).from;
      ahead = await putRightLate({ store, clock, tell, since, before: ahead });
    },
  };
}

/** Up to this time something may be stored that is still to come. */
function lastOf(setBack: SetBack | undefined): Instant {
  return Math.max(setBack?.from ?? 0, setBack?.last ?? 0);
}

function write(setBack: SetBack): string {
  return JSON.stringify(setBack);
}

function read(mark: string): SetBack {
  return JSON.parse(mark) as SetBack;
}
