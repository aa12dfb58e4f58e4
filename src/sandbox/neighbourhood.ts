import { sha256Hex } from '../trust/sha256.ts';
import { conversations, people } from './cast.ts';
import { startGithub, type Github } from './neighbours/github.ts';
import { startMail, type MailServer } from './neighbours/mail.ts';
import { startPagerduty, type Pagerduty } from './neighbours/pagerduty.ts';
import { startSentry, type Sentry } from './neighbours/sentry.ts';
import { startSlack, type Slack } from './neighbours/slack.ts';
import { startShop, type Shop } from './shop.ts';

/** All the neighbours that Lastgood has, emulated, with the cast of the example policies among them. */
export interface Neighbourhood {
  readonly slack: Slack;
  readonly github: Github;
  readonly pagerduty: Pagerduty;
  readonly sentry: Sentry;
  readonly mail: MailServer;
  readonly shop: Shop;
  /** The settings with which a bot finds them, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** What monitoring systems send along with their alerts. */
  readonly webhookToken: string;
  readonly close: () => Promise<void>;
}

/** @param options.requestUrl the bot's `/slack/events`; undefined while it is down */
export async function startNeighbourhood(options: {
  readonly now: () => Date;
  readonly requestUrl: () => string | undefined;
}): Promise<Neighbourhood> {
  const { now, requestUrl } = options;
  const token = { slack: 'xoxb-sandbox-0001', github: 'ghp_sandbox0001', sentry: 'sntrys_sandbox0001' };
  const signingSecret = 'sandbox-signing-secret';
  const routingKey = 'sandboxroutingkey000000000000001';
  const webhookToken = 'a-token-that-only-the-sandbox-knows';

  const slack = await startSlack({
    signingSecret,
    botToken: token.slack,
    people: Object.values(people),
    conversations: Object.values(conversations),
    requestUrl,
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

  return {
    slack,
    github,
    pagerduty,
    sentry,
    mail,
    shop,
    webhookToken,
    environment: {
      SLACK_BOT_TOKEN: token.slack,
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: slack.url,
      PAGERDUTY_ROUTING_KEY: routingKey,
      PAGERDUTY_EVENTS_URL: pagerduty.url,
      GITHUB_TOKEN: token.github,
      GITHUB_API_URL: github.url,
      SENTRY_AUTH_TOKEN: token.sentry,
      SENTRY_ORG: 'shop',
      SENTRY_URL: sentry.url,
      SMTP_URL: mail.url,
      MAIL_FROM: 'Lastgood <lastgood@shop.example>',
      WEBHOOK_TOKENS: JSON.stringify({
        alertmanager: sha256Hex(webhookToken),
        generic: sha256Hex(webhookToken),
      }),
    },
    close: async () => {
      await Promise.all([slack, github, pagerduty, sentry, mail, shop].map((neighbour) => neighbour.close()));
    },
  };
}
