import type { WebClient } from '@slack/web-api';
import type { Channel } from '../../core/channel/state.ts';
import type { Carrier } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/state.ts';
import type { Operation } from '../../core/operation/state.ts';
import type { Instant } from '../../core/time.ts';
import { outcomeOf, post, slackError, update, type Posted } from '../posting.ts';
import type { View } from '../views/blocks.ts';
import { channelCard } from '../views/channel-card.ts';
import { incidentCard } from '../views/incident-card.ts';
import { planCard } from '../views/plan-card.ts';

/** Posts a stream's live card once, and brings it up to date from then on. Its receipt is where the card stands. */
export function cardCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
): Carrier<'slack.card'> {
  return {
    types: ['slack.card'],
    carry: async ({ id, stream, effect, state, mayHaveHappened, now }) => {
      const { view, card } = draw(stream, state, effect.card, now);
      const where = nameOf(card?.conversation ?? effect.conversation);
      if (card) {
        try {
          const receipt = await update(client, { channel: card.conversation, ts: card.ts }, view);
          return { status: 'done', receipt };
        } catch (error) {
          if (slackError(error) !== 'message_not_found') return outcomeOf(error, true, where);
        }
      }
      try {
        const receipt: Posted = await post(client, { channel: effect.conversation }, view, {
          id,
          mayHaveHappened,
        });
        // One that was found again shows the state of then; a later change may have waited for this very posting.
        return { status: 'done', receipt: mayHaveHappened ? await update(client, receipt, view) : receipt };
      } catch (error) {
        return outcomeOf(error, false, where);
      }
    },
  };
}

/** The state is our own, read from the store a moment ago; the stream's id says which kind it is. */
function draw(
  stream: string,
  state: unknown,
  name: string | undefined,
  now: Instant,
): { readonly view: View; readonly card: Incident['card'] } {
  if (stream.startsWith('INC-')) {
    const incident = state as Incident;
    return { view: incidentCard(incident, now), card: incident.card };
  }
  if (stream.startsWith('OP-')) {
    const operation = state as Operation;
    return { view: planCard(operation, now), card: operation.card };
  }
  if (name !== undefined) {
    const channel = state as Channel;
    return { view: channelCard(channel, name, now), card: placeOf(channel, name) };
  }
  throw new Error(`${stream} has no card`);
}

/**
 * Where a stream's card stands, for what belongs into its thread.
 * @param name which one, where a stream has several
 */
export function cardOf(state: unknown, name?: string): Posted | undefined {
  const card = name === undefined ? (state as Pick<Incident, 'card'>).card : placeOf(state as Channel, name);
  return card && { channel: card.conversation, ts: card.ts };
}

function placeOf({ cards }: Channel, name: string): Incident['card'] {
  const { conversation = '', ts } = cards?.[name] ?? {};
  return ts === undefined ? undefined : { conversation, ts };
}
