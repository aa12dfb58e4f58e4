import { nothing, type Context, type Decision, type Tell } from '../stream.ts';
import type { ChannelEvent } from './event.ts';
import type { Of } from './intent.ts';
import { atStake } from './last-good.ts';
import { standsAgainst } from './request-promotion.ts';
import type { Channel } from './state.ts';
import { suspects } from './suspect.ts';

/** Read again at execution: an approval is worth nothing when the channel has moved on since. */
export function begin(
  state: Channel | undefined,
  message: Of<'channel.begin'>,
  context: Context,
): Decision<ChannelEvent> {
  const { operation, from, promotion } = message.intent;
  // It is asked to proceed when the promotion that holds the channel has let go.
  if (state?.next?.operation === operation) return nothing;
  const to = { kind: 'operation', id: operation } as const;
  const voided = (why: string, more: readonly Tell[] = []): Decision<ChannelEvent> => {
    return { events: [], tells: [...more, { to, intent: { type: 'operation.void', why } }] };
  };
  const stake = state && atStake(state);
  if (state?.lock?.operation !== operation) return voided(`${operation} no longer holds the channel.`);
  if (stake?.version !== from) {
    return voided(`${stake?.version ?? 'nothing'} is live now, the plan was made for ${from}.`);
  }
  const against = promotion && standsAgainst(state, promotion, context);
  if (against) {
    const { lock } = state;
    const text = `Void: “${lock.reason}”, which ${lock.name} had asked for, does not begin while this incident is open. Nothing was changed.`;
    const notes = against.concerns.flatMap(({ code, key }): readonly Tell[] => {
      if (code !== 'frozen') return [];
      const note = { operation, progress: 'closed', kind: 'promote', text, loud: false } as const;
      return [{ to: { kind: 'incident', id: key }, intent: { type: 'incident.note-operation', ...note } }];
    });
    return voided(against.why, notes);
  }
  const begun: ChannelEvent = { type: 'channel.begun', operation };
  const told = promotion ? suspects(state, [begun], message, context) : [];
  return { events: [begun], tells: [...told, { to, intent: { type: 'operation.begin' } }] };
}
