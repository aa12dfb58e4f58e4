import { isSamePerson } from '../actor.ts';
import { anyRole, lacksPermission, takesPerson } from '../permission.ts';
import { refuse, type Refusal, type RefusalCode } from '../refusal.ts';
import { voiced } from '../refusals.ts';
import { settleNamedCard } from '../settle-card.ts';
import { nothing, only, type Context, type Decision, type Message, type Tell } from '../stream.ts';
import type { FreezeEvent } from './event.ts';
import type { FreezeIntent } from './intent.ts';
import { liftersBesides, liftRoles, liftsTogether, sayLifters } from './lifters.ts';
import { confirmed, inForce, liftCommand, sayFreeze, type FreezeSwitch } from './state.ts';

type Of<Type extends FreezeIntent['type']> = Message<Extract<FreezeIntent, { readonly type: Type }>>;

/** One person freezes, two people lift: what stops is easy, and what lets go is not. */
export function decideFreeze(
  state: FreezeSwitch | undefined,
  message: Message<FreezeIntent>,
  context: Context,
): Decision<FreezeEvent> {
  const { intent } = message;
  switch (intent.type) {
    case 'freeze.begin':
      return begin(state, { ...message, intent }, context);
    case 'freeze.lift':
      return lift(state, { ...message, intent }, context);
    case 'freeze.ask':
      return ask(state, { ...message, intent });
    case 'freeze.leave': {
      const { operation } = intent;
      const waits = inForce(state)?.waiting.some((each) => each.operation === operation);
      return waits ? only({ type: 'freeze.lets-go', operation }) : nothing;
    }
    case 'effect.settled': {
      const { effect, outcome } = intent;
      if (effect.type !== 'slack.card' || effect.card === undefined) return nothing;
      return settleNamedCard(state?.cards, effect.card, effect, outcome);
    }
    case 'clock.tick':
    case 'effect.progressed':
      return nothing;
    default:
      return intent satisfies never;
  }
}

function begin(
  state: FreezeSwitch | undefined,
  message: Of<'freeze.begin'>,
  { policies }: Context,
): Decision<FreezeEvent> {
  const { by, at, intent } = message;
  const what = 'freeze production';
  const lacking = lacksPermission(by, anyRole, what);
  if (lacking) return refused(state, lacking, message);
  const said = { name: by.name, reason: intent.reason, lifters: liftersBesides(policies, []) };
  const freeze = inForce(state);
  if (!freeze) {
    const waiting = intent.open.map((each) => ({ ...each, ready: false }));
    const told = { type: 'operation.freeze', name: by.name, reason: intent.reason, since: at } as const;
    return {
      events: [{ type: 'production.frozen', ...said, waiting }],
      tells: waiting.map(({ operation }) => ({ to: { kind: 'operation', id: operation }, intent: told })),
    };
  }
  if (confirmed(freeze, at).length > 0)
    return only({ type: 'production.frozen', ...said, again: true, waiting: [] });
  const why = `${sayFreeze(freeze)}. It stays so until two people have lifted that.`;
  return refused(state, refuse('no-change', what, why), message);
}

function lift(
  state: FreezeSwitch | undefined,
  message: Of<'freeze.lift'>,
  { policies }: Context,
): Decision<FreezeEvent> {
  const { by, at, intent } = message;
  const what = 'unfreeze production';
  const no = (code: RefusalCode, why: string): Decision<FreezeEvent> =>
    refused(state, refuse(code, what, why), message);
  const lacking = takesPerson(by, what) ?? lacksPermission(by, liftRoles(policies), what);
  if (lacking) return refused(state, lacking, message);
  const freeze = inForce(state);
  if (!freeze) return no('not-open', 'Production is not frozen; every approved step may begin.');
  if (intent.freeze !== undefined && intent.freeze !== freeze.id)
    return no(
      'not-open',
      `What you saw has been lifted. Since then: ${sayFreeze(freeze)}. Look at its card, or say ${liftCommand}.`,
    );
  const before = confirmed(freeze, at).map((each) => each.by);
  if (before.some((other) => isSamePerson(other, by))) {
    const left = sayLifters(liftersBesides(policies, before), before.length);
    return no(
      'already-voted',
      `You have confirmed already; a person counts once. Still to confirm: ${left}.`,
    );
  }
  const all = [...before, by];
  const confirmedNow: FreezeEvent = {
    type: 'lift.confirmed',
    name: by.name,
    reason: intent.reason,
    count: all.length,
    needed: liftsTogether,
    left: liftersBesides(policies, all),
  };
  if (all.length < liftsTogether) return only(confirmedNow);
  const names = all.map(({ name }) => name);
  const ready = freeze.waiting.filter((each) => each.ready);
  return {
    events: [confirmedNow, { type: 'production.thawed', names, ready }],
    tells: freeze.waiting.map(({ operation }) => mayBegin(operation, names)),
  };
}

/** An operation that is about to begin, or could be later, learns whether it may. */
function ask(state: FreezeSwitch | undefined, { intent }: Of<'freeze.ask'>): Decision<FreezeEvent> {
  const { type: _ask, ...waiting } = intent;
  const { operation, ready } = waiting;
  const freeze = inForce(state);
  if (!freeze) return { events: [], tells: ready ? [mayBegin(operation)] : [] };
  const known = freeze.waiting.find((each) => each.operation === operation);
  const { name, reason, since } = freeze;
  return {
    events: known?.ready === ready ? [] : [{ type: 'freeze.holds', ...waiting }],
    tells: [
      { to: { kind: 'operation', id: operation }, intent: { type: 'operation.freeze', name, reason, since } },
    ],
  };
}

function mayBegin(id: string, lifted: readonly string[] = []): Tell {
  return { to: { kind: 'operation', id }, intent: { type: 'operation.thaw', lifted } };
}

function refused(
  state: FreezeSwitch | undefined,
  refusal: Refusal,
  { by, at }: Message<FreezeIntent>,
): Decision<FreezeEvent> {
  return only(voiced(refusal, state?.refusals, by, at));
}
