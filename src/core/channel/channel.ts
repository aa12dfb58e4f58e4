import type { Effect } from '../effect.ts';
import type { Recorded, StreamKind } from '../stream.ts';
import { decideChannel } from './decide.ts';
import type { ChannelEvent } from './event.ts';
import type { ChannelIntent } from './intent.ts';
import { evolveChannel, type Channel } from './state.ts';

/** A release channel of an app: what is live there, what was, and who holds it. */
export const channelKind: StreamKind<Channel, ChannelIntent, ChannelEvent> = {
  name: 'channel',
  decide: decideChannel,
  evolve: evolveChannel,
  effects: (_state, event) => channelEffects(event),
  wakeAt: () => undefined,
  // Channels are never closed; their id is known, so nobody looks one up by another name.
  alias: (state) => state.name,
  wanted: () => ({ wanted: true }),
};

function channelEffects(event: Recorded<ChannelEvent>): readonly Effect[] {
  // An import came out of the file; writing it back would only change its time.
  return event.type === 'channel.moved' && event.cause !== 'import' ? [{ type: 'registry.publish' }] : [];
}
