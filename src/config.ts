import type { Environment } from './env-file.ts';
import { givenBy, mismatches, sayIssue, variables, type Variables } from './environment.ts';
import type { ApiTokens } from './trust/api-token.ts';
import type { AnchorPlace } from './trust/audit/anchor-place.ts';
import type { GithubApp } from './trust/github-app.ts';
import type { GithubOidc } from './trust/github-oidc.ts';
import { tokensIn } from './trust/otlp-headers.ts';
import type { Secret } from './trust/secrets.ts';
import type { WebhookKeys } from './trust/webhook-doors.ts';
import type { WebhookTokens } from './trust/webhook-token.ts';

/** Everything the environment says, read once at start. An integration that is not configured is undefined. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** PostgreSQL, which several replicas may share; undefined: SQLite in `dataDir`. */
  readonly databaseUrl: Secret | undefined;
  /** Where the nightly backups go; undefined: none are made. */
  readonly backupDir: string | undefined;
  readonly commandDir: string;
  readonly policiesDir: string;
  readonly securityDir: string;
  readonly logLevel: string;
  readonly slack: { readonly botToken: Secret; readonly apiUrl: string } & SlackIntake;
  readonly pagerduty:
    | {
        readonly routingKey: Secret;
        readonly eventsUrl: string;
        /** Its REST API, by which we say whom it calls, and the account there in whose name we do. */
        readonly api?: { readonly token: Secret; readonly from: string; readonly url: string } | undefined;
      }
    | undefined;
  readonly github:
    ({ readonly apiUrl: string } & ({ readonly token: Secret } | { readonly app: GithubApp })) | undefined;
  readonly sentry:
    { readonly token: Secret; readonly organization: string; readonly url: string } | undefined;
  readonly mail: { readonly smtpUrl: Secret; readonly from: string } | undefined;
  readonly webhookTokens: WebhookTokens;
  /** What signs the webhooks of each system that can; none where it is not configured. */
  readonly webhookSecrets: WebhookKeys['secrets'];
  readonly apiTokens: ApiTokens;
  /** Jobs of GitHub Actions that may call the API; undefined: none. */
  readonly githubOidc: GithubOidc | undefined;
  /** Ed25519, as PEM: what others are to be able to check is signed with it. */
  readonly signingKey: Secret | undefined;
  /** Where copies of audit heads are kept. */
  readonly auditAnchors: readonly AnchorPlace[];
  readonly sentryDsn: Secret | undefined;
  /** A dead man's switch outside, which calls somebody once it hears nothing; often it holds a token. */
  readonly heartbeatUrl: Secret | undefined;
  /** Where traces go, by OTLP over HTTP; undefined: none are made. */
  readonly traces:
    | {
        readonly endpoint: string;
        readonly headers: Readonly<Record<string, Secret>>;
        readonly serviceName: string;
      }
    | undefined;
}

/** How Slack reaches us: over a socket that we open (Socket Mode), or by requests that it signs. */
export type SlackIntake =
  | { readonly appToken: Secret; readonly signingSecret: Secret | undefined }
  | { readonly appToken: undefined; readonly signingSecret: Secret };

export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  /** One line a setting: its name and what was expected, never its value. */
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the environment; each name may also be given as `NAME_FILE`, a file that holds the value.
 * What is missing or wrong is listed all at once.
 */
export function readSettings(env: Environment = process.env): ReadSettings {
  const { values, problems } = givenBy(env);
  const parsed = variables.safeParse(values);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => sayIssue(issue, values));
  const between = mismatches(values);
  if (!parsed.success || problems.length + between.length > 0)
    return { ok: false, problems: [...problems, ...wrong, ...between] };
  return { ok: true, settings: settingsOf(parsed.data) };
}

/** Settings of which Slack's, too, may be missing. */
export type UsableSettings = Omit<Settings, 'slack'> & {
  readonly slack: {
    readonly apiUrl: string;
    readonly botToken: Secret | undefined;
    readonly appToken: Secret | undefined;
    readonly signingSecret: Secret | undefined;
  };
};

