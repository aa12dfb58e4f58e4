import type { WebClient } from '@slack/web-api';
import { slackClients } from '../../slack/clients.ts';
import { endingOf } from '../../slack/socket-ending.ts';
import { checkTimeout, type Check } from '../examine.ts';
import { ok, unknown, wrong } from '../finding.ts';
import { silent, type SlackPatient } from '../patient.ts';

/** The app's token for Socket Mode: Slack offers a connection, which nobody takes up. */
export const slackAppToken: Check = {
  area: 'Slack',
  name: 'SLACK_APP_TOKEN',
  look: async ({ settings, slack }) => {
    const { appToken, apiUrl } = settings.slack;
    if (!appToken) return [];
    const { interaction: app } = slackClients({
      token: appToken,
      apiUrl,
      timeout: checkTimeout,
      log: silent,
    });
    try {
      await app.apps.connections.open({});
      const [its, ours] = await Promise.all([appOf(app), slack && appOfBot(slack)]);
      if (its !== undefined && ours !== undefined && its !== ours) {
        const apart = `is of the app ${its}, and SLACK_BOT_TOKEN of ${ours}: what people type and click goes elsewhere`;
        return [wrong('SLACK_APP_TOKEN', apart, 'Take both tokens from the pages of the same app.')];
      }
      return [ok('SLACK_APP_TOKEN', 'opens connections for Socket Mode')];
    } catch (error) {
      // As the bot itself would say when it tries.
      const ending = endingOf(error);
      if (ending.kind === 'refused') return [wrong('SLACK_APP_TOKEN', ending.why)];
      const advice = 'Let this machine reach SLACK_API_URL, and ask again.';
      return [unknown('SLACK_APP_TOKEN', `could not be tried: ${ending.why}`, advice)];
    }
  },
};

/** To an app's own token Slack says which app that is; undefined where it does not say. */
async function appOf(client: WebClient): Promise<string | undefined> {
  const answer = await client.auth.test().catch(() => undefined);
  return answer?.app_id;
}

/** Whose bot it is; what is wrong with the bot's token is told elsewhere. */
async function appOfBot({ client, workspace }: SlackPatient): Promise<string | undefined> {
  const answer = await workspace()
    .then(({ botId, teamId }) => client.bots.info({ bot: botId, team_id: teamId }))
    .catch(() => undefined);
  return answer?.bot?.app_id;
}
