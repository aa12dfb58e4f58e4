import type { Instant } from '../core/time.ts';
import type { KindOfEffect, OutboxRow, Store } from '../store/store.ts';
import { isKnown } from './known-effects.ts';

export interface DueHere {
  readonly due: readonly OutboxRow[];
  /** When the first of those is overdue that are left to others. */
  readonly unknownUntil: Instant;
}

export const nothingDue: DueHere = { due: [], unknownUntil: Infinity };

const lowestPriority = Number.MIN_SAFE_INTEGER;

/**
 * What is due, and known here. While replicas are replaced, or after a downgrade, there may be effects that only a newer
 * version knows: they are left to that one until their time is over, and however many they are they hide nothing else.
 */
export async function dueHere(
  store: Pick<Store, 'outboxDue'>,
  now: Instant,
  limit: number,
  otherThan: readonly KindOfEffect[],
): Promise<DueHere> {
  const due = await store.outboxDue(now, limit, otherThan);
  const unknown = due.filter(({ effect, deadlineAt }) => !isKnown(effect.type) && now < deadlineAt);
  if (unknown.length === 0) return { due, unknownUntil: Infinity };
  const types = new Set(unknown.map(({ effect }) => effect.type));
  const theirs = [...types].map((type) => ({ type, priority: lowestPriority }));
  const known = await dueHere(store, now, limit, [...otherThan, ...theirs]);
  const overdue = due.filter((row) => types.has(row.effect.type) && !unknown.includes(row));
  const until = Math.min(...unknown.map(({ deadlineAt }) => deadlineAt), known.unknownUntil);
  return { due: [...overdue, ...known.due], unknownUntil: until };
}
