import type { AppsManifestCreateArguments } from '@slack/web-api';
import { stringify } from 'yaml';
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
        // The last four are for looking whether a message is there before it is posted again, conversations and direct
        // messages alike. An app that was installed without them works, and posts twice after a lost answer.
        bot: [
          'commands',
          'chat:write',
          'users:read',
          'channels:history',
          'groups:history',
          'im:history',
          'im:write',
        ],
      },
    },
    settings: {
      interactivity: { is_enabled: true, ...requestUrl },
      org_deploy_enabled: false,
      socket_mode_enabled: how.mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}

/** The manifest as Slack's page takes it. */
export function manifestYaml(manifest: SlackManifest): string {
  return stringify(manifest, { lineWidth: 0 });
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
