import { sayDuration, type Instant, type Milliseconds } from '../core/time.ts';
import type { Store } from '../store/store.ts';

/** What is tried again for a moment is nothing to report. */
const worthSaying: Milliseconds = 60_000;
const counted = 1_000;

/**
 * What should have gone out and does not, in a line; nothing when all is well. Steps are not meant: their cards say how
 * far they are.
 */
export async function backlogNotes(store: Store, now: Instant): Promise<readonly string[]> {
  const waiting = (await store.outboxDue(now + worthSaying, counted)).filter(
    ({ effect, lastError, createdAt }) =>
      effect.type !== 'step.run' && lastError !== undefined && now - createdAt >= worthSaying,
  );
  const first = waiting.reduce((oldest, { createdAt }) => Math.min(oldest, createdAt), now);
  if (waiting.length === 0) return [];
  const count = `${waiting.length}${waiting.length === counted ? ' or more' : ''}`;
  return [
    `Pages and messages do not go out: ${count} wait to be tried again, the first for ${sayDuration(now - first)}; the log says why`,
  ];
}
