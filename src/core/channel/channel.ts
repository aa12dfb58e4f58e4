import type { StreamKind } from '../stream.ts';
import { decideChannel } from './decide.ts';
import { channelEffects, channelWants } from './effects.ts';
import type { ChannelEvent } from './event.ts';
import type { ChannelIntent } from './intent.ts';
import { evolveChannel, type Channel } from './state.ts';

/** A release channel of an app: what is live there, what was, and who holds it. */
export const channelKind: StreamKind<Channel, ChannelIntent, ChannelEvent> = {
  name: 'channel',
  decide: decideChannel,
  evolve: evolveChannel,
  effects: channelEffects,
  wakeAt: () => undefined,
  // Channels are never closed; their id is known, so nobody looks one up by another name.
  alias: (state) => state.name,
  rank: () => '',
  wanted: channelWants,
};
