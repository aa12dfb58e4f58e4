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
    'alerts by webhook (WEBHOOK_TOKENS)',
    'alerts of Sentry (SENTRY_CLIENT_SECRET)',
    'what people do in PagerDuty (PAGERDUTY_WEBHOOK_SECRET)',
    'deployments that GitHub tells of (GITHUB_WEBHOOK_SECRET)',
    'the API and the terminal (API_TOKENS)',
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
