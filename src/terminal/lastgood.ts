#!/usr/bin/env node
import { hideBin } from 'yargs/helpers';
import yargs, { type Argv, type CommandModule } from 'yargs';
import { auditCommand } from './audit.ts';
import { backupCommand } from './backup.ts';
import { suggest } from './completion.ts';
import { noSuch } from './did-you-mean.ts';
import { doctorCommand } from './doctor.ts';
import { exitCode, Stop } from './exit.ts';
import { keyCommand } from './key.ts';
import { manifestCommand } from './manifest.ts';
import { migrateCommand } from './migrate.ts';
import { overview } from './overview.ts';
import { restoreCommand } from './restore.ts';
import { tokenCommand } from './token.ts';
import { flagsBeforeVerbs, verbCommands } from './verb-commands.ts';
import { ownVersion } from './version.ts';

/**
 * What is done here, whether the bot runs or not. Adding a command is one file and one line; what it needs that is slow
 * to load, it imports when it runs.
 */
const own: readonly CommandModule[] = [
  doctorCommand,
  manifestCommand,
  tokenCommand,
  keyCommand,
  migrateCommand,
  backupCommand,
  restoreCommand,
  auditCommand,
];

const help: CommandModule = {
  command: 'help',
  describe: 'Print this',
  handler: () => void process.stdout.write(`${overviewHere}\n`),
};
const completion = {
  command: 'completion',
  describe: 'Print a script for bash or zsh; to use it: lastgood completion >> ~/.bashrc, or ~/.zshrc',
};
const named = [...own, help, completion].map(({ command, describe }) => ({
  name: String(command),
  describe: String(describe),
}));
const names = named.map(({ name }) => name);
const verbs = verbCommands(names);
const verbNames = verbs.map(({ command }) => String(command));
const overviewHere = overview(named);

/** No command, which is answered with help, as in Slack; or a word that is none. */
const otherwise: CommandModule<object, { readonly help: boolean; readonly version: boolean }> = {
  command: '$0',
  describe: false,
  builder: (parser) =>
    parser.options({
      help: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
    }),
  handler: ({ _: [word], version }) => {
    if (word !== undefined) throw noSuch('command', String(word), [...verbNames, ...names]);
    process.stdout.write(`${version ? ownVersion() : overviewHere}\n`);
  },
};

async function main(): Promise<void> {
  const parser = yargs(helpAsOption(hideBin(process.argv)))
    .scriptName('lastgood')
    .detectLocale(false)
    // What is typed goes on as it was typed: 1.10 is no number, and `--no-x` no option of ours.
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'boolean-negation': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'short-option-groups': false,
    })
    // yargs would take a last word “help” for the option, and that is a word like any other in a reason.
    .help(false)
    .version(false)
    .options(Object.fromEntries(flagsBeforeVerbs.map((flag) => [flag, { type: 'boolean', global: false }])))
    .strictOptions()
    .wrap(null)
    .completion(completion.command, completion.describe)
    .fail((message: string | null, error, failed) => {
      if (message === null) throw error;
      failed.showHelp((text) => {
        throw new Stop(exitCode.usage, [sayMistake(message), '', text].join('\n'));
      });
    });
  for (const command of own) parser.command(closed(command));
  parser.command(help);
  for (const command of verbs) parser.command(command);
  const [first, , ...typed] = process.argv.slice(2);
  // Asked by the script that `completion` prints, with the line so far.
  if (first === '--get-yargs-completions') {
    const words = await suggest(typed, [...verbNames, ...names], (line) => parser.getCompletion(line));
    return void process.stdout.write(words.map((word) => `${word}\n`).join(''));
  }
  await parser.command(otherwise).parseAsync();
}

/** `help rollback` is `rollback --help`. */
function helpAsOption(words: readonly string[]): readonly string[] {
  const [first, ...about] = words;
  const [command = '-'] = about;
  return first === 'help' && command !== 'help' && !command.startsWith('-') ? [...about, '--help'] : words;
}

/** A command of ours knows all its words, and tells them. */
function closed(command: CommandModule): CommandModule {
  const { builder } = command;
  return {
    ...command,
    builder: (parser) => {
      const strict = parser.help().strict();
      // None of ours is asynchronous, which the type of a command leaves open.
      return typeof builder === 'function' ? (builder as (strict: Argv) => Argv)(strict) : strict;
    },
  };
}

/** In our words where yargs' own are about yargs. */
function sayMistake(message: string): string {
  if (message.startsWith('Not enough non-option arguments')) return 'A word is missing.';
  const saysSomething = verbNames.includes(process.argv[2] ?? '') && message.startsWith('Unknown argument');
  return saysSomething ? `${message}\nIf that is a word of what you say, put -- before it.` : message;
}

main().catch((error: unknown) => {
  if (!(error instanceof Stop)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code;
});
