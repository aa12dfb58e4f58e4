import type { Settled } from '../core/effect.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { OutboxRow } from '../store/store.ts';

/** What is overdue already is not left alone for longer than this. */
const whenOverdue: Milliseconds = 5_000;

/**
 * Nobody tries it any more. A step that was begun is asked about also after its deadline, to stop it and to see how it
 * ended: whoever carries it is told that it is overdue, and says when it is enough.
 */
export function isOverdue(row: OutboxRow, now: Instant): boolean {
  return now >= row.deadlineAt && !(row.effect.type === 'step.run' && hasBegun(row));
}

/** Tried until its time was over. What may have happened is not called failed. */
export function givenUp(row: OutboxRow): Settled {
  const tries = `${row.attempts} ${row.attempts === 1 ? 'try' : 'tries'}`;
  const last = row.lastError ?? row.receipt['note'];
  const why =
    row.attempts === 0
      ? 'its time was over before it could be sent'
      : `gave up after ${tries}${last === undefined ? '' : `: ${last}`}`;
  return hasBegun(row)
    ? { status: 'unknown', why, receipt: row.receipt }
    : { status: 'failed', why, begun: false };
}

/** Nobody waits past the deadline to be told that it has passed. */
export function nextTry(row: OutboxRow, now: Instant, wait: Milliseconds): Instant {
  if (now < row.deadlineAt) return Math.min(now + wait, row.deadlineAt);
  return isOverdue(row, now) ? now : now + Math.min(wait, whenOverdue);
}

/** It may be at work out there. */
export function hasBegun({ mayHaveHappened, receipt }: OutboxRow): boolean {
  return mayHaveHappened || Object.keys(receipt).length > 0;
}

export const longestBackoff: Milliseconds = 30_000;

/** 0.5 s, 1 s, 2 s, … at most 30 s, each between half and the whole of it. */
export function backoff(attempts: number, random: number): Milliseconds {
  const whole = Math.min(longestBackoff, 500 * 2 ** Math.min(attempts, 10));
  return Math.round(whole / 2 + (whole / 2) * random);
}

/**
 * As long as was asked for, and until the second is full: of many that were put off together each comes again at the same
 * moment, and then the worst goes first.
 */
export function untilTheSecond(now: Instant, wait: Milliseconds): Milliseconds {
  return Math.ceil((now + wait) / 1_000) * 1_000 - now;
}
