import type { Operation } from '../core/operation/state.ts';
import type { Refusal } from '../core/refusal.ts';
import type { AnyEvent } from '../core/reply.ts';
import type { StreamWrite } from '../store/store.ts';
import type { Metrics } from './metrics.ts';

/** How an operation ends that nobody carried out. */
const unbegun = {
  'operation.rejected': 'rejected',
  'operation.withdrawn': 'withdrawn',
  'operation.expired': 'expired',
  'operation.voided': 'void',
} as const;

/** What happened in one transaction, as numbers: of what streams tell, only what is from a list of the program's own. */
export function countEvents(metrics: Metrics, writes: readonly StreamWrite[]): void {
  const refused = new Map<string, Refusal>();
  for (const { state, events } of writes)
    for (const { data } of events) {
      const event = data as AnyEvent;
      // What an operation refuses is on record in its incident, too.
      if (event.type === 'request.refused') refused.set(event.what, event);
      else countEvent(metrics, event, state);
    }
  for (const { code, what } of refused.values()) {
    metrics.refusals.inc({ code });
    if (what.startsWith('approve ')) metrics.approvals.inc({ result: 'refused' });
  }
}

function countEvent(metrics: Metrics, event: AnyEvent, state: unknown): void {
  switch (event.type) {
    case 'incident.opened':
      metrics.incidents.inc({ severity: event.severity });
      return;
    case 'approval.given':
      metrics.approvals.inc({ result: 'given' });
      return;
    case 'operation.finished':
      metrics.operations.inc({ kind: planKind(state), outcome: event.outcome });
      return;
    case 'operation.rejected':
    case 'operation.withdrawn':
    case 'operation.expired':
    case 'operation.voided':
      if (event.type === 'operation.rejected') metrics.approvals.inc({ result: 'rejected' });
      metrics.operations.inc({ kind: planKind(state), outcome: unbegun[event.type] });
      return;
    default:
  }
}

function planKind(state: unknown): string {
  return (state as Operation).plan.kind;
}
