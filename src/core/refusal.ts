import type { Instant } from './time.ts';

/**
 * Why something was refused. A refusal is an event, so that a denied attempt reaches the timeline; `why` says what
 * the person can do instead.
 */
export interface Refusal {
  readonly type: 'request.refused';
  readonly code: RefusalCode;
  /** What was asked for, in a few words: `approve OP-7`. */
  readonly what: string;
  readonly why: string;
  /** One of many by the same person: it is told to nobody else. */
  readonly quiet?: true;
  /** The last of many that is told to everybody: until then, the next ones are not. */
  readonly quietUntil?: Instant;
}

export type RefusalCode =
  | 'not-in-roster'
  | 'role-missing'
  | 'person-needed'
  | 'self-approval'
  | 'already-voted'
  | 'too-late'
  | 'plan-changed'
  | 'not-open'
  | 'no-change'
  | 'channel-locked'
  | 'channel-uncertain'
  | 'version-unknown'
  | 'version-live'
  | 'no-last-good'
  | 'nothing-live'
  | 'not-promotable'
  | 'frozen'
  | 'not-observed'
  | 'health-failed'
  | 'rolled-back';

export function refuse(code: RefusalCode, what: string, why: string): Refusal {
  return { type: 'request.refused', code, what, why };
}
