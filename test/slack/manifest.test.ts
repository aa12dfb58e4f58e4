import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { slashCommands } from '../../commands/index.ts';
import { slackManifest, slackManifestFile, type SlackMode } from '../../src/slack/manifest.ts';

const http: SlackMode = { mode: 'http', url: 'https://lastgood.example.com/slack/events' };
const modes: readonly SlackMode[] = [http, { mode: 'socket' }];

it('is what stands in manifest.yml; npx vitest run test/slack/manifest.test.ts -u writes it anew', async () => {
  await expect(slackManifestFile({ mode: 'socket' })).toMatchFileSnapshot('../../manifest.yml');
});

it.each(modes)('reads back as what was written ($mode)', (mode) => {
  expect(parse(slackManifestFile(mode))).toEqual(slackManifest(mode));
});

it('says of each scope why it is asked for', () => {
  const [, scopes = ''] = /scopes:\n {4}bot:\n((?: {6}- .*\n)+)/.exec(slackManifestFile(http)) ?? [];
  expect(scopes.trim().split('\n')).toHaveLength(slackManifest(http).oauth_config?.scopes?.bot?.length ?? 0);
  for (const line of scopes.trim().split('\n')) expect(line).toMatch(/^\s*- [a-z.:]+ # \w.{10,}$/);
});

it('subscribes to what release bots mark, whichever app they are: who is heard is for the policy to say', () => {
  const { bot_events, metadata_subscriptions } = slackManifest(http).settings?.event_subscriptions ?? {};
  expect(bot_events).toEqual(['message_metadata_posted']);
  // https://docs.slack.dev/reference/app-manifest: `*` stands for every app.
  expect(metadata_subscriptions).toEqual([{ app_id: '*', event_type: 'canary_health' }]);
});

it('has every command, and sends it and every click to the one address that answers', () => {
  const { features, settings } = slackManifest(http);
  const commands = features?.slash_commands ?? [];
  expect(commands.map(({ command }) => command)).toEqual(slashCommands.map((command) => `/${command}`));
  expect(new Set(commands.map(({ url }) => url))).toEqual(new Set([http.url]));
  expect(settings?.interactivity).toEqual({ is_enabled: true, request_url: http.url });
  expect(settings?.event_subscriptions?.request_url).toBe(http.url);
  expect(settings?.socket_mode_enabled).toBe(false);
});

it('names no address in Socket Mode', () => {
  const manifest = slackManifest({ mode: 'socket' });
  expect(JSON.stringify(manifest)).not.toMatch(/"(request_)?url"/);
  expect(manifest.settings?.socket_mode_enabled).toBe(true);
});

// https://docs.slack.dev/reference/app-manifest
it.each(modes)('keeps to what Slack takes ($mode)', (mode) => {
  const { display_information: shown, features } = slackManifest(mode);
  expect(shown.name.length).toBeLessThanOrEqual(35);
  expect(shown.description?.length).toBeLessThanOrEqual(140);
  expect(features?.bot_user?.display_name).toMatch(/^[a-z0-9._-]{1,80}$/);
  const commands = features?.slash_commands ?? [];
  expect(commands.length).toBeLessThanOrEqual(50);
  for (const { command, description, usage_hint } of commands) {
    expect(command).toMatch(/^\/[a-z0-9_-]{1,31}$/);
    expect(description.length).toBeLessThanOrEqual(2_000);
    expect(usage_hint?.length ?? 0).toBeLessThanOrEqual(1_000);
  }
});

/** What Slack asks for each method, for every kind of conversation in which we use it. */
const scopesOf: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history'],
  'conversations.open': ['im:write'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history'],
  'users.info': ['users:read'],
};

it('asks for the scopes of the methods that are called, and for no others', () => {
  const methods = calledMethods('src/slack');
  expect(Object.keys(scopesOf)).toEqual(methods);
  const needed = [
    'commands',
    'metadata.message:read',
    ...methods.flatMap((method) => scopesOf[method] ?? []),
  ];
  const { scopes } = slackManifest(http).oauth_config ?? {};
  expect(new Set(scopes?.bot)).toEqual(new Set(needed));
});

/** `client.chat.postMessage(` anywhere in a folder, as `chat.postMessage`; sorted. */
function calledMethods(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const source = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  const calls = source.matchAll(/\bclient\.([a-z]+\.[a-zA-Z]+)\(/g);
  return [...new Set([...calls].map(([, method]) => method ?? ''))].toSorted();
}
