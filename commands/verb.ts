import type { Actor } from '../src/core/actor.ts';
import type { Answer } from '../src/core/answer.ts';
import type { Channel } from '../src/core/channel/state.ts';
import type { Freeze } from '../src/core/freeze/state.ts';
import type { Incident } from '../src/core/incident/state.ts';
import type { Intent } from '../src/core/intent.ts';
import type { Operation } from '../src/core/operation/state.ts';
import type { Policies } from '../src/core/policies/policies.ts';
import type { Address, StreamId } from '../src/core/stream.ts';
import type { Instant } from '../src/core/time.ts';

/**
 * What a verb may look at: who asks, when, the policies, and what is stored at this moment. What is stored is read when
 * a verb looks at it, and the verb is asked again then: take it apart no earlier than it is needed.
 */
export interface Asking {
  readonly at: Instant;
  readonly by: Actor;
  readonly policies: Policies;
  /** The worst first, as many as somebody can look at. */
  readonly openIncidents: readonly Incident[];
  /** How many more are open. */
  readonly moreIncidents: number;
  readonly channels: readonly Channel[];
  readonly openOperations: readonly Operation[];
  /** Production is frozen. */
  readonly freeze: Freeze | undefined;
}

/**
 * What a verb asks for: an intent for the core, an answer that can be given at once, the story of an incident (which
 * has to be read from its events), or an operation as it stands, also one that has ended.
 */
export type Ask =
  | { readonly kind: 'intent'; readonly to: Address; readonly intent: Intent }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'story'; readonly incident: StreamId; readonly as: 'timeline' | 'postmortem' }
  | { readonly kind: 'show'; readonly operation: StreamId }
  /** What came over a wire, by the id that it is kept under. */
  | { readonly kind: 'received'; readonly id: string }
  /** The bot looks at itself and at everything that it needs. */
  | { readonly kind: 'doctor' };

export type ArgumentKind =
  | 'channel'
  | 'version'
  | 'version-or-last-good'
  | 'incident'
  | 'operation'
  | 'plan-hash'
  | 'outcome'
  | 'severity'
  | 'service'
  | 'flag'
  | 'text';

/** One word of a command line; a `flag` is its own name, and `text` takes the rest of the line and comes last. */
export interface Argument {
  readonly name: string;
  readonly kind: ArgumentKind;
  readonly required: boolean;
}

/**
 * One verb. Its Slack command, its help and its manifest entry all come from this definition.
 * `values` holds what was typed, already checked for its kind; an optional argument may be missing.
 */
export interface Verb {
  /** `rollback`, or `incident` and `ack`. */
  readonly command: string;
  readonly word: string | undefined;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly example: string;
  /** What its slash command says when nothing stands behind it; `with-usage`: and what could stand there. */
  readonly alone?: 'as-it-is' | 'with-usage';
  readonly ask: (values: Readonly<Record<string, string>>, asking: Asking) => Ask;
}
