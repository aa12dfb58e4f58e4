import type { AppsManifestCreateArguments } from '@slack/web-api';
import { Document, isScalar, isSeq } from 'yaml';
import { slashCommands, verbs } from '../../commands/index.ts';
import { sayUsage } from '../../commands/usage.ts';
import type { Verb } from '../../commands/verb.ts';

/** A Slack app manifest, version 2; limits and meanings are in Slack's app manifest reference. */
export type SlackManifest = AppsManifestCreateArguments['manifest'];

/** How Slack reaches us. `url` is the whole request URL: `https://lastgood.example.com/slack/events`. */
export type SlackMode = { readonly mode: 'http'; readonly url: string } | { readonly mode: 'socket' };

/** The Slack app that this code needs, and nothing that it does not use. */
export function slackManifest(how: SlackMode): SlackManifest {
  const url = how.mode === 'http' ? { url: how.url } : {};
  const requestUrl = how.mode === 'http' ? { request_url: how.url } : {};
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name: 'Lastgood',
      description: 'From an alert back to the last good release, and on to the post-mortem',
    },
    features: {
      // Without the Messages tab Slack takes no direct message to a person, and pages are direct messages.
      app_home: {
        home_tab_enabled: false,
        messages_tab_enabled: true,
        messages_tab_read_only_enabled: true,
      },
      bot_user: { display_name: 'lastgood', always_online: true },
      slash_commands: slashCommands.map((command) => slashCommand(command, url)),
    },
    oauth_config: {
      scopes: {
        bot: Object.keys(scopes) as (keyof typeof scopes)[],
      },
    },
    settings: {
      event_subscriptions: {
        ...requestUrl,
        bot_events: ['message_metadata_posted'],
        metadata_subscriptions: [{ app_id: '*', event_type: 'canary_health' }],
      },
      interactivity: { is_enabled: true, ...requestUrl },
      org_deploy_enabled: false,
      socket_mode_enabled: how.mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}

/** Every scope with the reason for it. */
export const scopes = {
  commands: 'the slash commands above',
  'chat:write': 'cards, threads, pages and answers',
  'users:read': 'who is behind a command or a click, and whether it is a guest, a bot or a closed account',
  // An app that was installed without the next four works, and posts twice after a lost answer.
  'channels:history': 'whether a message is there already before it is posted again, in public conversations',
  'groups:history': 'the same in private conversations',
  'im:history': 'the same in direct messages, which pages are',
  'im:write': 'to open the direct message in which to look',
  'metadata.message:read': 'what release bots report by the metadata of their messages',
} as const;

/** The manifest as Slack's page takes it, with the reasons beside it. */
export function slackManifestFile(how: SlackMode): string {
  const document = new Document(slackManifest(how));
  document.commentBefore =
    how.mode === 'socket'
      ? ` The Slack app of Lastgood, for Socket Mode: nothing has to reach you from outside. Paste it at\n` +
        ` https://api.slack.com/apps → Create New App → From a manifest. Over HTTPS instead:\n` +
        ` lastgood manifest slack --http https://lastgood.example.com`
      : ` The Slack app of Lastgood, for requests over HTTPS. Paste it at\n` +
        ` https://api.slack.com/apps → Create New App → From a manifest.`;
  const asked = document.getIn(['oauth_config', 'scopes', 'bot']);
  for (const item of isSeq(asked) ? asked.items : [])
    if (isScalar(item)) item.comment = ` ${scopes[String(item.value) as keyof typeof scopes]}`;
  const heard = document.getIn(
    ['settings', 'event_subscriptions', 'metadata_subscriptions', 0, 'app_id'],
    true,
  );
  if (isScalar(heard)) heard.comment = ' only those under release_bots in health.yml are listened to';
  return document.toString({ lineWidth: 0 });
}

function slashCommand(
  command: string,
  url: { readonly url?: string },
): { command: string; description: string; usage_hint?: string; url?: string } {
  const family = verbs.filter((verb) => verb.command === command);
  const hint = usageHint(family);
  return {
    command: `/${command}`,
    ...url,
    description: describe(family),
    ...(hint === '' ? {} : { usage_hint: hint }),
  };
}

/** Slack shows one line while a person types. */
function describe(family: readonly Verb[]): string {
  const [first] = family;
  if (!first) return '';
  const isAll = family.length === 1 || first.word === undefined;
  return isAll ? first.summary : `${first.summary}. For the rest: /lastgood help`;
}

/** `<channel> <version>` for a command with one verb, `[set <channel>]` behind a bare one, `ack|resolve …` for many. */
function usageHint(family: readonly Verb[]): string {
  const words = family.flatMap(({ word }) => word ?? []);
  if (words.length > 1) return `${words.join('|')} …`;
  const [first, second] = family.map((verb) => sayUsage(verb).slice(`/${verb.command}`.length).trim());
  return second === undefined ? (first ?? '') : `${first} [${second}]`.trim();
}