/** What can be said of an environment that may be half wrong: everything that fits, and what does not. */
export interface ExaminedSettings {
  readonly usable: UsableSettings;
  /** As `readSettings` lists them; each begins with the setting's name. */
  readonly problems: readonly string[];
  /** Every name that is set, and the file that it was read from, if it was one. */
  readonly given: readonly { readonly name: string; readonly file: string | undefined }[];
  /** All of it: steps name variables of their own. */
  readonly environment: Environment;
}

/** For the doctor, who has to work when `readSettings` refuses. */
export function examineSettings(env: Environment = process.env): ExaminedSettings {
  const { values } = givenBy(env);
  const read = readSettings(env);
  const issues = variables.safeParse(values).error?.issues ?? [];
  const unfit = issues.map(({ path: [name] }) => String(name));
  const fit = Object.fromEntries(Object.entries(values).filter(([name]) => !unfit.includes(name)));
  const { SLACK_BOT_TOKEN: botToken, ...others } = variables.partial({ SLACK_BOT_TOKEN: true }).parse(fit);
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: apiUrl } = others;
  return {
    usable: { ...settingsBesidesSlack(others), slack: { botToken, appToken, signingSecret, apiUrl } },
    problems: read.ok ? [] : read.problems,
    given: Object.keys(values).map((name) => {
      const inFile = env[name] === undefined || env[name] === '';
      return { name, file: inFile ? env[`${name}_FILE`] : undefined };
    }),
    environment: env,
  };
}

/** Every secret among the settings, for the scrubber of each sink. */
export function secretsOf({
  slack,
  pagerduty,
  github,
  sentry,
  mail,
  sentryDsn,
  heartbeatUrl,
  traces,
  webhookSecrets,
  databaseUrl,
  signingKey,
}: UsableSettings): readonly Secret[] {
  const all = [
    ...Object.values(webhookSecrets).flat(),
    slack.botToken,
    slack.appToken,
    slack.signingSecret,
    pagerduty?.routingKey,
    pagerduty?.api?.token,
    github && ('app' in github ? github.app.privateKey : github.token),
    sentry?.token,
    mail?.smtpUrl,
    sentryDsn,
    heartbeatUrl,
    ...tokensIn(traces?.headers ?? {}),
    databaseUrl,
    signingKey,
  ];
  return all.filter((value) => value !== undefined);
}

/** What is not configured, and what that switches off. */
export function switchedOff(settings: Omit<Settings, 'slack'>): readonly string[] {
  const all = [
    [settings.pagerduty, 'pages by PagerDuty (PAGERDUTY_ROUTING_KEY)'],
    [settings.mail, 'pages by mail (SMTP_URL, MAIL_FROM)'],
    [settings.github, 'steps that use github-workflow (GITHUB_TOKEN, or GITHUB_APP_ID)'],
    [settings.sentry, 'steps that use sentry-release (SENTRY_AUTH_TOKEN, SENTRY_ORG)'],
    [settings.heartbeatUrl, 'a switch outside that notices when Lastgood is dead (HEARTBEAT_URL)'],
    [Object.keys(settings.webhookTokens).length > 0 || undefined, 'alerts by webhook (WEBHOOK_TOKENS)'],
    [settings.webhookSecrets.sentry[0], 'alerts of Sentry (SENTRY_CLIENT_SECRET)'],
    [settings.webhookSecrets.pagerduty[0], 'what people do in PagerDuty (PAGERDUTY_WEBHOOK_SECRET)'],
    [settings.webhookSecrets.github[0], 'deployments that GitHub tells of (GITHUB_WEBHOOK_SECRET)'],
    [Object.keys(settings.apiTokens).length > 0 || undefined, 'the API and the terminal (API_TOKENS)'],
    [settings.backupDir, 'a backup of the store every night (BACKUP_DIR)'],
    [settings.signingKey, 'signatures, by which others can check what Lastgood says (SIGNING_KEY)'],
    [settings.auditAnchors[0], 'copies outside by which to check what is stored (AUDIT_ANCHORS)'],
  ] as const;
  return all.flatMap(([configured, what]) => (configured === undefined ? [what] : []));
}

