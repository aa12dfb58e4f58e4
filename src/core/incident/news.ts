import type { Severity } from '../severity.ts';
import type { Instant } from '../time.ts';
import { hasRested } from './call-again.ts';
import type { IncidentEvent } from './event.ts';
import { isOpen, operationUnderWay, type Incident } from './state.ts';

/** An alert that did not fire until now. */
export interface News {
  readonly severity: Severity;
  readonly title: string;
}

/** What Lastgood says itself has one fingerprint for all of a source: in other words it is something else. */
export function isOwn(fingerprint: string): boolean {
  return fingerprint.startsWith('lastgood:');
}

/**
 * Whoever has acknowledged has said so of what they knew. It does not hold for what comes when all of that has long been
 * over, nor, where the policy sets it no end, for what comes when it should have been resolved.
 * @param worst the worst of what is new
 */
export function endAcknowledgement(
  state: Incident,
  worst: News | undefined,
  at: Instant,
): readonly IncidentEvent[] {
  const { acknowledged, clearedAt, clocks } = state;
  if (!isOpen(state) || !acknowledged || !worst) return [];
  const after = at - acknowledged.at;
  const rested = hasRested(state, at) && clearedAt !== undefined ? { rested: at - clearedAt } : undefined;
  const isForgotten =
    acknowledged.expiresAt === undefined && after >= clocks.resolveWithin && !operationUnderWay(state);
  if (!rested && !isForgotten) return [];
  const news = { title: worst.title, ...rested };
  return [{ type: 'acknowledgement.expired', name: acknowledged.by, after, news }];
}
