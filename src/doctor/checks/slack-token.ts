import { scopes } from '../../slack/manifest.ts';
import type { Check } from '../examine.ts';
import { missing, ok, wrong, type Looked } from '../finding.ts';
import { sayRefusal } from '../slack-refusal.ts';

/** Without these there are no commands, no messages, and nobody is let in. The others make it surer. */
const essential = ['commands', 'chat:write', 'users:read'];

/** The bot's token: whether Slack takes it, whose it is, and what it may do. */
export const slackToken: Check = {
  area: 'Slack',
  name: 'SLACK_BOT_TOKEN',
  look: async ({ slack }) => {
    if (!slack) return [];
    try {
      const { team, user, bot_id, response_metadata } = await slack.client.auth.test();
      if (bot_id === undefined) {
        const advice = 'Set SLACK_BOT_TOKEN to the Bot User OAuth Token, xoxb-…, from the app’s page.';
        return [wrong('SLACK_BOT_TOKEN', 'belongs to a person, not to a bot', advice)];
      }
      const who = ok('SLACK_BOT_TOKEN', `is @${user ?? '?'} in ${team ?? 'a workspace without a name'}`);
      return [who, ...judgeScopes(response_metadata?.scopes)];
    } catch (error) {
      return [wrong('SLACK_BOT_TOKEN', sayRefusal(error, 'Slack').why)];
    }
  },
};

function judgeScopes(granted: readonly string[] | undefined): readonly Looked[] {
  if (granted === undefined) return [];
  const needed = Object.entries(scopes);
  const lacking = needed.filter(([scope]) => !granted.includes(scope));
  if (lacking.length === 0) return [ok('scopes', `all ${needed.length} are granted`)];
  const advice = 'Put the app’s manifest up to date (manifest.yml), and install the app again.';
  return lacking.map(([scope, why]) =>
    (essential.includes(scope) ? wrong : missing)(`scope ${scope}`, `is not granted (${why})`, advice),
  );
}
