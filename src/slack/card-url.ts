import { z } from 'zod';
import type { CardUrl } from '../core/card-url.ts';

/** What incidents and operations have in common. */
const withCard = z.object({
  conversation: z.string(),
  card: z.object({ conversation: z.string(), ts: z.string() }).optional(),
});

/**
 * Slack's own address of a message, which can be written down without asking for it, unlike `chat.getPermalink`.
 * @param site of the workspace, `https://acme.slack.com/`; undefined before Slack has ever said it
 */
export function cardUrls(site: () => string | undefined): CardUrl {
  return (stream, state) => {
    const base = site();
    const read = /^(?:INC|OP)-/.test(stream) ? withCard.safeParse(state).data : undefined;
    if (base === undefined || !read) return undefined;
    const { conversation, ts } = read.card ?? { conversation: read.conversation, ts: undefined };
    // The id comes from our policies and could be anything there.
    if (!/^[CGD][A-Z0-9]+$/.test(conversation)) return undefined;
    const message = ts === undefined ? '' : `/p${ts.replace('.', '')}`;
    return new URL(`archives/${conversation}${message}`, base).href;
  };
}
