import type { Actor } from './actor.ts';
import type { Answer } from './answer.ts';
import type { ReplyTo } from './effect.ts';
import type { Intent } from './intent.ts';
import type { Address, StreamId } from './stream.ts';
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
  /** Where to tell the sender what came of it; stored as an effect in the same transaction. */
  readonly reply?: ReplyTo;
}

/** What came of an intent. */
export interface Submitted {
  /** The stream that decided; undefined when nothing was opened. */
  readonly stream: StreamId | undefined;
  readonly answer: Answer;
}

/** Decides an intent and stores what follows from it; resolves when that is durable. */
export type Submit = (envelope: Envelope, options?: SubmitOptions) => Promise<Submitted>;

/** Settles an inbox item that leads to no intent (a question, a wrong word), with its answer as an effect. */
export type AnswerOnly = (answer: Answer, options: SubmitOptions) => Promise<void>;
