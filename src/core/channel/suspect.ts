import type { Actor } from '../actor.ts';
import type { Suspect } from '../incident/event.ts';
import type { ChannelPolicy } from '../policies/channels.ts';
import type { Context, Message, Recorded, Tell } from '../stream.ts';
import type { Instant } from '../time.ts';
import { openDrift, runsSince } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import { lastGood } from './last-good.ts';
import { policyOf } from './place.ts';
import { evolveChannel, livePeriod, type Channel } from './state.ts';

/** Open incidents learn what is live now. */
export function suspects(
  state: Channel | undefined,
  events: readonly ChannelEvent[],
  message: Message<unknown>,
  context: Context,
): readonly Tell[] {
  const changed = after(state, events, message, context);
  if (!changed) return [];
  // An operation that outlives its channel's policy is still brought to its end.
  const policy = policyOf(context);
  if (!policy) return [];
  const suspect = suspectOf(changed, policy, message.at);
  return Object.keys(changed.incidents).map((incident) => ({
    to: { kind: 'incident', id: incident },
    intent: { type: 'incident.name-suspect', suspect },
  }));
}

export function suspectOf(state: Channel, policy: ChannelPolicy, at: Instant): Suspect | undefined {
  const live = livePeriod(state);
  const promotion = unsettled(state);
  // What was deployed behind our back is what people suffer from.
  const drift = openDrift(state, 'reality');
  return (
    live && {
      live: drift?.found ?? live.version,
      liveSince: drift ? runsSince(drift) : live.from,
      lastGood: lastGood(state, policy.healthy_after, at),
      cameBy: drift ? 'deploy' : (state.moves.at(-1)?.cause ?? 'set'),
      ...(promotion && { promotion }),
      // A deployment that was told since then is what runs.
      ...(state.doubt && !promotion && !drift && { doubt: state.doubt.operation }),
    }
  );
}

/** A promotion that is bringing another version than the one that is recorded as live, or has failed to. */
function unsettled(state: Channel): Suspect['promotion'] {
  const { lock, doubt } = state;
  const bringing = lock?.kind === 'promote' && lock.begunAt !== undefined ? lock : undefined;
  const version = bringing?.to ?? doubt?.version;
  if (version === undefined || version === livePeriod(state)?.version) return undefined;
  return { version, isOver: !bringing || doubt?.operation === bringing.operation };
}

/** The state as it will be. */
export function after(
  state: Channel | undefined,
  events: readonly ChannelEvent[],
  message: Message<unknown>,
  context: Context,
): Channel | undefined {
  return events.reduce<Channel | undefined>(
    (before, event) => evolveChannel(before, recorded(event, message.by, message.at), context.id),
    state,
  );
}

function recorded(event: ChannelEvent, by: Actor, at: Instant): Recorded<ChannelEvent> {
  return { ...event, seq: 0, at, by };
}
