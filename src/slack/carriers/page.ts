import type { WebClient } from '@slack/web-api';
import type { CardUrl } from '../../core/card-url.ts';
import type { Carrier } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/state.ts';
import { outcomeOf, post } from '../posting.ts';
import { markButtons } from '../store-mark.ts';
import { pageMessage } from '../views/page-message.ts';

/** Pages a person by direct message, or a conversation. */
export function pageCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
  storeId: string,
  cardUrl: CardUrl,
): Carrier<'page.slack'> {
  return {
    types: ['page.slack'],
    carry: async ({ id, stream, effect, state, mayHaveHappened }) => {
      const incident = stream.startsWith('INC-') ? (state as Incident) : undefined;
      const view = markButtons(pageMessage(effect, incident, cardUrl(stream, state)), storeId);
      try {
        const receipt = await post(client, { channel: effect.to }, view, { id, mayHaveHappened });
        return { status: 'done', receipt };
      } catch (error) {
        return outcomeOf(error, false, nameOf(effect.to));
      }
    },
  };
}
