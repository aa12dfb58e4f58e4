import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Environment } from './env-file.ts';
import { apiTokens } from './trust/api-token.ts';
import { githubAppId, githubAppKey } from './trust/github-app.ts';
import { githubIssuer, githubJobs } from './trust/github-oidc.ts';
import { otlpHeaders } from './trust/otlp-headers.ts';
import { anchorPlaces } from './trust/audit/anchor-place.ts';
import { secret } from './trust/secrets.ts';
import { signingKey } from './trust/signing-key.ts';
import { appToken, botToken, signingSecret } from './trust/slack-tokens.ts';
import { webhookSecrets } from './trust/webhook-doors.ts';
import { webhookTokens } from './trust/webhook-token.ts';

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

/** Every variable that Lastgood reads, and what it has to look like. */
export const variables = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: z.coerce.number({ error: 'is no port number' }).int().min(0).max(65_535).default(3_000),
  DATA_DIR: text.default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(?:ql)?:\/\//, 'is no postgres:// URL')
    .transform(secret)
    .optional(),
  BACKUP_DIR: text.optional(),
  COMMAND_DIR: text.default('.'),
  POLICIES_DIR: text.default('./policies'),
  SECURITY_DIR: text.default('./security'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  SLACK_BOT_TOKEN: botToken,
  SLACK_APP_TOKEN: appToken.optional(),
  SLACK_SIGNING_SECRET: signingSecret.optional(),
  SLACK_API_URL: httpUrl.default('https://slack.com/api/'),
  PAGERDUTY_ROUTING_KEY: hidden.optional(),
  PAGERDUTY_EVENTS_URL: httpUrl.default('https://events.pagerduty.com'),
  PAGERDUTY_API_TOKEN: hidden.optional(),
  PAGERDUTY_FROM: z.email('is no e-mail address').optional(),
  PAGERDUTY_API_URL: httpUrl.default('https://api.pagerduty.com'),
  GITHUB_TOKEN: hidden.optional(),
  GITHUB_APP_ID: githubAppId.optional(),
  GITHUB_APP_PRIVATE_KEY: githubAppKey.optional(),
  GITHUB_API_URL: httpUrl.default('https://api.github.com'),
  SENTRY_AUTH_TOKEN: hidden.optional(),
  SENTRY_ORG: text.optional(),
  SENTRY_URL: httpUrl.default('https://sentry.io'),
  SENTRY_DSN: hidden.optional(),
  HEARTBEAT_URL: httpUrl.transform(secret).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders.default({}),
  OTEL_SERVICE_NAME: text.default('lastgood'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'is no smtp(s) URL' })
    .transform(secret)
    .optional(),
  MAIL_FROM: oneAddress.optional(),
  WEBHOOK_TOKENS: json.pipe(webhookTokens).default({}),
  PAGERDUTY_WEBHOOK_SECRET: webhookSecrets.default([]),
  SENTRY_CLIENT_SECRET: webhookSecrets.default([]),
  GITHUB_WEBHOOK_SECRET: webhookSecrets.default([]),
  GRAFANA_WEBHOOK_SECRET: webhookSecrets.default([]),
  API_TOKENS: json.pipe(apiTokens).default({}),
  GITHUB_OIDC: json.pipe(githubJobs).optional(),
  GITHUB_OIDC_AUDIENCE: text.optional(),
  GITHUB_OIDC_ISSUER: githubIssuer,
  SIGNING_KEY: signingKey.optional(),
  AUDIT_ANCHORS: anchorPlaces.default([]),
});

export type Variables = z.infer<typeof variables>;

/** What was given, before anything is read into it. */
export interface Given {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** Each name may also be given as `NAME_FILE`, a file that holds the value. */
export function givenBy(env: Environment): Given {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(variables.shape)) {
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

/** Names only, never a value. */
export function sayIssue(issue: z.core.$ZodIssue, given: Given['values']): string {
  const name = String(issue.path[0]);
  if (given[name] === undefined) return `${name} is missing`;
  const place = issue.path.slice(1).map(String).join('.');
  return `${name}${place === '' ? '' : ` (${place})`} ${sayMistake(issue)}`;
}

/** In our own words, also what is wrong with a key: zod puts those inside. */
export function sayMistake(issue: z.core.$ZodIssue): string {
  const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
  return (inner ?? issue).message;
}

/** What is wrong between variables of which each is all right. */
export function mismatches(given: Given['values']): readonly string[] {
  return [...brokenPairs(given), ...choices(given)];
}

/** Where there are two ways, one has to be taken. */
function choices(given: Given['values']): readonly string[] {
  const problems: string[] = [];
  if (given['SLACK_APP_TOKEN'] === undefined && given['SLACK_SIGNING_SECRET'] === undefined)
    problems.push(
      'SLACK_APP_TOKEN is missing (or SLACK_SIGNING_SECRET, if Slack is to reach you over HTTPS instead of Socket Mode)',
    );
  if (given['PAGERDUTY_API_TOKEN'] !== undefined && given['PAGERDUTY_ROUTING_KEY'] === undefined)
    problems.push(
      'PAGERDUTY_ROUTING_KEY is missing: pages go out by it when the API of PAGERDUTY_API_TOKEN does not take them',
    );
  if (given['GITHUB_TOKEN'] !== undefined && given['GITHUB_APP_ID'] !== undefined)
    problems.push('GITHUB_TOKEN and GITHUB_APP_ID are two ways to do the same: keep one of them');
  const anchors = given['AUDIT_ANCHORS'] ?? '';
  if (anchors.includes('mailto:') && given['SMTP_URL'] === undefined)
    problems.push('SMTP_URL is missing: AUDIT_ANCHORS names a mailbox');
  const github = given['GITHUB_TOKEN'] ?? given['GITHUB_APP_ID'];
  if (anchors.includes('github:') && github === undefined)
    problems.push('GITHUB_TOKEN is missing (or GITHUB_APP_ID): AUDIT_ANCHORS names a repository');
  return problems;
}

/** Half of a pair is a mistake, not an integration that was left out. */
function brokenPairs(given: Given['values']): readonly string[] {
  const pairs = [
    ['PAGERDUTY_API_TOKEN', 'PAGERDUTY_FROM'],
    ['SENTRY_AUTH_TOKEN', 'SENTRY_ORG'],
    ['SMTP_URL', 'MAIL_FROM'],
    ['GITHUB_APP_ID', 'GITHUB_APP_PRIVATE_KEY'],
    ['GITHUB_OIDC', 'GITHUB_OIDC_AUDIENCE'],
  ] as const;
  return pairs.flatMap(([a, b]) => {
    if ((given[a] === undefined) === (given[b] === undefined)) return [];
    const [missing, other] = given[a] === undefined ? [a, b] : [b, a];
    return [`${missing} is missing: it goes with ${other}`];
  });
}
