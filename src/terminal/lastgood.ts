#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import yargs from 'yargs';
import { manifestCommand } from './manifest.ts';
import { tokenCommand } from './token.ts';

/** `lastgood <command>`: what a platform engineer needs before the bot runs. Adding a command is one file and one line. */
await yargs(hideBin(process.argv))
  .scriptName('lastgood')
  .usage('$0 <command>')
  .command(manifestCommand)
  .command(tokenCommand)
  .demandCommand(1, 'Say which command; they are listed above.')
  .strict()
  .fail((message, error, parser) => {
    console.error(`${message ?? error.message}\n`);
    parser.showHelp('error');
    process.exit(2);
  })
  .version(false)
  .help()
  .parseAsync();
