import type { WebClient } from '@slack/web-api';
import type { CardUrl } from '../../core/card-url.ts';
import type { Carrier } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/state.ts';
import { withoutCard } from '../../core/settle-card.ts';
import { outcomeOf, post } from '../posting.ts';
import { markButtons } from '../store-mark.ts';
import { pageMessage } from '../views/page-message.ts';

/**
 * One try of so many no longer waits for what it cannot find out: Slack may take messages all the time that it shows none.
 * Not each of them, or a Slack that takes messages and answers nothing would ring for an hour.
 */
const triesToLook = 3;

/** Pages a person by direct message, or a conversation. */
export function pageCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
  storeId: string,
  cardUrl: CardUrl,
): Carrier<'page.slack'> {
  return {
    types: ['page.slack'],
    carry: async ({ id, stream, effect, state, attempt, mayHaveHappened }) => {
      const incident = stream.startsWith('INC-') ? (state as Incident) : undefined;
      const where = cardUrl(stream, state);
      const view = markButtons(pageMessage(effect, incident, where), storeId);
      // An earlier attempt, which may have arrived, may have known less.
      const leads = where?.what === 'card' && !mayHaveHappened;
      try {
        const receipt = await post(client, { channel: effect.to }, view, {
          id,
          mayHaveHappened,
          ratherTwice: attempt % triesToLook === 0,
        });
        return { status: 'done', receipt: leads ? receipt : { ...receipt, [withoutCard]: 'yes' } };
      } catch (error) {
        return outcomeOf(error, false, nameOf(effect.to));
      }
    },
  };
}
