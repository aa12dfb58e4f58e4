import { isPage, meansOf } from '../core/effect.ts';
import type { Instant } from '../core/time.ts';
import type { OutboxRow } from '../store/store.ts';
import { labelOfEffect } from './kind-of-effect.ts';
import type { AttemptOutcome, Metrics } from './metrics.ts';

/** An effect's turn is over: it is settled, or waits for another. A page that went out says how long that took. */
export function countAttempt(
  metrics: Metrics,
  { effect, stream, createdAt }: OutboxRow,
  change: { readonly status?: OutboxRow['status']; readonly lastError?: string | undefined },
  now: Instant,
): void {
  const label = labelOfEffect(effect);
  metrics.attempts.inc({ effect: label, outcome: outcomeOf(change) });
  // What belongs to no incident (a warning about the roster) calls nobody.
  if (change.status !== 'done' || stream === undefined || !isPage(effect) || label === 'pagerduty.end')
    return;
  const { severity } = effect;
  metrics.pageSeconds.observe({ pager: meansOf(effect), severity }, Math.max(0, now - createdAt) / 1_000);
}

function outcomeOf({ status, lastError }: Parameters<typeof countAttempt>[2]): AttemptOutcome {
  switch (status) {
    case 'done':
    case 'failed':
    case 'unknown':
    case 'withheld':
      return status;
    default:
      return lastError === undefined ? 'running' : 'retried';
  }
}
