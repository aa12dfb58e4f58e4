import { sayActor } from '../actor.ts';
import { anyRole, lacksPermission } from '../permission.ts';
import { refuse } from '../refusal.ts';
import { nothing, type Context, type Decision } from '../stream.ts';
import { openDrift } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import { mereReporter } from './hearsay.ts';
import { howToFree } from './hold.ts';
import type { Of } from './intent.ts';
import { moveTo, type Moved } from './moves.ts';
import { place } from './place.ts';
import { livePeriod, type Channel } from './state.ts';

export function setVersion(
  state: Channel | undefined,
  message: Of<'channel.set'>,
  context: Context,
): Decision<ChannelEvent> {
  const { version, reason } = message.intent;
  const { app, channel } = place(context);
  const what = `set ${app}/${channel} to ${version}`;
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return { events: [lacking], tells: [] };
  const live = state && livePeriod(state);
  const toldBy = mereReporter(message.by, app, context.policies);
  // What is known by hearsay alone may be said again by somebody who answers for it.
  const isHeard = live?.toldBy !== undefined && toldBy === undefined;
  const isCertain = !state?.doubt && !openDrift(state, 'reality') && !isHeard;
  if (live?.version === version && isCertain) {
    return {
      events: [refuse('version-live', what, `${version} is live on ${app}/${channel} already.`)],
      tells: [],
    };
  }
  if (state?.lock) {
    return {
      events: [
        refuse(
          'channel-locked',
          what,
          `${state.lock.operation} (${state.lock.reason}) holds ${state.name}. ${howToFree(state)}`,
        ),
      ],
      tells: [],
    };
  }
  const moved: Moved = {
    type: 'channel.moved',
    to: version,
    from: live?.version,
    cause: 'set',
    reason,
    actor: sayActor(message.by),
    operation: undefined,
    verified: false,
    since: undefined,
    ...(toldBy === undefined ? {} : { toldBy }),
  };
  return moveTo(state, moved, message, context);
}

/** The registry's history becomes ours once, when the channel is new here. */
export function importMoves(
  state: Channel | undefined,
  message: Of<'channel.import'>,
): Decision<ChannelEvent> {
  if (state && state.periods.length > 0) return nothing;
  let from: string | undefined;
  const events = message.intent.moves.map((row): ChannelEvent => {
    const moved: ChannelEvent = {
      type: 'channel.moved',
      to: row.version,
      from,
      cause: 'import',
      reason: row.reason,
      actor: row.actor,
      operation: undefined,
      verified: false,
      since: row.at,
    };
    from = row.version;
    return moved;
  });
  return { events, tells: [] };
}
