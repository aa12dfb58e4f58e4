import { severities } from '../core/severity.ts';
import type { Instant } from '../core/time.ts';
import type { Outstanding } from '../store/store.ts';
import { labelOfRows } from './kind-of-effect.ts';
import type { Metrics } from './metrics.ts';

/** How things stand at this moment, as far as the store says. */
export interface Standing {
  /** By the clock of what is stored. */
  readonly at: Instant;
  readonly outstanding: Outstanding;
  readonly operations: readonly { readonly kind: string; readonly status: string }[];
}

/**
 * Sets what is read from the store. When it cannot be read, these are absent: an old number would look like a good one.
 * @param standing undefined when the store did not answer
 */
export function showStanding(metrics: Metrics, standing: Standing | undefined): void {
  const { outbox, outboxOldest, inbox, inboxOldest, overdue, overdueOldest } = metrics;
  const { openIncidents, openOperations, frozen } = metrics;
  for (const each of [outbox, outboxOldest, inbox, inboxOldest, openIncidents, openOperations]) each.reset();
  for (const each of [overdue, overdueOldest, frozen]) each.remove();
  metrics.storeUp.set(standing ? 1 : 0);
  if (!standing) return;

  const { at, outstanding, operations } = standing;
  const age = (since: Instant): number => Math.max(0, at - since) / 1_000;
  const oldest = new Map<string, Instant>();
  for (const rows of outstanding.effects) {
    const effect = labelOfRows(rows);
    outbox.inc({ effect, status: rows.status }, rows.count);
    oldest.set(effect, Math.min(oldest.get(effect) ?? rows.oldest, rows.oldest));
  }
  for (const [effect, since] of oldest) outboxOldest.set({ effect }, age(since));
  for (const { source, count, oldest: first } of outstanding.inbox) {
    inbox.inc({ source: metrics.source(source) }, count);
    inboxOldest.set({ source: metrics.source(source) }, age(first));
  }
  const { wakes } = outstanding;
  overdue.set(wakes.count);
  overdueOldest.set(wakes.earliest === undefined ? 0 : age(wakes.earliest));
  for (const severity of severities) openIncidents.set({ severity }, 0);
  for (const { kind, rank, count } of outstanding.open)
    if (kind === 'incident' && isSeverity(rank)) openIncidents.set({ severity: rank }, count);
  frozen.set(outstanding.open.some(({ kind }) => kind === 'freeze') ? 1 : 0);
  for (const { kind, status } of operations) openOperations.inc({ kind, status });
}

function isSeverity(rank: string): boolean {
  return severities.some((severity) => severity === rank);
}
