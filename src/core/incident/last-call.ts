import type { Recorded } from '../stream.ts';
import type { IncidentEvent, PlannedPage } from './event.ts';
import { followingCall } from './ladder.ts';
import type { Incident } from './state.ts';

type RungFired = Recorded<Extract<IncidentEvent, { type: 'rung.fired' }>>;

/** The rung that was called last. */
export interface LastCall {
  readonly rung: number;
  readonly round: number;
  readonly pages: readonly PlannedPage[];
  /** The event that called it; calls of earlier versions, or of an earlier climb, do not say. */
  readonly seq?: number;
  /** It was called once more, since it had reached nobody. */
  readonly again?: true;
  /** One of its pages was delivered, or somebody has acknowledged. */
  readonly reached?: true;
  /** One of its pages was withheld, since all alerts had resolved. */
  readonly lost?: true;
}

export function callOf({ rung, round, pages, seq, again }: RungFired): LastCall {
  return { rung, round, pages, seq, ...(again && { again }) };
}

/** That much is known of a page: of the last call only. */
export function withOutcome(
  last: LastCall | undefined,
  page: string,
  outcome: Pick<LastCall, 'reached' | 'lost'>,
): LastCall | undefined {
  return last?.seq === causeOf(page) ? { ...last, ...outcome } : last;
}

/** It went to nobody because there was nothing to call for. */
export function isLost({ lost, reached }: LastCall): boolean {
  return lost === true && !reached;
}

/**
 * What comes after a call. Whoever is called again has all their time again, once: an alert that flaps while no page gets
 * out would call the same rung for ever.
 */
export function nextAfter(
  { ladder, lastCall, nextCall }: Pick<Incident, 'ladder' | 'lastCall' | 'nextCall'>,
  event: RungFired,
): Incident['nextCall'] {
  if (event.again && lastCall?.again) return nextCall;
  return followingCall(ladder, event, event.dueAt ?? event.at, event.at);
}

/** An effect is known by the event that caused it: the page `INC-1/4.2` by the fourth. */
export function causeOf(page: string): number {
  return Number.parseInt(page.slice(page.lastIndexOf('/') + 1), 10);
}
