import { join } from 'node:path';
import { startBot, type Bot } from '../bot/bot.ts';
import { createLog } from '../bot/log.ts';
import { watchPolicies } from '../bot/policies.ts';
import { readSettings, secretsOf, type Settings } from '../config.ts';
import type { Policies } from '../core/policies/policies.ts';
import type { MovableClock } from './movable-clock.ts';
import { startNeighbourhood, type Neighbourhood } from './neighbourhood.ts';
import type { SlackPerson } from './neighbours/slack.ts';
import { seedFolders } from './seed.ts';

/** The whole product among emulated neighbours: the bot is the real one and knows of nothing but its settings. */
export interface World extends Neighbourhood {
  readonly clock: MovableClock;
  readonly settings: Settings;
  readonly policies: () => Policies;
  /** Throws while the bot is down. */
  readonly bot: () => Bot;
  /** Posts a body to one of the bot's webhooks, as a monitoring system would. */
  readonly deliver: (source: string, body: unknown) => Promise<number>;
  readonly startBot: () => Promise<void>;
  readonly stopBot: () => Promise<void>;
}

export async function startWorld(options: {
  /** The folder of the store, the policies and the registry. */
  readonly root: string;
  /** The example policies. */
  readonly policies: string;
  readonly clock: MovableClock;
  readonly port: number;
  readonly random: () => number;
  readonly mostInFlight?: number;
  /** How Slack reaches the bot; by default over HTTP. */
  readonly slackMode?: 'http' | 'socket';
  /** Who is in the Slack workspace besides the cast. */
  readonly others?: readonly SlackPerson[];
  /** Whether the bot may tell PagerDuty whom to call. */
  readonly pagesByName?: boolean;
  /** Settings in place of those by which the bot finds its neighbours: for what stands between them. */
  readonly between?: (neighbours: Neighbourhood) => Promise<Readonly<Record<string, string>>>;
  readonly logLevel: string;
  readonly writeLog: (line: string) => void;
}): Promise<World> {
  const { clock } = options;
  const now = (): Date => new Date(clock.now());
  const running: { bot: Bot | undefined } = { bot: undefined };
  const neighbourhood = await startNeighbourhood({
    now,
    requestUrl: () => running.bot && `${running.bot.url}/slack/events`,
    ...(options.slackMode === undefined ? {} : { slackMode: options.slackMode }),
    ...(options.others === undefined ? {} : { others: options.others }),
  });
  const folders = await seedFolders(options.root, options.policies, neighbourhood.shop.url, clock.now());
  const read = readSettings({
    ...neighbourhood.environment,
    ...(options.pagesByName === true ? neighbourhood.pagerdutyAccess : {}),
    ...(await options.between?.(neighbourhood)),
    PORT: String(options.port),
    DATA_DIR: folders.dataDir,
    POLICIES_DIR: folders.policiesDir,
    SECURITY_DIR: folders.securityDir,
    AUDIT_ANCHORS: join(folders.dataDir, 'audit-heads.jsonl'),
    LOG_LEVEL: options.logLevel,
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const { settings } = read;
  const log = createLog({
    level: settings.logLevel,
    secrets: secretsOf(settings),
    write: options.writeLog,
    onError: () => undefined,
  });
  const policies = await watchPolicies(settings.policiesDir, log);
  if (!policies.ok) throw new Error(policies.problems.join('\n'));

  const stopBot = async (): Promise<void> => {
    await running.bot?.stop();
    running.bot = undefined;
  };
  const world: World = {
    ...neighbourhood,
    clock,
    settings,
    stopBot,
    policies: policies.current,
    bot: () => {
      if (!running.bot) throw new Error('the bot is down');
      return running.bot;
    },
    deliver: async (source, body) => {
      const response = await fetch(`${world.bot().url}/webhooks/${source}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${neighbourhood.webhookToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
      await response.arrayBuffer();
      return response.status;
    },
    startBot: async () => {
      const { random, mostInFlight } = options;
      running.bot = await startBot({
        settings,
        clock,
        log,
        random,
        // The same each time: what the neighbours remember is new, too.
        drawStoreId: () => 'k3x9w2',
        policies: policies.current,
        policyEdits: policies,
        ...(mostInFlight === undefined ? {} : { mostInFlight }),
      });
      // Nothing of the bot waits for it, but a person who types a command the next moment would.
      if (!neighbourhood.slack.failure())
        await Promise.all([running.bot.slackAsked, neighbourhood.slack.sockets?.connected()]);
    },
    close: async () => {
      await stopBot();
      policies.stop();
      clock.stop();
      await neighbourhood.close();
    },
  };
  await world.startBot();
  return world;
}
