import type { CommandModule } from 'yargs';
import { theLast } from './the-last.ts';

const webhook: CommandModule<object, { readonly source: string }> = {
  command: 'webhook <source>',
  describe: 'For a system that posts its alerts to us: alertmanager, generic, …',
  builder: (parser) =>
    parser.positional('source', { type: 'string', demandOption: true, describe: 'Who sends the token' }),
  handler: async ({ source }) => (await import('./webhook-token.ts')).createWebhookToken(source),
};

const api: CommandModule<
  object,
  {
    readonly name: string;
    readonly person: string | undefined;
    readonly role: readonly string[] | undefined;
  }
> = {
  command: 'api <name>',
  describe: 'For the API and this terminal, in the name of a person or of a program',
  builder: (parser) =>
    parser
      .positional('name', { type: 'string', demandOption: true, describe: 'ana-laptop, deploy-bot, …' })
      .option('person', {
        type: 'string',
        requiresArg: true,
        coerce: theLast,
        describe: 'Whose word it is: their key in roster.yml. Without, it may ask but never approve',
      })
      .option('role', {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'responder, approver, lead, reader, or release-bot (without --person); by default all that the person has',
      }),
  handler: async (asked) => (await import('./api-token.ts')).createApiToken(asked),
};

/** `lastgood token create`: bearer tokens for those who call us. Only their hashes are ever stored. */
export const tokenCommand: CommandModule = {
  command: 'token',
  describe: 'Make bearer tokens for those who call us',
  builder: (parser) =>
    parser
      .command({
        command: 'create',
        describe: 'Make a token, and the line of the setting that lets it in',
        builder: (create) =>
          create
            .command(webhook)
            .command(api)
            // As it was before there were two kinds.
            .command({ ...webhook, command: '$0 <source>', describe: false }),
        handler: () => undefined,
      })
      .demandCommand(1, 'Say what to do: create.'),
  handler: () => undefined,
};
