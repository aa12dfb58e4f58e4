import type { WebClient } from '@slack/web-api';
import type { CardUrl, Whereabouts } from '../../core/card-url.ts';
import type { Channel } from '../../core/channel/state.ts';
import type { Carrier, EffectOf } from '../../core/effect.ts';
import { freezeId, type FreezeSwitch } from '../../core/freeze/state.ts';
import type { Incident } from '../../core/incident/state.ts';
import type { Operation } from '../../core/operation/state.ts';
import { withoutCard } from '../../core/settle-card.ts';
import type { Instant } from '../../core/time.ts';
import { outcomeOf, post, slackError, update, type Posted } from '../posting.ts';
import { markButtons } from '../store-mark.ts';
import { approvalRequest } from '../views/approval-request.ts';
import type { View } from '../views/blocks.ts';
import { channelCard } from '../views/channel-card.ts';
import { freezeCard } from '../views/freeze-card.ts';
import { incidentCard } from '../views/incident-card.ts';
import { directPage } from '../views/page-message.ts';
import { pageOver } from '../views/page-over.ts';
import { planCard } from '../views/plan-card.ts';

/** Posts a stream's live card once, and brings it up to date from then on. Its receipt is where the card stands. */
export function cardCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
  storeId: string,
  cardUrl: CardUrl,
): Carrier<'slack.card'> {
  return {
    types: ['slack.card'],
    carry: async ({ id, stream, effect, state, mayHaveHappened, now }) => {
      const where = cardUrl(stream, state);
      const { view: drawn, isDirect } = draw(stream, state, effect, now, where);
      const view = markButtons(drawn, storeId);
      const card = cardOf(state, effect.card);
      // People are known by the id they are written to, not by that of the conversation with them.
      const whose = nameOf(isDirect ? effect.conversation : (card?.channel ?? effect.conversation));
      if (card) {
        try {
          await update(client, card, view);
          return { status: 'done', receipt: card };
        } catch (error) {
          // A card is for all to see and comes back; nobody is written to twice because a message was deleted.
          if (isDirect || slackError(error) !== 'message_not_found') return outcomeOf(error, true, whose);
        }
      }
      try {
        const receipt: Posted = await post(client, { channel: effect.conversation }, view, {
          id,
          mayHaveHappened,
        });
        // One that was found again shows the state of then; a later change may have waited for this very posting.
        if (mayHaveHappened) await update(client, receipt, view);
        const alone = isDirect && where?.what !== 'card';
        return { status: 'done', receipt: { ...receipt, ...(alone && { [withoutCard]: 'yes' }) } };
      } catch (error) {
        return outcomeOf(error, false, whose);
      }
    },
  };
}

/** The state is our own, read from the store a moment ago; the stream's id says which kind it is. */
function draw(
  stream: string,
  state: unknown,
  { card: name, goBack }: EffectOf<'slack.card'>,
  now: Instant,
  where: Whereabouts | undefined,
): { readonly view: View; readonly isDirect: boolean } {
  if (stream.startsWith('INC-')) {
    const incident = state as Incident;
    if (name === undefined) return { view: incidentCard(incident, now), isDirect: false };
    return { view: pageOver(incident, now, where) ?? directPage(incident, goBack, where), isDirect: true };
  }
  if (stream.startsWith('OP-')) {
    const operation = state as Operation;
    return name === undefined
      ? { view: planCard(operation, now), isDirect: false }
      : { view: approvalRequest(operation, name, now, where), isDirect: true };
  }
  if (stream === freezeId && name !== undefined)
    return { view: freezeCard(state as FreezeSwitch, name, now), isDirect: false };
  if (name !== undefined) return { view: channelCard(state as Channel, name, now), isDirect: false };
  throw new Error(`${stream} has no card`);
}

/**
 * Where a stream's card stands, for what belongs into its thread.
 * @param name which one, where a stream has several
 */
export function cardOf(state: unknown, name?: string): Posted | undefined {
  const { card, cards } = state as Pick<Incident, 'card' | 'cards'>;
  const { conversation = '', ts } = (name === undefined ? card : cards?.[name]) ?? {};
  return ts === undefined ? undefined : { channel: conversation, ts };
}
