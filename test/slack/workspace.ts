import { startSlack, type Slack } from '../../src/sandbox/neighbours/slack.ts';
import { slackClients, type SlackAccess } from '../../src/slack/clients.ts';
import type { Log } from '../../src/slack/log.ts';
import { secret } from '../../src/trust/secrets.ts';
import { start } from './states.ts';

export const signingSecret = 'the-signing-secret-of-a-test';
export const botToken = 'xoxb-of-a-test';
export const incidents = 'C0INCIDENTS';

export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The emulated workspace that the sandbox runs, with two people and one conversation. */
export function startWorkspace(
  requestUrl: () => string | undefined = () => undefined,
  appToken?: string,
): Promise<Slack> {
  return startSlack({
    now: () => new Date(start),
    signingSecret,
    botToken,
    people: [
      { id: 'U0ANA', name: 'ana', realName: 'Ana Ruiz', email: 'ana@example.com' },
      { id: 'U0GUS', name: 'gus', realName: 'Gus Guest', email: 'gus@example.com', is_restricted: true },
    ],
    conversations: [{ id: incidents, name: 'incidents' }],
    requestUrl,
    ...(appToken === undefined ? {} : { appToken }),
  });
}

export function accessTo(slack: Slack): SlackAccess {
  return { token: secret(botToken), apiUrl: slack.url, timeout: 2_000, log: quiet };
}

export function clientsOf(slack: Slack): ReturnType<typeof slackClients> {
  return slackClients(accessTo(slack));
}
