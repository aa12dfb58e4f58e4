import type { WebClient } from '@slack/web-api';
import type { Carrier, EffectOf } from '../../core/effect.ts';
import { sayMoment, type Instant, type Milliseconds } from '../../core/time.ts';
import { outcomeOf, post } from '../posting.ts';
import { threadLine } from '../views/thread-line.ts';
import { cardOf } from './card.ts';

/** The card goes out in a lane of its own; lines wait for it. */
export const cardNotPosted = {
  status: 'retry',
  why: 'its card is not posted yet',
  after: 500,
  mayHaveHappened: false,
} as const;

const late: Milliseconds = 30_000;

/** Posts one line of the timeline under the stream's card. */
export function threadCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
): Carrier<'slack.thread'> {
  return {
    types: ['slack.thread'],
    carry: async ({ id, effect, state, mayHaveHappened, now }) => {
      const card = cardOf(state, effect.card);
      if (!card) return cardNotPosted;
      const place = { channel: card.channel, thread: card.ts, broadcast: effect.broadcast };
      try {
        const receipt = await post(client, place, threadLine(saidInTime(effect, now), effect.rings), {
          id,
          mayHaveHappened,
        });
        return { status: 'done', receipt };
      } catch (error) {
        return outcomeOf(error, false, nameOf(card.channel));
      }
    },
  };
}

/** Slack shows when a line was posted; after an outage that is not when it happened. */
function saidInTime({ text, at }: EffectOf<'slack.thread'>, now: Instant): string {
  return at === undefined || now - at < late ? text : `${sayMoment(at)}: ${text}`;
}
