import { startBot, type Bot } from '../bot/bot.ts';
import { createLog } from '../bot/log.ts';
import { watchPolicies } from '../bot/policies.ts';
import { secretsOf, type Settings } from '../config.ts';
import type { Policies } from '../core/policies/policies.ts';
import { secret } from '../trust/secrets.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { conversations, people } from './cast.ts';
import type { MovableClock } from './movable-clock.ts';
import { startGithub, type Github } from './neighbours/github.ts';
import { startMail, type MailServer } from './neighbours/mail.ts';
import { startPagerduty, type Pagerduty } from './neighbours/pagerduty.ts';
import { startSentry, type Sentry } from './neighbours/sentry.ts';
import { startSlack, type Slack } from './neighbours/slack.ts';
import { seedFolders } from './seed.ts';
import { startShop, type Shop } from './shop.ts';

/** The whole product among emulated neighbours: the bot is the real one and knows of nothing but its settings. */
export interface World {
  readonly slack: Slack;
  readonly github: Github;
  readonly pagerduty: Pagerduty;
  readonly sentry: Sentry;
  readonly mail: MailServer;
  readonly shop: Shop;
  readonly clock: MovableClock;
  readonly settings: Settings;
  readonly policies: () => Policies;
  /** Throws while the bot is down. */
  readonly bot: () => Bot;
  /** Posts a body to one of the bot's webhooks, as a monitoring system would. */
  readonly deliver: (source: string, body: unknown) => Promise<number>;
  readonly startBot: () => Promise<void>;
  readonly stopBot: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const webhookToken = 'a-token-that-only-the-sandbox-knows';

export async function startWorld(options: {
  /** The folder of the store, the policies and the registry. */
  readonly root: string;
  /** The example policies. */
  readonly policies: string;
  readonly clock: MovableClock;
  readonly port: number;
  readonly random: () => number;
  readonly mostInFlight?: number;
  readonly logLevel: string;
  readonly writeLog: (line: string) => void;
}): Promise<World> {
  const { clock } = options;
  const now = (): Date => new Date(clock.now());
  const running: { bot: Bot | undefined } = { bot: undefined };
  const token = { slack: 'xoxb-sandbox-0001', github: 'ghp_sandbox0001', sentry: 'sntrys_sandbox0001' };
  const signingSecret = 'sandbox-signing-secret';
  const routingKey = 'sandboxroutingkey000000000000001';

  const slack = await startSlack({
    signingSecret,
    botToken: token.slack,
    people: Object.values(people),
    conversations: Object.values(conversations),
    requestUrl: () => running.bot && `${running.bot.url}/slack/events`,
    now,
  });
  const github = await startGithub({
    token: token.github,
    owner: 'shop',
    repo: 'storefront',
    workflows: [{ file: 'rollback.yml', name: 'Roll back' }],
    runBehaviour: { ends: 'success', after: { polls: 2 } },
    now,
  });
  const pagerduty = await startPagerduty({ routingKeys: [routingKey], now });
  const sentry = await startSentry({
    token: token.sentry,
    organization: 'shop',
    projects: ['storefront'],
    releases: ['shop@1.4.1', 'shop@1.4.2', 'shop@1.5.0'].map((version) => ({ version })),
    now,
  });
  const mail = await startMail({ now });
  const shop = await startShop();
  const folders = await seedFolders(options.root, options.policies, shop.url, clock.now());

  const settings: Settings = {
    host: '127.0.0.1',
    port: options.port,
    ...folders,
    logLevel: options.logLevel,
    slack: { botToken: secret(token.slack), signingSecret: secret(signingSecret), apiUrl: slack.url },
    pagerduty: { routingKey: secret(routingKey), eventsUrl: pagerduty.url },
    github: { token: secret(token.github), apiUrl: github.url },
    sentry: { token: secret(token.sentry), organization: 'shop', url: sentry.url },
    mail: { smtpUrl: secret(mail.url), from: 'Lastgood <lastgood@shop.example>' },
    webhookTokens: { alertmanager: [sha256Hex(webhookToken)], generic: [sha256Hex(webhookToken)] },
    sentryDsn: undefined,
  };
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
    slack,
    github,
    pagerduty,
    sentry,
    mail,
    shop,
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
        headers: { authorization: `Bearer ${webhookToken}`, 'content-type': 'application/json' },
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
        policies: policies.current,
        ...(mostInFlight === undefined ? {} : { mostInFlight }),
      });
    },
    close: async () => {
      await stopBot();
      policies.stop();
      clock.stop();
      await Promise.all([slack, github, pagerduty, sentry, mail, shop].map((neighbour) => neighbour.close()));
    },
  };
  await world.startBot();
  return world;
}
