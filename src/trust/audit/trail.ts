import type { StreamId } from '../../core/stream.ts';
import type { ChainEntry } from './chain.ts';

/** An event, its place among those of all streams, and its link to the one before it in its own. */
export interface ChainedEvent extends ChainEntry {
  /** Ascending within a stream; over all of them in the order of writing, with gaps. */
  readonly pos: number;
  /** The hash that is stored with the event before it; undefined where there is none. */
  readonly prev: string | undefined;
  /** Undefined when a version of Lastgood has written it that knew no chain. */
  readonly hash: string | undefined;
}

/** A stream's version and newest hash as they stand beside its state, and its newest event. */
export interface StreamEnd {
  readonly id: StreamId;
  readonly version: number;
  /** Undefined while a version of Lastgood writes there that knows no chain. */
  readonly hash: string | undefined;
  readonly newest: { readonly seq: number; readonly hash: string | undefined } | undefined;
}

/** All events in one order, and the heads that are sealed over them. What is read is durable. */
export interface AuditTrail {
  /**
   * A position at or below which no event appears any more: whoever reads up to there has read all. Waits for writers
   * that are on their way. What an older version wrote without a hash is chained first.
   */
  readonly settled: () => Promise<number>;
  /** Those behind a position, in order. */
  readonly events: (after: number, limit: number) => Promise<readonly ChainedEvent[]>;
  /** Of the streams behind an id, in an order of the store's own; '' is before all. */
  readonly ends: (after: StreamId, limit: number) => Promise<readonly StreamEnd[]>;
  /** Heads behind a number, in order, as they were added. */
  readonly heads: (after: number, limit: number) => Promise<readonly string[]>;
  readonly newestHead: () => Promise<string | undefined>;
  /** False, and nothing is stored, when there is one of that number. */
  readonly addHead: (number: number, head: string) => Promise<boolean>;
}
