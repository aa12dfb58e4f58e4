import type { CommandModule } from 'yargs';
import { botSettings } from './bot-settings.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop } from './exit.ts';
import { withProgress } from './progress.ts';

const sqliteToPostgres: CommandModule = {
  command: 'sqlite-to-postgres',
  describe: 'Copy the store in DATA_DIR into the empty database of DATABASE_URL, while the bot is down',
  handler: async () => {
    const { dataDir, databaseUrl } = botSettings(environmentHere(), ['DATA_DIR', 'DATABASE_URL']);
    if (!databaseUrl)
      throw new Stop(exitCode.configuration, 'DATABASE_URL is not set: say which database it goes to.');
    const [{ copyToPostgres }, { sayStartFailure }, { storePath }] = await Promise.all([
      import('../store/sqlite-to-postgres.ts'),
      import('../bot/start-failure.ts'),
      import('../store/store-path.ts'),
    ]);
    const path = storePath(dataDir);
    const copying = copyToPostgres(path, databaseUrl).catch((error: unknown) => {
      const { exitCode: code, message } = sayStartFailure(error);
      throw new Stop(code, message, { cause: error });
    });
    const rows = await withProgress('Copying', copying, { quiet: false });
    process.stdout.write(
      `${rows} rows have been copied. Start the bot with this DATABASE_URL, and never again without it: ` +
        `${path} is what was until now. Keep it as a backup, elsewhere.\n`,
    );
  },
};

/** `lastgood migrate sqlite-to-postgres`: from one machine to several. */
export const migrateCommand: CommandModule = {
  command: 'migrate',
  describe: 'Bring what is stored from SQLite to PostgreSQL',
  builder: (parser) =>
    parser.command(sqliteToPostgres).demandCommand(1, 'Say what to do: sqlite-to-postgres.'),
  handler: () => undefined,
};
