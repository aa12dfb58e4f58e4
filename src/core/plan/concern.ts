import type { Severity } from '../severity.ts';

/** Something that speaks against a promotion. A lead may lift it, by name and with a reason. */
export interface Concern {
  /** By which it is known again when the promotion begins: the incident's id, or the code and what else makes it this one. */
  readonly key: string;
  readonly code:
    'frozen' | 'channel-uncertain' | 'channel-locked' | 'not-observed' | 'health-failed' | 'rolled-back';
  /** In a few words, without a full stop: `frozen by INC-1 (P0) on shop/stable`. */
  readonly fact: string;
  /** Of an incident that freezes. */
  readonly severity?: Severity;
}

/** Whether a lead has had this lifted: this very thing, and no worse than it was then. */
export function isLifted({ key, severity }: Concern, lifts: readonly Concern[]): boolean {
  const lift = lifts.find((each) => each.key === key);
  if (!lift) return false;
  return severity === undefined || lift.severity === undefined || lift.severity <= severity;
}

/** `frozen by INC-1 (P0) on shop/stable; the last health report of 1.6.0 on shop/canary failed` */
export function sayConcerns(concerns: readonly Concern[]): string {
  return concerns.map(({ fact }) => fact).join('; ');
}

/** The same, as a sentence. */
export function sentenceOf(concerns: readonly Concern[]): string {
  const facts = sayConcerns(concerns);
  return `${facts.charAt(0).toUpperCase()}${facts.slice(1)}.`;
}
