import type { Context, Message } from '../stream.ts';
import type { IncidentEvent } from './event.ts';
import { evolveIncident } from './evolve.ts';
import type { IncidentIntent } from './intent.ts';
import type { Incident } from './state.ts';
import { tick } from './tick.ts';

/** Rungs that are due at this moment are called in the same decision. */
export function withDueCalls(
  state: Incident,
  events: readonly IncidentEvent[],
  message: Message<IncidentIntent>,
  context: Context,
): readonly IncidentEvent[] {
  const now = fold(state, events, message, context);
  if (!now) return events;
  const calls = tick(now, { ...message, intent: { type: 'clock.tick', down: undefined } }, context);
  return [...events, ...calls];
}

/** The state as it will be, for decisions that depend on their own events. */
export function fold(
  state: Incident | undefined,
  events: readonly IncidentEvent[],
  message: Pick<Message<unknown>, 'at' | 'by'>,
  context: Context,
): Incident | undefined {
  return events.reduce<Incident | undefined>(
    (before, event) =>
      evolveIncident(before, { ...event, seq: 0, at: message.at, by: message.by }, context.id),
    state,
  );
}
