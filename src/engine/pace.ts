import type { Effect } from '../core/effect.ts';
import type { Instant, Milliseconds } from '../core/time.ts';

/** How long what is only read takes its time. */
export interface PaceSettings {
  /** From what happened to the card that shows it: one card shows what several events have done. */
  readonly card: Milliseconds;
  /** The same for a line in its thread, which cannot go out before the card has. */
  readonly line: Milliseconds;
  /** From one showing of a card to its next, in a storm; Slack takes about one message a second in a conversation. */
  readonly cardAgain: Milliseconds;
}

/** Whoever is called is called at once; who reads along does not notice these. */
export const unhurriedPace: PaceSettings = { card: 150, line: 300, cardAgain: 1_000 };

/** When effects may leave at the earliest. */
export interface Pace {
  readonly earliest: (effect: Effect, lane: string, at: Instant) => Instant;
  /** A card is being shown. */
  readonly shown: (lane: string, at: Instant) => void;
}

export const atOnce: Pace['earliest'] = (_effect, _lane, at) => at;

/** @param settings left out: everything leaves at once */
export function createPace(settings?: PaceSettings): Pace {
  if (!settings) return { earliest: atOnce, shown: () => undefined };
  const { card, line, cardAgain } = settings;
  /** By lane, the latest last; what is longer ago than a pause is forgotten. */
  const shownAt = new Map<string, Instant>();
  return {
    earliest: ({ type }, lane, at) => {
      if (type === 'slack.thread') return at + line;
      if (type !== 'slack.card') return at;
      const last = shownAt.get(lane);
      // A clock that was set back must not hold a card for an hour.
      const rest = last === undefined || last > at + cardAgain ? at : last + cardAgain;
      return Math.max(at + card, rest);
    },
    shown: (lane, at) => {
      shownAt.delete(lane);
      shownAt.set(lane, at);
      for (const [other, since] of shownAt) {
        if (at - since < cardAgain) break;
        shownAt.delete(other);
      }
    },
  };
}
