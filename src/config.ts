import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { secret, type Secret } from './trust/secrets.ts';
import { webhookTokens, type WebhookTokens } from './trust/webhook-token.ts';

/** Everything the environment says, read once at start. An integration that is not configured is undefined. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly policiesDir: string;
  readonly securityDir: string;
  readonly logLevel: string;
  readonly slack: { readonly botToken: Secret; readonly signingSecret: Secret; readonly apiUrl: string };
  readonly pagerduty: { readonly routingKey: Secret; readonly eventsUrl: string } | undefined;
  readonly github: { readonly token: Secret; readonly apiUrl: string } | undefined;
  readonly sentry:
    { readonly token: Secret; readonly organization: string; readonly url: string } | undefined;
  readonly mail: { readonly smtpUrl: Secret; readonly from: string } | undefined;
  readonly webhookTokens: WebhookTokens;
  readonly sentryDsn: Secret | undefined;
}

export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  /** One line a setting: its name and what was expected, never its value. */
  | { readonly ok: false; readonly problems: readonly string[] };

const text = z.string().min(1, 'is empty');
const hidden = text.transform(secret);
const httpUrl = z.url({ protocol: /^https?$/, error: 'is no http(s) URL' });

/** `lastgood@acme.example`, or `Lastgood <lastgood@acme.example>`. */
const oneAddress = z
  .string()
  .regex(
    /^(?:[^\s,;<>@]+@[^\s,;<>@]+|[^,;<>@]*<[^\s,;<>@]+@[^\s,;<>@]+>)$/,
    'is not one address such as Lastgood <lastgood@acme.example>',
  );

const json = z.string().transform((value, context): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'is no JSON' });
    return z.NEVER;
  }
});

const environment = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: z.coerce.number({ error: 'is no port number' }).int().min(0).max(65_535).default(3_000),
  DATA_DIR: text.default('./data'),
  POLICIES_DIR: text.default('./policies'),
  SECURITY_DIR: text.default('./security'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SLACK_BOT_TOKEN: hidden,
  SLACK_SIGNING_SECRET: hidden,
  SLACK_API_URL: httpUrl.default('https://slack.com/api/'),
  PAGERDUTY_ROUTING_KEY: hidden.optional(),
  PAGERDUTY_EVENTS_URL: httpUrl.default('https://events.pagerduty.com'),
  GITHUB_TOKEN: hidden.optional(),
  GITHUB_API_URL: httpUrl.default('https://api.github.com'),
  SENTRY_AUTH_TOKEN: hidden.optional(),
  SENTRY_ORG: text.optional(),
  SENTRY_URL: httpUrl.default('https://sentry.io'),
  SENTRY_DSN: hidden.optional(),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'is no smtp(s) URL' })
    .transform(secret)
    .optional(),
  MAIL_FROM: oneAddress.optional(),
  WEBHOOK_TOKENS: json.pipe(webhookTokens).default({}),
});

/**
 * Reads the environment; each name may also be given as `NAME_FILE`, a file that holds the value.
 * What is missing or wrong is listed all at once.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>> = process.env): ReadSettings {
  const { values, problems } = withFiles(env);
  const parsed = environment.safeParse(values);
  const wrong = parsed.success ? [] : parsed.error.issues.map((issue) => sayIssue(issue, values));
  const pairs = brokenPairs(values);
  if (!parsed.success || problems.length + pairs.length > 0)
    return { ok: false, problems: [...problems, ...wrong, ...pairs] };
  return { ok: true, settings: settingsOf(parsed.data) };
}

/** Every secret among the settings, for the scrubber of each sink. */
export function secretsOf({
  slack,
  pagerduty,
  github,
  sentry,
  mail,
  sentryDsn,
}: Settings): readonly Secret[] {
  const all = [
    slack.botToken,
    slack.signingSecret,
    pagerduty?.routingKey,
    github?.token,
    sentry?.token,
    mail?.smtpUrl,
    sentryDsn,
  ];
  return all.filter((value) => value !== undefined);
}

/** What is not configured, and what that switches off. */
export function switchedOff(settings: Settings): readonly string[] {
  const all = [
    [settings.pagerduty, 'pages by PagerDuty (PAGERDUTY_ROUTING_KEY)'],
    [settings.mail, 'pages by mail (SMTP_URL, MAIL_FROM)'],
    [settings.github, 'steps that use github-workflow (GITHUB_TOKEN)'],
    [settings.sentry, 'steps that use sentry-release (SENTRY_AUTH_TOKEN, SENTRY_ORG)'],
    [Object.keys(settings.webhookTokens).length > 0 || undefined, 'alerts by webhook (WEBHOOK_TOKENS)'],
  ] as const;
  return all.flatMap(([configured, what]) => (configured === undefined ? [what] : []));
}

function settingsOf(env: z.infer<typeof environment>): Settings {
  const { PAGERDUTY_ROUTING_KEY: routingKey, GITHUB_TOKEN: githubToken } = env;
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
    policiesDir: env.POLICIES_DIR,
    securityDir: env.SECURITY_DIR,
    logLevel: env.LOG_LEVEL,
    slack: {
      botToken: env.SLACK_BOT_TOKEN,
      signingSecret: env.SLACK_SIGNING_SECRET,
      apiUrl: env.SLACK_API_URL,
    },
    pagerduty: routingKey && { routingKey, eventsUrl: env.PAGERDUTY_EVENTS_URL },
    github: githubToken && { token: githubToken, apiUrl: env.GITHUB_API_URL },
    sentry:
      sentryToken && organization !== undefined
        ? { token: sentryToken, organization, url: env.SENTRY_URL }
        : undefined,
    mail: smtpUrl && from !== undefined ? { smtpUrl, from } : undefined,
    webhookTokens: env.WEBHOOK_TOKENS,
    sentryDsn: env.SENTRY_DSN,
  };
}

/** Half of a pair is a mistake, not an integration that was left out. */
function brokenPairs(env: Readonly<Record<string, string>>): readonly string[] {
  const pairs = [
    ['SENTRY_AUTH_TOKEN', 'SENTRY_ORG'],
    ['SMTP_URL', 'MAIL_FROM'],
  ] as const;
  return pairs.flatMap(([a, b]) => {
    if ((env[a] === undefined) === (env[b] === undefined)) return [];
    const [missing, given] = env[a] === undefined ? [a, b] : [b, a];
    return [`${missing} is missing: it goes with ${given}`];
  });
}

function withFiles(env: Readonly<Record<string, string | undefined>>): {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(environment.shape)) {
    const [value, file] = [env[name], env[`${name}_FILE`]];
    // A compose file passes an unset variable on as an empty one.
    if (value !== undefined && value !== '') values[name] = value;
    else if (file !== undefined && file !== '') {
      try {
        values[name] = readFileSync(file, 'utf8').trim();
      } catch {
        problems.push(`${name}_FILE names a file that cannot be read`);
      }
    }
  }
  return { values, problems };
}

function sayIssue(issue: z.core.$ZodIssue, given: Readonly<Record<string, string>>): string {
  const name = String(issue.path[0]);
  if (given[name] === undefined) return `${name} is missing`;
  const place = issue.path.slice(1).map(String).join('.');
  return `${name}${place === '' ? '' : ` (${place})`} ${issue.message}`;
}