function settingsOf(env: Variables): Settings {
  const slack = { botToken: env.SLACK_BOT_TOKEN, apiUrl: env.SLACK_API_URL, ...slackIntakeOf(env) };
  return { ...settingsBesidesSlack(env), slack };
}

type BesidesSlack = Omit<Variables, 'SLACK_BOT_TOKEN'>;

function settingsBesidesSlack(env: BesidesSlack): Omit<Settings, 'slack'> {
  const {
    SENTRY_AUTH_TOKEN: sentryToken,
    SENTRY_ORG: organization,
    SMTP_URL: smtpUrl,
    MAIL_FROM: from,
  } = env;
  return {
    host: env.HOST,
    port: env.PORT,
    dataDir: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL,
    backupDir: env.BACKUP_DIR,
    commandDir: env.COMMAND_DIR,
    policiesDir: env.POLICIES_DIR,
    securityDir: env.SECURITY_DIR,
    logLevel: env.LOG_LEVEL,
    pagerduty: pagerdutyOf(env),
    github: githubOf(env),
    sentry:
      sentryToken && organization !== undefined
        ? { token: sentryToken, organization, url: env.SENTRY_URL }
        : undefined,
    mail: smtpUrl && from !== undefined ? { smtpUrl, from } : undefined,
    webhookTokens: env.WEBHOOK_TOKENS,
    webhookSecrets: {
      pagerduty: env.PAGERDUTY_WEBHOOK_SECRET,
      sentry: env.SENTRY_CLIENT_SECRET,
      github: env.GITHUB_WEBHOOK_SECRET,
      grafana: env.GRAFANA_WEBHOOK_SECRET,
    },
    apiTokens: env.API_TOKENS,
    githubOidc: githubOidcOf(env),
    signingKey: env.SIGNING_KEY,
    auditAnchors: env.AUDIT_ANCHORS,
    sentryDsn: env.SENTRY_DSN,
    heartbeatUrl: env.HEARTBEAT_URL,
    traces: tracesOf(env),
  };
}

/** `mismatches` has made sure that one of the two is there. */
function slackIntakeOf({ SLACK_APP_TOKEN: app, SLACK_SIGNING_SECRET: signing }: Variables): SlackIntake {
  if (app) return { appToken: app, signingSecret: signing };
  if (!signing) throw new Error('neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is there');
  return { appToken: undefined, signingSecret: signing };
}

function pagerdutyOf(env: BesidesSlack): Settings['pagerduty'] {
  const { PAGERDUTY_ROUTING_KEY: routingKey, PAGERDUTY_API_TOKEN: token, PAGERDUTY_FROM: from } = env;
  if (!routingKey) return undefined;
  const api = token && from !== undefined ? { token, from, url: env.PAGERDUTY_API_URL } : undefined;
  return { routingKey, eventsUrl: env.PAGERDUTY_EVENTS_URL, api };
}

function tracesOf(env: BesidesSlack): Settings['traces'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = env;
  return endpoint === undefined ? undefined : { endpoint, headers, serviceName: env.OTEL_SERVICE_NAME };
}

function githubOidcOf(env: BesidesSlack): Settings['githubOidc'] {
  const { GITHUB_OIDC: jobs, GITHUB_OIDC_AUDIENCE: audience, GITHUB_OIDC_ISSUER: issuer } = env;
  return jobs && audience !== undefined ? { issuer, audience, jobs } : undefined;
}

function githubOf(env: BesidesSlack): Settings['github'] {
  const { GITHUB_TOKEN: token, GITHUB_APP_ID: id, GITHUB_APP_PRIVATE_KEY: privateKey } = env;
  const apiUrl = env.GITHUB_API_URL;
  if (token) return { token, apiUrl };
  return id !== undefined && privateKey ? { app: { id, privateKey }, apiUrl } : undefined;
}
