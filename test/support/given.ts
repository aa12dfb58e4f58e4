import { expect } from 'vitest';
import { lastgood, type Actor, type Role } from '../../src/core/actor.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import type { Context, Recorded, StreamId, StreamKind, StreamName, Tell } from '../../src/core/stream.ts';
import type { Milliseconds } from '../../src/core/time.ts';
import { loadPolicies } from '../../src/policies/load.ts';
import { sayProblems } from '../../src/policies/problem.ts';
import { examplePolicies } from '../../src/sandbox/example-policies.ts';

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;

/** When every example begins; its times are counted from here. */
export const start = Date.parse('2026-11-22T03:00:00Z');

const loaded = await loadPolicies(examplePolicies);
if (!loaded.ok) throw new Error(sayProblems(loaded.problems));
/** The policies of the example shop: Ana is on call for checkout, then Ben, then Dana. */
export const policies: Policies = loaded.policies;

export const ana = person('ana', 'Ana Ruiz', 'responder');
export const ben = person('ben', 'Ben Okafor', 'responder', 'approver');
export const dana = person('dana', 'Dana Levi', 'approver', 'lead');
/** Somebody who is not in the roster. */
export const stranger = person(undefined, 'Sam Stranger');
export const alertmanager: Actor = { kind: 'source', name: 'Alertmanager' };

export function person(key: string | undefined, name: string, ...roles: readonly Role[]): Actor {
  return { kind: 'person', person: key, name, roles, via: 'slack' };
}

/** What is looked at of an expected event: its type, or as much of it as matters. */
type Sketch<Event extends { readonly type: string }> = Event['type'] | (Partial<Event> & Pick<Event, 'type'>);

interface Expected<Event extends { readonly type: string }> {
  /** All of them, in order. */
  readonly events?: readonly Sketch<Event>[];
  readonly tells?: readonly Record<string, unknown>[];
  readonly effects?: readonly Sketch<Effect>[];
  /** Counted from `start`. */
  readonly wakeAt?: Milliseconds | undefined;
}

interface Circumstances {
  /** Counted from `start`; left out: when the last thing happened. */
  readonly at?: Milliseconds;
  /** Left out: Lastgood itself. */
  readonly by?: Actor;
  readonly policies?: Policies;
}

/** One stream, and what has happened to it so far. */
export interface Example<State, Wish, Event extends { readonly type: string }> {
  readonly state: State;
  /** Everything so far. */
  readonly log: readonly Recorded<Event>[];
  /** What the last intent led to. */
  readonly events: readonly Recorded<Event>[];
  readonly tells: readonly Tell[];
  readonly effects: readonly Effect[];
  readonly wakeAt: Milliseconds | undefined;
  readonly when: (intent: Wish, circumstances?: Circumstances) => Example<State, Wish, Event>;
  readonly leadsTo: (expected: Expected<Event>) => Example<State, Wish, Event>;
}

/** Which store it is. */
export const storeId = 'k3x9w2';

const ids: Readonly<Record<StreamName, StreamId>> = {
  incident: 'INC-1',
  operation: 'OP-1',
  channel: 'channel:shop/stable',
  freeze: 'freeze:production',
};

/** A stream of that kind with this history; every `when` decides, evolves and stores as the engine does. */
export function given<State, Wish, Event extends { readonly type: string }>(
  kind: StreamKind<State, Wish, Event>,
  ...history: readonly Event[]
): Example<State, Wish, Event> {
  const id = ids[kind.name];
  const log: Recorded<Event>[] = [];
  let state: State | undefined;
  for (const event of history) {
    const recorded = { ...event, seq: log.length + 1, at: start, by: lastgood };
    log.push(recorded);
    state = stored(kind.evolve(state, recorded, id));
  }
  return exampleOf(kind, state, log, 0, { events: [], tells: [], effects: [] });
}

function exampleOf<State, Wish, Event extends { readonly type: string }>(
  kind: StreamKind<State, Wish, Event>,
  state: State | undefined,
  log: readonly Recorded<Event>[],
  now: Milliseconds,
  last: Pick<Example<State, Wish, Event>, 'events' | 'tells' | 'effects'>,
): Example<State, Wish, Event> {
  const wake = state === undefined ? undefined : kind.wakeAt(state);
  const example: Example<State, Wish, Event> = {
    ...last,
    log,
    wakeAt: wake === undefined ? undefined : wake - start,
    get state() {
      if (state === undefined) throw new Error('nothing has opened this stream');
      return state;
    },
    when: (intent, { at = now, by = lastgood, policies: current = policies } = {}) => {
      const context: Context = {
        policies: current,
        id: ids[kind.name],
        nextOperation: ids.operation,
        storeId,
      };
      const message = { at: start + at, by, intent };
      const decision = kind.decide(state, message, context);
      let after = state;
      const events: Recorded<Event>[] = [];
      const effects: Effect[] = [];
      for (const event of decision.events) {
        const recorded = { ...event, seq: log.length + events.length + 1, at: message.at, by };
        after = stored(kind.evolve(after, recorded, context.id));
        events.push(recorded);
        effects.push(...kind.effects(after, recorded, current));
      }
      const { tells } = decision;
      return exampleOf(kind, after, [...log, ...events], at, { events, tells, effects });
    },
    leadsTo: (expected) => {
      if (expected.events) expect(last.events).toMatchObject(expected.events.map(sketched));
      if (expected.effects) expect(last.effects).toMatchObject(expected.effects.map(sketched));
      if (expected.tells) expect(last.tells).toMatchObject(expected.tells);
      if ('wakeAt' in expected) expect(example.wakeAt).toBe(expected.wakeAt);
      return example;
    },
  };
  return example;
}

function sketched(sketch: string | object): object {
  return typeof sketch === 'string' ? { type: sketch } : sketch;
}

/** As the store gives it back. */
function stored<State>(state: State): State {
  return JSON.parse(JSON.stringify(state)) as State;
}
