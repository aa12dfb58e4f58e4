import type { Actor } from './actor.ts';
import type { Answer } from './answer.ts';
import type { ReplyTo } from './effect.ts';
import type { Intent } from './intent.ts';
import type { Address, StreamEnd, StreamId } from './stream.ts';
import type { Instant } from './time.ts';

/** An intent, addressed: what edges hand to the engine. */
export interface Envelope {
  readonly to: Address;
  readonly at: Instant;
  readonly by: Actor;
  readonly intent: Intent;
}

export interface SubmitOptions {
  /** The inbox item this comes from: settled in the same transaction, so that it is handled exactly once. */
  readonly settles?: string;
  /** Others that were read together with it: they are settled, or not, with it. */
  readonly alsoSettles?: readonly string[];
  /** Why the item could not be understood: it is settled as quarantined, and kept. */
  readonly quarantined?: string;
  /** Where to tell the sender what came of it; stored as an effect in the same transaction. */
  readonly reply?: ReplyTo;
  /** Kept with its answer in the same transaction, so that asking again is answered the same and does nothing. */
  readonly once?: Once;
}

/** A request that its sender may repeat. */
export interface Once {
  /** Who sends it and under which key: `api/ana-laptop/…`. */
  readonly id: string;
  /** What is asked for, to the letter, or its hash: another request under the same id is a mistake. */
  readonly request: string;
  readonly at: Instant;
}

/** What came of an intent. */
export interface Submitted {
  /** The stream that decided, or the operation that this led to; undefined when nothing was opened. */
  readonly stream: StreamId | undefined;
  readonly answer: Answer;
  /** Set when `once` had been used before: nothing was done, and this is the request of then, with its answer. */
  readonly repeated?: string;
  /** The intents that changed nothing, where the stream that they met has not moved by another one either. */
  readonly unmoved?: ReadonlyMap<Envelope, Unmoved>;
}

/** What an intent met that changed nothing: a stream, where it stood. */
export interface Unmoved extends StreamEnd {
  /** When its clock is asked again. */
  readonly wakeAt: Instant | undefined;
}

/** Decides an intent and stores what follows from it; resolves when that is durable. */
export type Submit = (envelope: Envelope, options?: SubmitOptions) => Promise<Submitted>;

/** Settles an inbox item that leads to no intent (a question, a wrong word), with its answer as an effect. */
export type AnswerOnly = (answer: Answer, options: SubmitOptions) => Promise<Submitted>;
