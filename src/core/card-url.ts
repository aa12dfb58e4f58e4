import type { StreamId } from './stream.ts';

/**
 * Where people find the card of a stream, or the conversation in which it is about to be, as far as that is known at
 * this moment: whoever pages does not ask, and does not wait.
 * @param state the stream's, read a moment ago
 */
export type CardUrl = (stream: StreamId, state: unknown) => string | undefined;
