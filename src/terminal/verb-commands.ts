import type { Argv, CommandModule } from 'yargs';
import { slashCommands, verbs } from '../../commands/index.ts';
import { sayVerb } from './say-verb.ts';
import { theLast } from './the-last.ts';
import { verbHelp, verbList } from './verb-help.ts';

interface Options {
  readonly json: boolean;
  readonly wait: boolean;
  readonly offline: boolean;
  readonly as: string | undefined;
  readonly help: boolean;
}

type VerbCommand = CommandModule<object, Options>;

/**
 * Every verb as a command, from the same definitions as in Slack. yargs finds the options and prints the help; the
 * words themselves go to the bot as they were typed, and are read there.
 * @param taken names that commands of the terminal itself have
 */
export function verbCommands(taken: readonly string[]): readonly VerbCommand[] {
  return slashCommands.flatMap((command) => {
    const family = verbs.filter((verb) => verb.command === command);
    const words = family.flatMap((verb) =>
      verb.word === undefined ? [] : [verbCommand(verb.word, verbHelp(verb), command)],
    );
    // `/lastgood doctor` is `lastgood doctor` here.
    if (command === 'lastgood') return words.filter(({ command: name }) => !taken.includes(String(name)));
    const [only, another] = family;
    const help = only && !another ? verbHelp(only) : verbList(family);
    return [verbCommand(command, help, command, words)];
  });
}

function verbCommand(
  name: string,
  help: string,
  command: string,
  words: readonly VerbCommand[] = [],
): VerbCommand {
  let own: Argv<Options> | undefined;
  return {
    command: name,
    describe: false,
    builder: (parser) => {
      own = parser.usage(help).options(options);
      for (const word of words) own.command(word);
      return own;
    },
    handler: async ({ _: typed, json, wait, offline, as, help: asked }) => {
      if (asked) {
        own?.showHelp('log');
        return;
      }
      const line = (command === 'lastgood' ? typed : typed.slice(1)).join(' ');
      process.exitCode = await sayVerb({ command, line }, { json, wait, offline, as });
    },
  };
}

const flag = { type: 'boolean', default: false } as const;

/** Of each verb; not of other commands, which would take them and not heed them. */
const options = {
  json: { ...flag, describe: 'Print the answer as JSON and nothing else' },
  wait: { ...flag, describe: 'Follow the operation until it has ended' },
  offline: { ...flag, describe: 'The bot is down: work on its store, on its machine' },
  as: {
    type: 'string',
    requiresArg: true,
    coerce: theLast,
    describe: 'With --offline: who you are, by your key in roster.yml',
  },
  help: { ...flag, describe: 'Print this' },
} as const;

/** At the top they may stand before the verb: `lastgood --json channels`. */
export const flagsBeforeVerbs = Object.entries(options).flatMap(([name, { type }]) =>
  type === 'boolean' ? [name] : [],
);
