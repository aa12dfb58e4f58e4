import type { Policies } from '../core/policies/policies.ts';
import type { MarkedMessage, SlackHandlers } from '../slack/app.ts';
import type { Log } from '../slack/log.ts';
import type { ReleaseBots } from './release-bots.ts';

/** The metadata by which a release bot's message says how a version does. */
const canaryHealth = 'canary_health';

/**
 * Hears what release bots report in Slack. Apps that nobody listed are ignored, whatever they say; a listed one is told
 * in the thread under its message what is wrong with it.
 */
export function readMarkedMessages(parts: {
  readonly bots: Pick<ReleaseBots, 'reportCanaryFromSlack'>;
  readonly policies: () => Policies;
  readonly log: Log;
}): SlackHandlers['onMarked'] {
  const { bots, policies, log } = parts;
  return async ({ eventType, payload, appId, conversation, messageTs, inboxId }: MarkedMessage) => {
    if (eventType !== canaryHealth) return `nothing here reads the metadata ${eventType}`;
    if (!policies().health.release_bots.includes(appId)) {
      log.warn(
        { app: appId, conversation },
        'a canary report of an app that is not under release_bots in health.yml was ignored',
      );
      return `the app ${appId} is not under release_bots in health.yml`;
    }
    const { status, answer } = await bots.reportCanaryFromSlack(
      payload,
      { appId },
      { settles: inboxId, reply: { conversation, thread: messageTs } },
    );
    if (status !== 200) log.warn({ app: appId, status, answer }, 'a canary report was not taken');
    return undefined;
  };
}
