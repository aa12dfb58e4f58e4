import { basename, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { sayDate } from '../core/time.ts';
import type { Held } from '../store/restore.ts';
import { botSettings } from './bot-settings.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop } from './exit.ts';

/** `lastgood restore FILE`: goes back to a backup, while the bot is down. */
export const restoreCommand: CommandModule = {
  command: 'restore <file>',
  describe: 'Put a backup in the place of the store (DATA_DIR or DATABASE_URL), while the bot is down',
  builder: (parser) =>
    parser
      .positional('file', { type: 'string', demandOption: true, describe: 'What lastgood backup has made' })
      .options({
        'even-if-changed': {
          type: 'boolean',
          default: false,
          describe: 'Also when its records are not as they were written',
        },
      }),
  handler: async (given) => {
    const file = String(given['file']);
    const evenIfChanged = given['even-if-changed'] === true;
    const { dataDir, databaseUrl } = botSettings(environmentHere(), ['DATA_DIR', 'DATABASE_URL']);
    const [{ restore }, { sayStartFailure }, { storePath }] = await Promise.all([
      import('../store/restore.ts'),
      import('../bot/start-failure.ts'),
      import('../store/store-path.ts'),
    ]);
    const path = resolve(storePath(dataDir));
    const kept = await restore(
      file,
      { path, database: databaseUrl },
      {
        now: Date.now(),
        holds: (held) => {
          process.stdout.write(`${sayHeld(basename(file), held)}\n`);
          if (held.changed && !evenIfChanged)
            throw new Stop(
              exitCode.failed,
              `${held.changed.where} ${held.changed.what}. Nothing was replaced. Take another backup; or, if you know why, say --even-if-changed.`,
            );
        },
      },
    ).catch((error: unknown) => {
      if (error instanceof Stop) throw error;
      const { exitCode: code, message } = sayStartFailure(error);
      throw new Stop(code, message, { cause: error });
    });
    const [place, was] = databaseUrl ? ['the database of DATABASE_URL', `the schema ${kept}`] : [path, kept];
    process.stdout.write(
      `It is in its place, ${place}. ${kept === undefined ? 'Nothing was there.' : `What was there is kept as ${was}.`} Start the bot: it says in the ` +
        'emergency conversation what was open then, calls nobody for what is past, and begins nothing that was approved before.\n',
    );
  },
};

function sayHeld(name: string, { from, newestEvent, incidents, operations }: Held): string {
  const some = (ids: readonly string[]): string =>
    ids.length === 0
      ? 'none'
      : ids.length > 10
        ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more`
        : ids.join(', ');
  return [
    `${name} is whole. It ends at ${sayDate(from)}; the last thing that happened in it, at ${newestEvent === undefined ? '–' : sayDate(newestEvent)}.`,
    `Open incidents: ${some(incidents)}. Open operations: ${some(operations)}.`,
  ].join('\n');
}
