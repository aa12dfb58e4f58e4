import type { Policies } from '../core/policies/policies.ts';
import type { Instant } from '../core/time.ts';
import { outboxRow } from '../engine/decide.ts';
import type { InboxItem, Store } from '../store/store.ts';

/** What was accepted and cannot be understood is kept, and people are told: it may have been an alert. */
export async function quarantine(
  store: Store,
  policies: Policies,
  item: InboxItem,
  why: string,
  at: Instant,
): Promise<void> {
  const to = policies.notifications.conversations['emergency'] ?? '';
  const text =
    `Something from ${item.source} could not be understood, so nobody was paged for it: ${why} ` +
    `It is kept as ${item.id}. Look at its sender now.`;
  const effect = { type: 'page.slack', person: undefined, to, text, severity: 'P1' } as const;
  await store.transact(async (transaction) => {
    await transaction.settleInbox(item.id, 'quarantined', why);
    await transaction.enqueue([outboxRow(`quarantine/${item.id}`, undefined, at, effect)]);
  });
}
