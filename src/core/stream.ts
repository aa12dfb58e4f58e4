import type { Actor } from './actor.ts';
import type { Effect } from './effect.ts';
import type { Intent } from './intent.ts';
import type { Policies } from './policies/policies.ts';
import type { Instant } from './time.ts';

/** `INC-12`, `OP-7`, `channel:shop/stable`: the unit of locking and of history. */
export type StreamId = string;
export type StreamName = 'incident' | 'operation' | 'channel' | 'freeze';

/** Where a stream stands: the number of its events, and the hash of the newest, with which no other history ends. */
export interface StreamEnd {
  readonly id: StreamId;
  readonly version: number;
  readonly hash: string;
}

/**
 * Where an intent goes: to a stream by its id, to whatever open stream answers to an alias (or to a new one, when
 * `open` says so), or to a new stream.
 */
export type Address =
  | { readonly kind: StreamName; readonly id: StreamId }
  | { readonly kind: StreamName; readonly alias: string; readonly open: boolean };

/** An intent on its way: what somebody wants, who, and when. Time and ids come in with it; the core knows neither. */
export interface Message<Wish> {
  readonly at: Instant;
  readonly by: Actor;
  readonly intent: Wish;
}

/** What a decision may look at besides its own stream. */
export interface Context {
  readonly policies: Policies;
  /** The stream's own id, given also to one that is about to be opened. */
  readonly id: StreamId;
  /** The next free operation id, for channels, which open operations. It is used up only if a tell goes to it. */
  readonly nextOperation: StreamId;
  /** Tells the numbers of this store from those of any other: part of every key that leaves the house. */
  readonly storeId: string;
}

/** An intent for another stream, decided in the same transaction. */
export interface Tell {
  readonly to: Address;
  readonly intent: Intent;
  /** On whose behalf; the sender of the intent being decided when left out. */
  readonly by?: Actor;
}

export interface Decision<Event> {
  readonly events: readonly Event[];
  readonly tells: readonly Tell[];
}

/** An event as it is stored: its place in its stream, when, and by whom. */
export type Recorded<Event> = Event & { readonly seq: number; readonly at: Instant; readonly by: Actor };

/** Whether an effect that was stored a while ago should still be carried out. */
export type Wanted = { readonly wanted: true } | { readonly wanted: false; readonly why: string };

/**
 * One kind of stream. All of it is pure: `decide` judges an intent, `evolve` folds an event into the state,
 * `effects` says what an event makes happen outside, `wakeAt` when the clock has to be asked again.
 */
export interface StreamKind<State, Wish, Event> {
  readonly name: StreamName;
  readonly decide: (state: State | undefined, message: Message<Wish>, context: Context) => Decision<Event>;
  readonly evolve: (state: State | undefined, event: Recorded<Event>, id: StreamId) => State;
  readonly effects: (state: State, event: Recorded<Event>, policies: Policies) => readonly Effect[];
  readonly wakeAt: (state: State) => Instant | undefined;
  /** The name under which an open stream can be found; undefined once it is closed. */
  readonly alias: (state: State) => string | undefined;
  /** By which open streams are shown, the lowest first, when there are too many to show all. */
  readonly rank: (state: State) => string;
  /** Asked again before each attempt at an effect. `begun`: an earlier one has, or may have, taken effect already. */
  readonly wanted: (state: State, effect: Effect, now: Instant, begun?: boolean) => Wanted;
}

export const nothing: Decision<never> = { events: [], tells: [] };

/** One event, and nobody else has to hear of it. */
export function only<Event>(event: Event): Decision<Event> {
  return { events: [event], tells: [] };
}
