import { lastgood, type Actor } from '../../src/core/actor.ts';
import type { Channel } from '../../src/core/channel/state.ts';
import type { Effect, EffectOf, Settled } from '../../src/core/effect.ts';
import { freezeId, inForce, sayFreeze, type FreezeSwitch } from '../../src/core/freeze/state.ts';
import type { Incident } from '../../src/core/incident/state.ts';
import type { Intent } from '../../src/core/intent.ts';
import type { Operation } from '../../src/core/operation/state.ts';
import type { Policies } from '../../src/core/policies/policies.ts';
import { replyFor, type Happened } from '../../src/core/reply.ts';
import type { Tell } from '../../src/core/stream.ts';
import type { Milliseconds } from '../../src/core/time.ts';
import { kindOf, kindOfStream } from '../../src/engine/kinds.ts';
import { policies as shipped, start, storeId } from './given.ts';

interface Outstanding {
  readonly id: string;
  readonly stream: string;
  readonly effect: EffectOf<'step.run'>;
  begun: boolean;
}

/** Several streams that tell each other things, decided and evolved as the engine does it, and nothing stored. */
export interface Streams {
  /** @param at counted from the start; never goes back */
  readonly say: (id: string, intent: Intent, by: Actor, at: Milliseconds) => readonly Happened[];
  /** The same, as whoever asked is told. */
  readonly ask: (id: string, intent: Intent, by: Actor, at: Milliseconds) => string;
  readonly channel: (id: string) => Channel;
  readonly operation: (id: string) => Operation;
  readonly incident: (id: string) => Incident;
  readonly freeze: () => FreezeSwitch;
  readonly operations: () => readonly Operation[];
  /** Steps that were decided and have not been settled. */
  readonly outstanding: () => readonly Outstanding[];
  /** As the outbox does it: asks first whether the step is still wanted, and sends it out. */
  readonly send: (step: Outstanding, at: Milliseconds) => void;
  readonly settle: (step: Outstanding, outcome: Settled, at: Milliseconds) => void;
  /** Wakes every stream whose time has come. */
  readonly wake: (at: Milliseconds) => void;
  /** The policies are edited. */
  readonly adopt: (policies: Policies) => void;
}

export function streams(from: Policies = shipped): Streams {
  let policies = from;
  const states = new Map<string, unknown>();
  const outstanding: Outstanding[] = [];
  let operations = 0;

  function say(id: string, intent: Intent, by: Actor, after: Milliseconds): readonly Happened[] {
    const at = start + after;
    const happened: Happened[] = [];
    const queue: Tell[] = [{ to: { kind: kindOfStream(id), id }, intent, by }];
    for (let tell = queue.shift(); tell; tell = queue.shift()) {
      const { to } = tell;
      // Who tells an incident by another name than its id would have to look for it.
      if (!('id' in to)) throw new Error(`${to.alias} is looked for`);
      const kind = kindOf(to.kind);
      const nextOperation = `OP-${operations + 1}`;
      const teller = tell.by ?? by;
      const decision = kind.decide(
        states.get(to.id),
        { at, by: teller, intent: tell.intent },
        { policies, id: to.id, nextOperation, storeId },
      );
      for (const event of decision.events) {
        const seq = happened.length + 1;
        const recorded = { ...event, seq, at, by: teller };
        if (to.id === nextOperation && event.type === 'operation.planned') operations += 1;
        states.set(to.id, stored(kind.evolve(states.get(to.id), recorded, to.id)));
        for (const effect of kind.effects(states.get(to.id), recorded, policies)) note(to.id, effect);
        happened.push({ stream: to.id, event: recorded });
      }
      queue.unshift(...decision.tells.map((each) => ({ ...each, by: each.by ?? teller })));
    }
    return happened;
  }

  function note(stream: string, effect: Effect): void {
    if (effect.type !== 'step.run') return;
    outstanding.push({ id: `${stream}.${effect.step + 1}`, stream, effect, begun: false });
  }

  function settle(step: Outstanding, outcome: Settled, at: Milliseconds): void {
    outstanding.splice(outstanding.indexOf(step), 1);
    const { id, stream, effect } = step;
    say(stream, { type: 'effect.settled', id, effect, outcome }, lastgood, at);
  }

  return {
    say,
    ask: (id, intent, by, at) => {
      const { title, lines } = replyFor(say(id, intent, by, at));
      return [title, ...lines].join('\n');
    },
    channel: (id) => states.get(id) as Channel,
    operation: (id) => states.get(id) as Operation,
    incident: (id) => states.get(id) as Incident,
    freeze: () => states.get(freezeId) as FreezeSwitch,
    operations: () => Array.from({ length: operations }, (_, n) => states.get(`OP-${n + 1}`) as Operation),
    outstanding: () => [...outstanding],
    send: (step, at) => {
      const kind = kindOf('operation');
      const wanted = kind.wanted(states.get(step.stream), step.effect, start + at, step.begun);
      const freeze = inForce(states.get(freezeId) as FreezeSwitch | undefined);
      if (wanted.wanted && freeze && !step.begun)
        settle(step, { status: 'withheld', why: sayFreeze(freeze), frozen: true }, at);
      else if (wanted.wanted) step.begun = true;
      else settle(step, { status: 'withheld', why: wanted.why }, at);
    },
    settle,
    adopt: (changed) => {
      policies = changed;
    },
    wake: (at) => {
      for (const [id, state] of states) {
        const due = kindOf(kindOfStream(id)).wakeAt(state);
        if (due !== undefined && due <= start + at)
          say(id, { type: 'clock.tick', down: undefined }, lastgood, at);
      }
    },
  };
}

/** As the store gives it back. */
function stored<State>(state: State): State {
  return JSON.parse(JSON.stringify(state)) as State;
}
