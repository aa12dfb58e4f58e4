import type { EffectSettled } from '../effect.ts';
import { noteCard, settleNamedCard, type NamedCardEvent, type NamedCards } from '../settle-card.ts';
import type { Decision } from '../stream.ts';
import { openDrifts, runningVersion } from './drift-state.ts';
import type { ChannelEvent } from './event.ts';
import { healthOf } from './health-state.ts';
import type { Channel } from './state.ts';

/** A channel has several cards: one for each version that is reported on, and one for each drift. */
export type CardName = `health ${string}` | `drift ${number}`;

export function healthCardName(version: string): CardName {
  return `health ${version}`;
}

export function driftCardName(drift: number): CardName {
  return `drift ${drift}`;
}

/** What a card is about; undefined when the channel has forgotten it. */
export function subjectOf(channel: Channel, card: string) {
  const [kind, name = ''] = card.split(' ');
  if (kind === 'health') {
    const health = healthOf(channel, name);
    return health && { kind: 'health' as const, health };
  }
  const drift = channel.drifts?.find(({ id }) => String(id) === name);
  return drift && { kind: 'drift' as const, drift };
}

/** The cards whose buttons depend on what is live and who holds the channel. */
export function cardsToRedraw(
  channel: Channel,
  ...versions: readonly (string | undefined)[]
): readonly string[] {
  const shown = new Set([channel.periods.at(-1)?.version, runningVersion(channel), ...versions]);
  return [
    ...[...shown].flatMap((version) =>
      version !== undefined && healthOf(channel, version) ? [healthCardName(version)] : [],
    ),
    ...openDrifts(channel).map(({ id }) => driftCardName(id)),
  ];
}

export function settleChannelCard(
  state: Channel | undefined,
  { effect, outcome }: EffectSettled,
): Decision<ChannelEvent> {
  if (effect.type !== 'slack.card' || effect.card === undefined) return { events: [], tells: [] };
  return settleNamedCard(state?.cards, effect.card, effect, outcome);
}

export function withCard(channel: Channel, event: NamedCardEvent): NamedCards {
  const known = Object.entries(channel.cards ?? {}).filter(([name]) => subjectOf(channel, name));
  return noteCard(Object.fromEntries(known), event);
}
