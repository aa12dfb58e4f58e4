import { sayActor } from '../actor.ts';
import { anyRole, lacksPermission } from '../permission.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { nothing, type Context, type Decision } from '../stream.ts';
import { sayDate } from '../time.ts';
import { openDrift, type Drift } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import { mereReporter } from './hearsay.ts';
import { sayHeld } from './hold.ts';
import type { Of } from './intent.ts';
import { madeUp, moveTo, settle, type Moved } from './moves.ts';
import { place } from './place.ts';
import { livePeriod, type Channel } from './state.ts';
import { suspects } from './suspect.ts';

/** The registry file was read: does it name what we do? Only what others wrote into it is compared. */
export function compareRegistry(
  state: Channel | undefined,
  message: Of<'registry.compare'>,
  context: Context,
): Decision<ChannelEvent> {
  const { found, missed = [] } = message.intent;
  const live = state && livePeriod(state)?.version;
  const drift = openDrift(state, 'file');
  if (found === live) {
    // Back where the backup was: nobody has to decide anything, and what was rolled back in between stays so.
    const moves = missed.at(-1)?.to === live ? missed.map(madeUp) : [];
    const events = [...(drift ? [settle(drift, 'agrees', live)] : []), ...moves];
    return { events, tells: moves.length === 0 ? [] : suspects(state, events, message, context) };
  }
  const isKnown = drift?.found === found && (missed.length === 0 || drift?.missed !== undefined);
  if (drift && isKnown) return nothing;
  const unknown = missed.length === 0 ? (drift?.missed ?? []) : missed;
  const noticed: ChannelEvent = {
    type: 'drift.noticed',
    side: 'file',
    cause: 'edited',
    found,
    ours: live,
    url: undefined,
    deployment: undefined,
    operation: undefined,
    ...(unknown.length === 0 ? {} : { missed: unknown }),
  };
  return { events: [...(drift ? [settle(drift, 'overtaken', live)] : []), noticed], tells: [] };
}

/** A person takes a side: what the others say is recorded, or the file is written again. */
export function takeSide(
  state: Channel | undefined,
  message: Of<'drift.take'>,
  context: Context,
): Decision<ChannelEvent> {
  const { app, channel } = place(context);
  const drift = state?.drifts?.find(({ id }) => id === message.intent.drift);
  const theirs = message.intent.side === 'theirs';
  const what = theirs
    ? `record ${drift?.found ?? 'that'} as live on ${app}/${channel}`
    : `keep ${drift?.ours ?? 'our records'} for ${app}/${channel}`;
  const refused = (refusal: Refusal): Decision<ChannelEvent> => ({ events: [refusal], tells: [] });
  const lacking = lacksPermission(message.by, anyRole, what);
  if (lacking) return refused(lacking);
  if (!state || !drift || drift.settled) {
    const now = state && livePeriod(state)?.version;
    const why = `This is settled already; ${now ?? 'nothing'} is recorded as live. To see all channels: /channels.`;
    return refused(refuse('not-open', what, why));
  }
  if (theirs && drift.found !== undefined) {
    if (state.lock) {
      return refused(refuse('channel-locked', what, sayHeld(state, message.at)));
    }
    const toldBy = mereReporter(message.by, app, context.policies);
    const moved: Moved = {
      type: 'channel.moved',
      to: drift.found,
      from: livePeriod(state)?.version,
      cause: 'set',
      reason: reasonFor(drift),
      actor: sayActor(message.by),
      operation: undefined,
      verified: false,
      since: undefined,
      ...(toldBy === undefined ? {} : { toldBy }),
    };
    return moveTo(state, moved, message, context, [settle(drift, 'recorded', drift.found)]);
  }
  if (!theirs && drift.side === 'file') {
    return { events: [settle(drift, 'kept', livePeriod(state)?.version)], tells: [] };
  }
  const why = theirs
    ? `The registry file names no version for ${state.name}. To say which is live: /channels set ${channel} <version> <reason>.`
    : `Other records do not change what runs there. To go back: /rollback ${channel} ${drift.ours ?? 'last-good'} <reason>.`;
  return refused(refuse('no-change', what, why));
}

function reasonFor({ side, by, since }: Drift): string {
  return side === 'file'
    ? `drift: the registry file says so since ${sayDate(since)}`
    : `drift: it is what runs, said ${by} at ${sayDate(since)}`;
}
