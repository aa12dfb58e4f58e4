import type { WebClient } from '@slack/web-api';
import { slackError } from '../../slack/posting.ts';
import type { Check } from '../examine.ts';
import { ok, unknown, wrong, type Looked } from '../finding.ts';
import { refused } from '../slack-refusal.ts';

/** Each conversation of the policies: whether it is there, and the bot in it. Nothing is posted. */
export const slackConversations: Check = {
  area: 'Slack',
  name: 'conversations',
  about: 'notifications',
  look: async ({ slack, policies }) => {
    // A token that Slack does not take is told by the check of the token.
    const known = await slack?.workspace().catch(() => undefined);
    if (!slack || !policies || !known) return [];
    const all = Object.entries(policies.notifications.conversations);
    return Promise.all(all.map(([name, id]) => lookAt(slack.client, `#${name}`, id)));
  },
};

async function lookAt(client: WebClient, name: string, id: string): Promise<Looked> {
  try {
    const { channel } = await client.conversations.info({ channel: id });
    if (channel?.is_archived === true) {
      return wrong(name, 'is archived', 'Name another conversation in notifications.yml.');
    }
    if (channel?.is_member === false) return notInThere(name);
    return ok(name, `is #${channel?.name ?? id}, and the bot is in it`);
  } catch (error) {
    return slackError(error) === 'missing_scope' ? readInstead(client, name, id) : refused(name, error);
  }
}

/** Without the right to look at a conversation, being able to read it shows that the bot is in it. */
async function readInstead(client: WebClient, name: string, id: string): Promise<Looked> {
  try {
    await client.conversations.history({ channel: id, limit: 1 });
    return ok(name, 'the bot is in it');
  } catch (error) {
    switch (slackError(error)) {
      case 'missing_scope':
        return unknown(
          name,
          'cannot be looked at without the scopes for reading history',
          'Install the app again with manifest.yml, or try whether /invite @lastgood has anything to do there.',
        );
      case 'not_in_channel':
        return notInThere(name);
      default:
        return refused(name, error);
    }
  }
}

function notInThere(name: string): Looked {
  return wrong(name, 'is there, but the bot is not in it', 'Type /invite @lastgood there.');
}
