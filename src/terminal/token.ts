import { randomBytes } from 'node:crypto';
import type { CommandModule } from 'yargs';
import { sha256Hex } from '../trust/sha256.ts';

/** `lastgood token create <source>`: a bearer token for a webhook. Only its hash is ever stored. */
const create: CommandModule<object, { readonly source: string }> = {
  command: 'create <source>',
  describe: 'Make a token for a webhook source, and its line for WEBHOOK_TOKENS',
  builder: (parser) =>
    parser.positional('source', { type: 'string', demandOption: true, describe: 'alertmanager, generic, …' }),
  handler: ({ source }) => {
    const token = randomBytes(32).toString('base64url');
    const setting = JSON.stringify({ [source]: [sha256Hex(token)] });
    console.log(`Give this token to ${source}; it is shown only now:\n\n  ${token}\n`);
    console.log(`Add its hash to the bot's environment:\n\n  WEBHOOK_TOKENS='${setting}'`);
  },
};

export const tokenCommand: CommandModule = {
  command: 'token',
  describe: 'Bearer tokens for those who call us',
  builder: (parser) => parser.command(create).demandCommand(1, 'Say what to do: create.'),
  handler: () => undefined,
};
