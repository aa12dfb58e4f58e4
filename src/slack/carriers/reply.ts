import type { WebClient } from '@slack/web-api';
import type { Carrier, Outcome } from '../../core/effect.ts';
import type { Milliseconds } from '../../core/time.ts';
import { outcomeOf, post } from '../posting.ts';
import { isResponseUrl } from '../response-url.ts';
import { answerMessage } from '../views/answer.ts';

/**
 * Answers the one person who asked, through Slack's `response_url` (twice is better than never), or in the thread under
 * a program's message.
 */
export function replyCarrier(options: {
  readonly client: WebClient;
  readonly nameOf: (conversation: string) => string;
  readonly apiUrl: string;
  readonly timeout: Milliseconds;
}): Carrier<'slack.reply'> {
  return {
    types: ['slack.reply'],
    carry: async ({ id, effect: { reply, answer }, mayHaveHappened, signal }) => {
      if ('thread' in reply) {
        const { conversation: channel, thread } = reply;
        try {
          const receipt = await post(options.client, { channel, thread }, answerMessage(answer), {
            id,
            mayHaveHappened,
          });
          return { status: 'done', receipt };
        } catch (error) {
          return outcomeOf(error, false, options.nameOf(channel));
        }
      }
      if (!isResponseUrl(reply.url, options.apiUrl)) {
        return { status: 'failed', why: 'the address for the answer does not belong to Slack' };
      }
      try {
        const response = await fetch(reply.url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json; charset=utf-8' },
          body: JSON.stringify({
            response_type: 'ephemeral',
            replace_original: false,
            ...answerMessage(answer),
          }),
          redirect: 'manual',
          signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeout)]),
        });
        await response.body?.cancel();
        return outcomeOfReply(response);
      } catch (error) {
        return {
          status: 'retry',
          why: `the answer did not reach Slack: ${String(error)}`,
          mayHaveHappened: true,
        };
      }
    },
  };
}

function outcomeOfReply({ status, headers }: Response): Outcome {
  if (status >= 200 && status < 300) return { status: 'done', receipt: {} };
  if (status === 429) {
    const seconds = Number(headers.get('retry-after') ?? 1);
    const after = Number.isFinite(seconds) ? seconds * 1_000 : 1_000;
    return { status: 'retry', why: 'Slack asks us to slow down', after, mayHaveHappened: false };
  }
  if (status >= 500) return { status: 'retry', why: `Slack answered ${status}`, mayHaveHappened: true };
  // Slack takes five answers within 30 minutes.
  if (status === 404) return { status: 'failed', why: 'Slack takes no more answers to this command' };
  return { status: 'failed', why: `Slack refused the answer (${status})` };
}
