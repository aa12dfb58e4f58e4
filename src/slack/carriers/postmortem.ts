import type { WebClient } from '@slack/web-api';
import type { Carrier } from '../../core/effect.ts';
import type { Postmortem } from '../../core/incident/postmortem.ts';
import { outcomeOf, post } from '../posting.ts';
import { postmortemMessages } from '../views/postmortem.ts';
import { cardOf } from './card.ts';
import { cardNotPosted } from './thread.ts';

/**
 * Posts the post-mortem into the incident's thread, in as many messages as Slack needs. The receipt counts the parts
 * that are there; each has an id of its own, so that one whose answer was lost is found and not posted again.
 * @param read writes the post-mortem from an incident's state and events at this moment
 */
export function postmortemCarrier(
  client: WebClient,
  nameOf: (conversation: string) => string,
  read: (incident: string) => Promise<Postmortem>,
): Carrier<'slack.postmortem'> {
  return {
    types: ['slack.postmortem'],
    carry: async ({ id, stream, state, mayHaveHappened, receipt }) => {
      const card = cardOf(state);
      if (!card) return cardNotPosted;
      const parts = postmortemMessages(await read(stream));
      const place = { channel: card.channel, thread: card.ts };
      const before = Number(receipt['parts'] ?? 0);
      let done = before;
      let last = { channel: card.channel, ts: receipt['ts'] ?? card.ts };
      try {
        for (const [index, part] of parts.entries()) {
          if (index < done) continue;
          last = await post(client, place, part, { id: `${id}/${index + 1}`, mayHaveHappened });
          done = index + 1;
        }
        return { status: 'done', receipt: { ...last, parts: String(done) } };
      } catch (error) {
        const outcome = outcomeOf(error, false, nameOf(card.channel));
        if (outcome.status !== 'retry' || outcome.mayHaveHappened || done === before) return outcome;
        // Those that are there are remembered, so that the next attempt goes on behind them.
        return {
          status: 'running',
          receipt: { ...last, parts: String(done) },
          again: outcome.after ?? 1_000,
        };
      }
    },
  };
}
