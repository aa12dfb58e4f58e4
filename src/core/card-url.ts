import type { StreamId } from './stream.ts';

/** An address for people to open, and what they find there. */
export interface Whereabouts {
  /** The conversation in which the card is about to be is all that is known before Slack has it. */
  readonly what: 'card' | 'conversation';
  readonly url: string;
}

/**
 * Where people find the card of a stream, as far as that is known at this moment: whoever pages does not ask, and does
 * not wait.
 * @param state the stream's, read a moment ago
 */
export type CardUrl = (stream: StreamId, state: unknown) => Whereabouts | undefined;
