import { nothing, type Decision, type Message } from '../stream.ts';
import { askSwitch, noteHold, startStep, tellSwitchToForget } from './carry-out.ts';
import type { OperationEvent } from './event.ts';
import type { OperationIntent } from './intent.ts';
import type { Operation } from './state.ts';
import { askToBegin, waitedInVain, waitsUntil } from './turn.ts';

/** Something of it may still begin by itself; of what nobody knows how it ended, nothing does. */
export function mayHaveToWait({ status }: Operation): boolean {
  return status === 'awaiting-approval' || status === 'approved' || status === 'running';
}

/** Production is frozen: what is under way goes on to the end of its step, and the rest waits. */
export function freeze(
  state: Operation,
  intent: Extract<OperationIntent, { type: 'operation.freeze' }>,
): Decision<OperationEvent> {
  const { id, plan, status } = state;
  // Whoever froze saw it before it had ended.
  if (!mayHaveToWait(state)) return { events: [], tells: [tellSwitchToForget(id)] };
  if (state.frozen !== undefined) return nothing;
  const { name, reason, since } = intent;
  const frozen: OperationEvent = {
    type: 'operation.frozen',
    name,
    reason,
    since,
    running: status === 'running',
    ...(state.held === undefined ? {} : { held: true }),
  };
  // Whoever lifts it has to know that this one goes on by itself.
  const tells = status === 'approved' ? [noteHold(state, false, true), askSwitch(id, plan, true)] : [];
  return { events: [frozen], tells };
}

/** Production is not frozen, or no longer: what waited for that alone goes on. */
export function thaw(
  state: Operation,
  { at, intent }: Message<Extract<OperationIntent, { type: 'operation.thaw' }>>,
): Decision<OperationEvent> {
  const { id, plan, status, frozen, held, waitsFor } = state;
  const running = status === 'running';
  const events: readonly OperationEvent[] =
    frozen === undefined && held === undefined
      ? []
      : [{ type: 'operation.thawed', running, lifted: intent.lifted ?? [] }];
  if (running && held !== undefined)
    return { events: [...events, startStep(state, held)], tells: [noteHold(state, true, false)] };
  if (status !== 'approved' || waitsFor !== undefined) return { events, tells: [] };
  if (at >= waitsUntil(state)) return waitedInVain(state);
  return { events, tells: [askToBegin(id, plan)] };
}
