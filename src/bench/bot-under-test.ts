import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { examplePolicies } from '../sandbox/example-policies.ts';
import { registryFile } from '../bot/registry.ts';
import { seedFolders, type Folders } from '../sandbox/seed.ts';
import { sha256Hex } from '../trust/sha256.ts';
import { serviceName } from './alerts.ts';
import { start, type Core, type Program } from './program.ts';
import { signingSecret, webhookToken } from './requests.ts';

const main = fileURLToPath(new URL('../main.js', import.meta.url));

export interface Home {
  readonly folder: string;
  readonly store: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface BotUnderTest extends Program {
  readonly port: number;
}

/**
 * A folder for a bot: so many services, each with a ladder that pages one person by PagerDuty alone, so that it sends as
 * many notifications as Alertmanager does with one receiver.
 * @param options.pageAfter when the first rung is called; left out: at once
 */
export async function furnish(options: {
  readonly below: string;
  readonly sink: string;
  readonly services: number;
  readonly pageAfter?: string;
  readonly databaseUrl?: string;
}): Promise<Home> {
  const { below, sink, services, pageAfter = '0s', databaseUrl } = options;
  const folder = await mkdtemp(join(below, 'bot-'));
  const folders = await seedFolders(folder, examplePolicies, 'http://127.0.0.1:9', Date.now());
  const numbers = Array.from({ length: services }, (_, number) => number);
  const service = (number: number) => ({
    title: `Service ${number}`,
    app: appName(number),
    channel: 'stable',
    rotation: 'checkout',
    escalation: 'default',
    conversation: 'incidents',
    labels: [{ service: serviceName(number) }],
  });
  const ladder = {
    rungs: [
      { after: pageAfter, page: [{ on_call: 'primary', by: ['pagerduty'] }] },
      { after: '4h', page: [{ on_call: 'secondary', by: ['pagerduty'] }] },
    ],
    at_end: { repeat_from: 1, times: 0, then_every: '1d' },
  };
  await writeFile(
    join(folders.policiesDir, 'services.yml'),
    stringify({
      services: Object.fromEntries(numbers.map((number) => [serviceName(number), service(number)])),
      channel_label: 'channel',
      unclaimed: serviceName(0),
    }),
  );
  await writeFile(
    join(folders.policiesDir, 'escalation.yml'),
    stringify({ policies: { default: { P0: ladder, P1: ladder, P2: ladder, P3: ladder } } }),
  );
  await writeApps(folders, Math.ceil(services / perApp));
  // One of its rules is for a service of the example.
  const severity = join(folders.policiesDir, 'severity.yml');
  const rules = (await readFile(severity, 'utf8')).split('\n');
  await writeFile(severity, rules.filter((line) => !line.includes('service: checkout')).join('\n'));
  return {
    folder,
    store: join(folders.dataDir, 'lastgood.db'),
    environment: {
      PORT: '0',
      DATA_DIR: folders.dataDir,
      POLICIES_DIR: folders.policiesDir,
      SECURITY_DIR: folders.securityDir,
      SLACK_BOT_TOKEN: 'xoxb-bench-0001',
      SLACK_SIGNING_SECRET: signingSecret,
      SLACK_API_URL: `${sink}/api/`,
      PAGERDUTY_ROUTING_KEY: 'benchroutingkey0000000000000001',
      PAGERDUTY_EVENTS_URL: sink,
      WEBHOOK_TOKENS: JSON.stringify({ alertmanager: sha256Hex(webhookToken) }),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    },
  };
}

/** As many as one app would have, whose release channel lists what is open. */
const perApp = 50;

function appName(service: number): string {
  const app = Math.floor(service / perApp);
  return app === 0 ? 'shop' : `app-${app}`;
}

/** Apps like the example's. With several, its registry would not say whose channels it means. */
async function writeApps({ policiesDir, securityDir }: Folders, apps: number): Promise<void> {
  if (apps === 1) return;
  const path = join(policiesDir, 'channels.yml');
  const channels = parse(await readFile(path, 'utf8')) as { readonly apps: { readonly shop: object } };
  const names = Array.from({ length: apps }, (_, app) => appName(app * perApp));
  const all = Object.fromEntries(
    names.map((name) => [name, { ...channels.apps.shop, repositories: [`shop/${name}`] }]),
  );
  await writeFile(path, stringify({ apps: all }, { aliasDuplicateObjects: false }));
  await writeFile(
    join(securityDir, registryFile),
    JSON.stringify({ version: 1, updated_at: 0, channels: {}, history: [] }),
  );
}

/** The product as it is shipped: `npm start`. */
export async function startBotIn(
  { folder, environment }: Home,
  core: Core = 'server',
): Promise<BotUnderTest> {
  const program = await start({
    argv: [process.execPath, main],
    env: environment,
    core,
    folder,
    ready: /"url":"http:\/\/127\.0\.0\.1:(\d+)".*is ready/,
  });
  return { ...program, port: Number(program.ready[1]) };
}
