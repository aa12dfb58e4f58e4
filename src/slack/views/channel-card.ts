import { subjectOf } from '../../core/channel/cards.ts';
import type { Channel } from '../../core/channel/state.ts';
import type { Instant } from '../../core/time.ts';
import type { View } from './blocks.ts';
import { driftCard } from './drift-card.ts';
import { healthCard } from './health-card.ts';

/**
 * One of a channel's cards, by its name.
 * @throws when the channel no longer knows what it is about; the outbox withholds such a card
 */
export function channelCard(channel: Channel, card: string, now: Instant): View {
  const subject = subjectOf(channel, card);
  if (!subject) throw new Error(`${channel.name} has no card “${card}”`);
  return subject.kind === 'health'
    ? healthCard(channel, subject.health, now)
    : driftCard(channel, subject.drift, now);
}
