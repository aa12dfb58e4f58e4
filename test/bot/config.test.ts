import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readSettings, secretsOf, switchedOff } from '../../src/config.ts';
import { reveal } from '../../src/trust/secrets.ts';

const slack = { SLACK_BOT_TOKEN: 'xoxb-token-of-ours', SLACK_SIGNING_SECRET: 'signing-secret-of-ours' };

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  const read = readSettings(env);
  return read.ok ? [] : read.problems;
}

test('only Slack is required; what is left out is switched off, and said', () => {
  const read = readSettings(slack);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(read.settings).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    dataDir: './data',
    github: undefined,
  });
  expect(switchedOff(read.settings)).toEqual([
    'pages by PagerDuty (PAGERDUTY_ROUTING_KEY)',
    'pages by mail (SMTP_URL, MAIL_FROM)',
    'steps that use github-workflow (GITHUB_TOKEN, or GITHUB_APP_ID)',
    'steps that use sentry-release (SENTRY_AUTH_TOKEN, SENTRY_ORG)',
    'a switch outside that notices when Lastgood is dead (HEARTBEAT_URL)',
    'alerts by webhook (WEBHOOK_TOKENS)',
    'alerts of Sentry (SENTRY_CLIENT_SECRET)',
    'what people do in PagerDuty (PAGERDUTY_WEBHOOK_SECRET)',
    'deployments that GitHub tells of (GITHUB_WEBHOOK_SECRET)',
    'the API and the terminal (API_TOKENS)',
    'a backup of the store every night (BACKUP_DIR)',
    'signatures, by which others can check what Lastgood says (SIGNING_KEY)',
    'copies outside by which to check what is stored (AUDIT_ANCHORS)',
  ]);
});

test('everything missing or wrong is listed at once, by name and never by value', () => {
  const wrong = {
    PORT: 'three-thousand',
    SLACK_API_URL: 'not a url',
    WEBHOOK_TOKENS: '{',
    LOG_LEVEL: 'loud',
  };
  const problems = problemsOf(wrong);
  expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(
    new Set(['LOG_LEVEL', 'PORT', 'SLACK_API_URL', 'SLACK_APP_TOKEN', 'SLACK_BOT_TOKEN', 'WEBHOOK_TOKENS']),
  );
  for (const value of Object.values(wrong).filter(({ length }) => length > 1)) {
    expect(problems.join('\n')).not.toContain(value);
  }
});

test.each([
  [{ SENTRY_AUTH_TOKEN: 'x' }, 'SENTRY_ORG is missing: it goes with SENTRY_AUTH_TOKEN'],
  [{ MAIL_FROM: 'a@shop.example' }, 'SMTP_URL is missing: it goes with MAIL_FROM'],
  [{ WEBHOOK_TOKENS: '{"generic": "abc"}' }, 'WEBHOOK_TOKENS (generic) expected the SHA-256 of a token'],
  [
    { API_TOKENS: `{"two words": {"sha256": "${'a'.repeat(64)}", "roles": ["reader"]}}` },
    'API_TOKENS (two words) expected a name such as ana-laptop, at most 60 characters',
  ],
  [{ GITHUB_WEBHOOK_SECRET: 'a,b,c' }, 'GITHUB_WEBHOOK_SECRET expected one secret, or two'],
  [{ AUDIT_ANCHORS: 'mailto:audit' }, 'AUDIT_ANCHORS is no list of files, github:owner/repository'],
  [
    { AUDIT_ANCHORS: '/mnt/a.jsonl, mailto:a@b.example' },
    'SMTP_URL is missing: AUDIT_ANCHORS names a mailbox',
  ],
  [{ AUDIT_ANCHORS: 'github:acme/audit' }, 'GITHUB_TOKEN is missing (or GITHUB_APP_ID): AUDIT_ANCHORS names'],
  [{ SIGNING_KEY: 'a-password' }, 'SIGNING_KEY is no Ed25519 private key in PEM (lastgood key create'],
  [{ HEARTBEAT_URL: 'mailto:somebody' }, 'HEARTBEAT_URL is no http(s) URL'],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'Bearer x' }, 'OTEL_EXPORTER_OTLP_HEADERS is no list of name=value'],
  [{ GITHUB_TOKEN_FILE: '/nowhere/token' }, 'GITHUB_TOKEN_FILE names a file that cannot be read'],
])('%j: %s', (env, words) => {
  expect(problemsOf({ ...slack, ...env }).join('\n')).toContain(words);
});

test('a secret may be in a file, and prints as [secret] wherever it goes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-config-'));
  await writeFile(join(folder, 'token'), 'xoxb-from-a-file\n');
  const read = readSettings({ ...slack, SLACK_BOT_TOKEN: '', SLACK_BOT_TOKEN_FILE: join(folder, 'token') });
  await rm(folder, { recursive: true });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(reveal(read.settings.slack.botToken)).toBe('xoxb-from-a-file');
  const printed = `${inspect(read.settings, { depth: 9 })}${JSON.stringify(read.settings)}`;
  for (const value of secretsOf(read.settings).map(reveal)) expect(printed).not.toContain(value);
});

test('a secret of webhooks may be two, while one replaces the other; none of them is ever printed', () => {
  const read = readSettings({ ...slack, PAGERDUTY_WEBHOOK_SECRET: 'the-old-one, the-new-one' });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(read.settings.webhookSecrets.pagerduty.map(reveal)).toEqual(['the-old-one', 'the-new-one']);
  expect(secretsOf(read.settings).map(reveal)).toEqual(
    expect.arrayContaining(['the-old-one', 'the-new-one']),
  );
});

test('who watches from outside is told by secrets', () => {
  const read = readSettings({
    ...slack,
    HEARTBEAT_URL: 'https://switch.example/ping/token-of-the-switch',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20token-of-the-collector, x-scope=team',
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const { traces, heartbeatUrl } = read.settings;
  expect(Object.entries(traces?.headers ?? {}).map(([name, value]) => [name, reveal(value)])).toEqual([
    ['authorization', 'Bearer token-of-the-collector'],
    ['x-scope', 'team'],
  ]);
  expect(traces?.serviceName).toBe('lastgood');
  const secrets = secretsOf(read.settings).map(reveal);
  expect(secrets).toEqual(
    expect.arrayContaining(['token-of-the-collector', heartbeatUrl && reveal(heartbeatUrl)]),
  );
  // What is a word like any other would be missing from every log.
  expect(secrets).not.toContain('team');
  expect(inspect(read.settings, { depth: 9 })).not.toMatch(/token-of-the/);
});
