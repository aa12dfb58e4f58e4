import { sha256Hex } from '../trust/sha256.ts';
import { newSigningKey } from '../trust/signing-key.ts';
import type { SigningSource } from '../trust/webhook-doors.ts';
import { apiTokensSetting } from './api-tokens.ts';
import { conversations, pagerdutyAccounts, pagerdutySelf, pagerdutyService, people } from './cast.ts';
import { startGithub, type Github } from './neighbours/github.ts';
import { startMail, type MailServer } from './neighbours/mail.ts';
import { startPagerduty, type Pagerduty } from './neighbours/pagerduty.ts';
import { startSentry, type Sentry } from './neighbours/sentry.ts';
import { startSlack, type Slack, type SlackPerson } from './neighbours/slack.ts';
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
  /** Besides those, for a bot that tells PagerDuty whom to call. */
  readonly pagerdutyAccess: Readonly<Record<string, string>>;
  /** With what those sign their webhooks that can. */
  readonly webhookSecrets: Readonly<Record<SigningSource, string>>;
  /** What monitoring systems send along with their alerts. */
  readonly webhookToken: string;
  readonly close: () => Promise<void>;
}

/** @param options.requestUrl the bot's `/slack/events`; undefined while it is down */
export async function startNeighbourhood(options: {
  readonly now: () => Date;
  readonly requestUrl: () => string | undefined;
  /** How Slack reaches the bot; by default over HTTP. */
  readonly slackMode?: 'http' | 'socket';
  /** Who is in the Slack workspace besides the cast. */
  readonly others?: readonly SlackPerson[];
}): Promise<Neighbourhood> {
  const { now, requestUrl } = options;
  const appToken = options.slackMode === 'socket' ? 'xapp-sandbox-0001' : undefined;
  const token = {
    slack: 'xoxb-sandbox-0001',
    github: 'ghp_sandbox0001',
    sentry: 'sntrys_sandbox0001',
    pagerduty: 'u+sandboxpagerduty01',
  };
  const signingSecret = 'sandbox-signing-secret';
  const routingKey = 'sandboxroutingkey000000000000001';
  const webhookToken = 'a-token-that-only-the-sandbox-knows';
  const webhookSecrets = {
    pagerduty: 'sandbox-pagerduty-webhook-secret',
    sentry: 'sandbox-sentry-client-secret',
    github: 'sandbox-github-webhook-secret',
    grafana: 'sandbox-grafana-webhook-secret',
  };

  const slack = await startSlack({
    signingSecret,
    botToken: token.slack,
    people: [...Object.values(people), ...(options.others ?? [])],
    conversations: Object.values(conversations),
    requestUrl,
    now,
    ...(appToken === undefined ? {} : { appToken }),
  });
  const github = await startGithub({
    token: token.github,
    owner: 'shop',
    repo: 'storefront',
    workflows: [
      { file: 'rollback.yml', name: 'Roll back' },
      {
        file: 'promote.yml',
        name: 'Promote',
        runName: 'promote ${{ inputs.version }} to ${{ inputs.channel }} [${{ inputs.correlation_id }}]',
      },
    ],
    runBehaviour: { ends: 'success', after: { polls: 2 } },
    now,
  });
  const pagerduty = await startPagerduty({
    routingKeys: [routingKey],
    webhooks: {
      url: () => requestUrl()?.replace('/slack/events', '/webhooks/pagerduty'),
      secret: webhookSecrets.pagerduty,
    },
    rest: {
      token: token.pagerduty,
      users: pagerdutyAccounts,
      services: [{ id: pagerdutyService, name: 'Shop' }],
    },
    now,
  });
  const sentry = await startSentry({
    token: token.sentry,
    organization: 'shop',
    projects: ['storefront'],
    releases: ['shop@1.4.1', 'shop@1.4.2', 'shop@1.5.0', 'shop@1.6.0-rc.1'].map((version) => ({ version })),
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
    webhookSecrets,
    pagerdutyAccess: {
      PAGERDUTY_API_TOKEN: token.pagerduty,
      PAGERDUTY_FROM: pagerdutySelf.email,
      PAGERDUTY_API_URL: pagerduty.url,
    },
    environment: {
      SLACK_BOT_TOKEN: token.slack,
      ...(appToken === undefined ? { SLACK_SIGNING_SECRET: signingSecret } : { SLACK_APP_TOKEN: appToken }),
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
      API_TOKENS: apiTokensSetting(),
      // A switch outside is one more address that answers.
      HEARTBEAT_URL: `${shop.url}/lastgood-is-alive`,
      SIGNING_KEY: newSigningKey().privatePem,
      WEBHOOK_TOKENS: JSON.stringify({
        alertmanager: sha256Hex(webhookToken),
        generic: sha256Hex(webhookToken),
        grafana: sha256Hex(webhookToken),
      }),
      PAGERDUTY_WEBHOOK_SECRET: webhookSecrets.pagerduty,
      SENTRY_CLIENT_SECRET: webhookSecrets.sentry,
      GITHUB_WEBHOOK_SECRET: webhookSecrets.github,
      GRAFANA_WEBHOOK_SECRET: webhookSecrets.grafana,
    },
    close: async () => {
      await Promise.all([slack, github, pagerduty, sentry, mail, shop].map((neighbour) => neighbour.close()));
    },
  };
}
