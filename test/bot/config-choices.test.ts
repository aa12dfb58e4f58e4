import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { readSettings, secretsOf, type Settings } from '../../src/config.ts';
import { reveal } from '../../src/trust/secrets.ts';

const bot = { SLACK_BOT_TOKEN: 'xoxb-the-bot' };
const socket = { ...bot, SLACK_APP_TOKEN: 'xapp-the-app' };
const http = { ...bot, SLACK_SIGNING_SECRET: 'the-signing-secret' };
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

function settingsOf(env: Readonly<Record<string, string>>): Settings {
  const read = readSettings(env);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.settings;
}

function problemsOf(env: Readonly<Record<string, string>>): readonly string[] {
  const read = readSettings(env);
  return read.ok ? [] : read.problems;
}

test('an app-level token means Socket Mode, and no signing secret is needed', () => {
  const { slack } = settingsOf(socket);
  expect(slack.appToken && reveal(slack.appToken)).toBe('xapp-the-app');
  expect(slack.signingSecret).toBeUndefined();
  expect(secretsOf(settingsOf(socket)).map(reveal)).toContain('xapp-the-app');
});

test('without one, requests have to be signed', () => {
  expect(settingsOf(http).slack).toMatchObject({ appToken: undefined });
  expect(problemsOf(bot)).toEqual([
    expect.stringMatching(/^SLACK_APP_TOKEN is missing \(or SLACK_SIGNING_SECRET,/),
  ]);
});

test.each([
  [
    { SLACK_BOT_TOKEN: 'xapp-1' },
    'SLACK_BOT_TOKEN looks like an app-level token (xapp-…): that one is SLACK_APP_TOKEN',
  ],
  [{ SLACK_BOT_TOKEN: 'xoxp-1' }, "SLACK_BOT_TOKEN looks like a person's token (xoxp-…)"],
  [
    { SLACK_BOT_TOKEN: 'xoxe.xoxb-1' },
    'SLACK_BOT_TOKEN looks like a token that expires (xoxe…): switch token rotation off',
  ],
  [{ SLACK_BOT_TOKEN: 'abc' }, "SLACK_BOT_TOKEN is no such token. The bot's begins with xoxb-"],
  [
    { SLACK_APP_TOKEN: 'xoxb-1' },
    "SLACK_APP_TOKEN looks like the bot's token (xoxb-…): that one is SLACK_BOT_TOKEN",
  ],
  [{ SLACK_APP_TOKEN: 'abc' }, 'SLACK_APP_TOKEN is no such token. An app-level token begins with xapp-'],
  [{ SLACK_SIGNING_SECRET: 'xapp-1' }, 'SLACK_SIGNING_SECRET looks like an app-level token (xapp-…)'],
])('Slack’s tokens are told apart by their beginnings: %j', (env, words) => {
  const problems = problemsOf({ ...socket, ...env });
  expect(problems).toEqual([expect.stringContaining(words)]);
  expect(problems.join()).not.toContain(Object.values(env)[0]);
});

test.each([
  ['as GitHub writes it', privateKey],
  ['in one line', privateKey.replaceAll('\n', '\\n')],
])('a GitHub App has an id and a key %s', (_name, key) => {
  const { github } = settingsOf({ ...socket, GITHUB_APP_ID: '4711', GITHUB_APP_PRIVATE_KEY: key });
  expect(github).toMatchObject({ app: { id: '4711' }, apiUrl: 'https://api.github.com' });
  expect(github && 'app' in github && reveal(github.app.privateKey)).toBe(privateKey);
});

test.each([
  [{ GITHUB_APP_ID: '4711' }, 'GITHUB_APP_PRIVATE_KEY is missing: it goes with GITHUB_APP_ID'],
  [{ GITHUB_APP_PRIVATE_KEY: privateKey }, 'GITHUB_APP_ID is missing: it goes with GITHUB_APP_PRIVATE_KEY'],
  [
    { GITHUB_APP_ID: '4711', GITHUB_APP_PRIVATE_KEY: privateKey, GITHUB_TOKEN: 'ghp_1' },
    'GITHUB_TOKEN and GITHUB_APP_ID are two ways to do the same: keep one of them',
  ],
  [
    { GITHUB_APP_ID: 'my-app', GITHUB_APP_PRIVATE_KEY: privateKey },
    'GITHUB_APP_ID is neither an App ID such as 123456',
  ],
  [
    { GITHUB_APP_ID: '1', GITHUB_APP_PRIVATE_KEY: 'abc' },
    'GITHUB_APP_PRIVATE_KEY is no RSA private key in PEM',
  ],
])('half of a GitHub App, or more than one, is a mistake (%#)', (env, words) => {
  expect(problemsOf({ ...socket, ...env })).toEqual([expect.stringContaining(words)]);
});

test('PagerDuty is told whom to call with a token and an address, and pages have a way besides', () => {
  const by = { PAGERDUTY_API_TOKEN: 'u+the-token', PAGERDUTY_FROM: 'lastgood@acme.example' };
  const key = { PAGERDUTY_ROUTING_KEY: 'the-key' };
  expect(settingsOf({ ...http, ...key }).pagerduty?.api).toBeUndefined();
  const settings = settingsOf({ ...http, ...key, ...by });
  expect(settings.pagerduty?.api).toMatchObject({
    from: 'lastgood@acme.example',
    url: 'https://api.pagerduty.com',
  });
  expect(secretsOf(settings).map(reveal)).toContain('u+the-token');
  expect(problemsOf({ ...http, ...by })).toEqual([
    expect.stringMatching(/^PAGERDUTY_ROUTING_KEY is missing: pages go out by it when/),
  ]);
  expect(problemsOf({ ...http, ...key, PAGERDUTY_FROM: 'lastgood' })).toEqual([
    'PAGERDUTY_FROM is no e-mail address',
    'PAGERDUTY_API_TOKEN is missing: it goes with PAGERDUTY_FROM',
  ]);
});
