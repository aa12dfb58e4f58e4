import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conversations, people } from '../../../src/sandbox/cast.ts';
import { startGithub, type Github } from '../../../src/sandbox/neighbours/github.ts';
import { startMail, type MailServer } from '../../../src/sandbox/neighbours/mail.ts';
import { startPagerduty, type Pagerduty } from '../../../src/sandbox/neighbours/pagerduty.ts';
import { startSentry, type Sentry } from '../../../src/sandbox/neighbours/sentry.ts';
import { startSlack, type Slack, type SlackMessage } from '../../../src/sandbox/neighbours/slack.ts';
import { seedFolders, type Folders } from '../../../src/sandbox/seed.ts';
import { startShop, type Shop } from '../../../src/sandbox/shop.ts';
import { openSqliteStore } from '../../../src/store/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { sha256Hex } from '../../../src/trust/sha256.ts';
import { startProcess, type Environment, type Process } from './process.ts';

/** Everything that the real process needs around it: emulated neighbours, a clock that runs, folders of its own. */
export interface Neighbourhood {
  readonly slack: Slack;
  readonly github: Github;
  readonly pagerduty: Pagerduty;
  readonly sentry: Sentry;
  readonly mail: MailServer;
  readonly shop: Shop;
  readonly folders: Folders;
  readonly environment: Environment;
  /** Starts the process; only one at a time. */
  readonly start: (more?: Environment, limits?: string) => Promise<Process>;
  /** A webhook's answer; undefined when there was none. */
  readonly alert: (alert: object) => Promise<number | undefined>;
  /** Where the process listens at the moment. */
  readonly url: () => string;
  /** Every message that Lastgood posted, wherever it is. */
  readonly posted: () => readonly SlackMessage[];
  /** Reads what the process left behind when it was gone. */
  readonly readStore: <T>(read: (store: Store) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

export const webhookToken = 'the-token-of-the-monitoring';

export async function startNeighbourhood(
  /** Changes to the example policies, by file. */
  policies: Readonly<Record<string, (text: string) => string>> = {},
): Promise<Neighbourhood> {
  const root = await mkdtemp(join(tmpdir(), 'lastgood-fault-'));
  const now = (): Date => new Date();
  const running: { process: Process | undefined } = { process: undefined };
  const signingSecret = 'the-signing-secret-of-a-test';
  const token = { slack: 'xoxb-of-a-test', github: 'ghp_ofatest', sentry: 'sntrys_ofatest' };
  const routingKey = 'routingkeyofatest0000000000000001';

  const slack = await startSlack({
    signingSecret,
    botToken: token.slack,
    people: Object.values(people),
    conversations: Object.values(conversations),
    requestUrl: () => running.process && `${running.process.url}/slack/events`,
    now,
  });
  const github = await startGithub({
    token: token.github,
    owner: 'shop',
    repo: 'storefront',
    workflows: [{ file: 'rollback.yml', name: 'Roll back' }],
    runBehaviour: { ends: 'success', after: { polls: 1 } },
    now,
  });
  const pagerduty = await startPagerduty({ routingKeys: [routingKey], now });
  const sentry = await startSentry({
    token: token.sentry,
    organization: 'shop',
    projects: ['storefront'],
    releases: ['shop@1.4.2', 'shop@1.5.0'].map((version) => ({ version })),
    now,
  });
  const mail = await startMail({ now });
  const shop = await startShop();
  const examples = fileURLToPath(new URL('../../../policies', import.meta.url));
  const folders = await seedFolders(root, examples, shop.url, Date.now());
  for (const [file, change] of Object.entries({ 'channels.yml': soon, ...policies })) {
    const path = join(folders.policiesDir, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  }

  const environment: Environment = {
    PORT: '0',
    DATA_DIR: folders.dataDir,
    POLICIES_DIR: folders.policiesDir,
    SECURITY_DIR: folders.securityDir,
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
    WEBHOOK_TOKENS: JSON.stringify({ generic: sha256Hex(webhookToken) }),
  };
  const url = (): string => {
    if (!running.process) throw new Error('the process was never started');
    return running.process.url;
  };

  return {
    slack,
    github,
    pagerduty,
    sentry,
    mail,
    shop,
    folders,
    environment,
    url,
    start: async (more = {}, limits = '') => {
      running.process = await startProcess({ ...environment, ...more }, limits);
      return running.process;
    },
    alert: async (alert) => {
      try {
        const response = await fetch(`${url()}/webhooks/generic`, {
          method: 'POST',
          headers: { authorization: `Bearer ${webhookToken}`, 'content-type': 'application/json' },
          body: JSON.stringify(alert),
        });
        await response.arrayBuffer();
        return response.status;
      } catch {
        // Killed before it answered: whoever sent it does not know what became of it.
        return undefined;
      }
    },
    posted: () =>
      slack
        .conversations()
        .flatMap(({ id }) => slack.messages(id).filter(({ bot_id }) => bot_id !== undefined)),
    readStore: async (read) => {
      const store = await openSqliteStore({ path: join(folders.dataDir, 'lastgood.db') });
      try {
        return await read(store);
      } finally {
        await store.close();
      }
    },
    close: async () => {
      await running.process?.kill();
      await Promise.all([slack, github, pagerduty, sentry, mail, shop].map((neighbour) => neighbour.close()));
      await rm(root, { recursive: true });
    },
  };
}

/** One good answer of the shop is enough here. */
function soon(channels: string): string {
  return channels.replaceAll('until_stable: 3', 'until_stable: 1');
}
