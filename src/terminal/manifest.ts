import type { CommandModule } from 'yargs';
import { slackManifestFile } from '../slack/manifest.ts';

/** `lastgood manifest slack [--http URL]`: the Slack app that this version needs, to paste into Slack's page. */
const slack: CommandModule<object, { readonly http?: string | undefined }> = {
  command: 'slack',
  describe: "Print the Slack app's manifest",
  builder: (parser) =>
    parser.option('http', {
      type: 'string',
      describe: 'Where Slack reaches the bot (https://lastgood.example.com), if it is not to use Socket Mode',
      coerce: requestUrl,
    }),
  handler: ({ http }) => {
    process.stdout.write(
      slackManifestFile(http === undefined ? { mode: 'socket' } : { mode: 'http', url: http }),
    );
  },
};

export const manifestCommand: CommandModule = {
  command: 'manifest',
  describe: 'What other systems need to know of us',
  builder: (parser) => parser.command(slack).demandCommand(1, 'Say whose: slack.'),
  handler: () => undefined,
};

/** Slack calls only https; the path is ours. */
function requestUrl(base: string): string {
  if (!URL.canParse(base) || new URL(base).protocol !== 'https:') {
    throw new Error(`--http takes an https URL such as https://lastgood.example.com, not “${base}”`);
  }
  return new URL('/slack/events', base).href;
}
