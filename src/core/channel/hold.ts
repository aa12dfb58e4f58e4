import { liftCommand } from '../freeze/state.ts';
import { nothing, type Context, type Decision, type Tell } from '../stream.ts';
import { sayBetween, type Instant } from '../time.ts';
import type { ChannelEvent, Tried } from './event.ts';
import type { Of } from './intent.ts';
import { atStake } from './last-good.ts';
import { moveTo } from './moves.ts';
import { livePeriod, type Channel } from './state.ts';
import { after, suspects } from './suspect.ts';

export function move(
  state: Channel | undefined,
  message: Of<'channel.move'>,
  context: Context,
): Decision<ChannelEvent> {
  const {
    operation,
    version,
    source,
    reason,
    actor,
    from = state && livePeriod(state)?.version,
  } = message.intent;
  const moved = {
    type: 'channel.moved',
    to: version,
    from,
    ...(source === undefined ? { cause: 'rollback' as const } : { cause: 'promote' as const, source }),
    reason,
    actor,
    operation,
    verified: true,
    since: undefined,
  } as const;
  return moveTo(state, moved, message, context);
}

export function release(
  state: Channel | undefined,
  message: Of<'channel.release'>,
  context: Context,
): Decision<ChannelEvent> {
  const { operation, outcome, touched, why } = message.intent;
  const released: ChannelEvent = { type: 'channel.released', operation };
  if (state?.next?.operation === operation) return { events: [released], tells: [] };
  if (state?.lock?.operation !== operation) return nothing;
  // A rollback that fails does not rid the channel of what a promotion had brought.
  const { version, broughtAt } =
    state.lock.kind === 'promote'
      ? { version: state.lock.to, broughtAt: state.lock.begunAt }
      : (state.doubt ?? {});
  const brought = version === undefined ? {} : { version, broughtAt };
  const tried = triedSoFar(state, operation, why);
  const more = { ...brought, ...(tried.length > 0 ? { tried } : {}) };
  const doubted: readonly ChannelEvent[] =
    touched && outcome !== 'done'
      ? [{ type: 'channel.doubted', operation, why, begunAt: state.lock.begunAt, ...more }]
      : [];
  // An unknown outcome keeps the lock until a person has looked. A rollback that waits for it keeps waiting, too: what
  // nobody knows may still be at work out there, and would undo the rollback as soon as that is through. To say how it
  // ended takes one click of whoever has looked, and the rollback may be approved meanwhile.
  if (outcome === 'unknown') {
    return { events: doubted, tells: suspectsIfUnsure(state, doubted, message, context) };
  }
  const { next } = state;
  const ended = [released, ...doubted];
  const told = outcome === 'done' ? [] : suspectsIfUnsure(state, ended, message, context);
  if (!next) return { events: ended, tells: told };
  const to = { kind: 'operation', id: next.operation } as const;
  const afterwards = after(state, ended, message, context);
  const stake = afterwards && atStake(afterwards)?.version;
  if (stake !== next.from) {
    const left = `${operation} has ended, and ${stake ?? 'nothing'} is live; this plan was made to leave ${next.from}. Ask again for what is still wanted.`;
    return { events: ended, tells: [...told, { to, intent: { type: 'operation.void', why: left } }] };
  }
  const { from: _left, ...lock } = next;
  return {
    events: [...ended, { type: 'channel.locked', kind: 'rollback', ...lock }],
    tells: [...told, { to, intent: { type: 'operation.proceed' } }],
  };
}

/** Whoever goes to the same version again should know that it was tried. */
function triedSoFar({ lock, doubt }: Channel, operation: string, why: string): readonly Tried[] {
  const before = doubt?.tried ?? [];
  if (lock?.kind !== 'rollback') return before;
  return [...before.filter(({ version }) => version !== lock.to), { version: lock.to, operation, why }];
}

/** The operation that holds the channel waits: what it was bringing, it does not bring yet. */
export function noteHold(
  state: Channel | undefined,
  message: Of<'channel.note-hold'>,
  context: Context,
): Decision<ChannelEvent> {
  const { operation, begun, frozen } = message.intent;
  if (state?.lock?.operation !== operation) return nothing;
  const { kind, begunAt, frozen: wasFrozen = false } = state.lock;
  const hadBegun = begunAt !== undefined;
  if (hadBegun === begun && wasFrozen === frozen) return nothing;
  const noted: ChannelEvent = { type: 'hold.noted', operation, begun, frozen };
  const told = kind === 'promote' && hadBegun && !begun ? suspects(state, [noted], message, context) : [];
  return { events: [noted], tells: told };
}

/** `OP-7 (roll back to 1.4.2, by Ana Ruiz) has held shop/stable for 5m.`, and what to do about it. */
export function sayHeld(state: Channel, at: Instant): string {
  const { name, lock } = state;
  if (!lock) return '';
  const held = `${lock.operation} (${lock.reason}, by ${lock.name}) has held ${name} for ${sayBetween(lock.since, at)}.`;
  return `${held} ${howToFree(state)}`;
}

export function howToFree({ lock, doubt, next }: Channel): string {
  if (next)
    return `${next.operation} (${next.reason}, by ${next.name}) goes next. Approve or withdraw that first.`;
  if (lock !== undefined && doubt?.operation === lock.operation)
    return 'Nobody knows how it ended: look, and say so on its card.';
  if (lock?.frozen) {
    const lifted = `when two people have said that production may go on (${liftCommand})`;
    return lock.begunAt === undefined
      ? `It is approved, production is frozen, and it begins ${lifted}. For something else, withdraw it first.`
      : `Production is frozen, and it is held between two steps: it goes on ${lifted}. For something else, abort it first.`;
  }
  return lock?.begunAt === undefined
    ? 'Approve or withdraw it first.'
    : 'It is running: wait until it has ended, or abort it first.';
}

/** Another version may run by now than the one that is recorded as live: whoever handles an incident has to know. */
function suspectsIfUnsure(
  state: Channel,
  events: readonly ChannelEvent[],
  message: Of<'channel.release'>,
  context: Context,
): readonly Tell[] {
  const { lock } = state;
  const isUnsure = events.some(({ type }) => type === 'channel.doubted');
  return isUnsure || (lock?.kind === 'promote' && lock.begunAt !== undefined)
    ? suspects(state, events, message, context)
    : [];
}
