import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { CommandModule } from 'yargs';
import { apiError } from '../http/api/command-shapes.ts';
import { flush } from '../store/durable-file.ts';
import { reveal } from '../trust/secrets.ts';
import { readBotAddress } from './bot-address.ts';
import { botSettings } from './bot-settings.ts';
import { environmentHere } from './environment.ts';
import { exitCode, Stop } from './exit.ts';
import { printable } from './print.ts';
import { withProgress } from './progress.ts';

/** `lastgood backup`: all that the running bot has stored, as a file here. */
export const backupCommand: CommandModule = {
  command: 'backup',
  describe: 'Fetch all that the running bot has stored, as one file; takes a token of a lead',
  builder: (parser) =>
    parser.options({
      offline: {
        type: 'boolean',
        default: false,
        describe: 'Of the store of bots that are all down (DATA_DIR or DATABASE_URL)',
      },
      out: {
        type: 'string',
        default: '.',
        describe: 'The file; or the folder that it goes into, with a / behind it when it is new',
      },
    }),
  handler: async (given) => {
    const out = String(given['out']);
    const making = given['offline'] === true ? backUpHere(out) : fetchFrom(out);
    const { path, size } = await withProgress('Backing up', making, { quiet: false });
    process.stdout.write(
      `${path} (${(size / 1e6).toFixed(1)} MB) holds all that is stored. Keep it private, and elsewhere. To go back to it: lastgood restore ${path}\n`,
    );
  },
};

interface Made {
  readonly path: string;
  readonly size: number;
}

async function backUpHere(out: string): Promise<Made> {
  const { dataDir, databaseUrl } = botSettings(environmentHere(), ['DATA_DIR', 'DATABASE_URL']);
  const [
    { backupName },
    { makeBackup },
    { closeDatabase, openDatabase },
    { backUpPostgres },
    { isStoreThere, storePath },
    { sayStartFailure },
  ] = await Promise.all([
    import('../store/backup-name.ts'),
    import('../store/backup-file.ts'),
    import('../store/sqlite-open.ts'),
    import('../store/postgres-backup.ts'),
    import('../store/store-path.ts'),
    import('../bot/start-failure.ts'),
  ]);
  try {
    const path = await placeOf(out, backupName(Date.now()));
    // A file that is named is replaced, as by a backup of the running bot.
    const replaces = path === out;
    const own = storePath(dataDir);
    if (databaseUrl) await backUpPostgres(databaseUrl, path, { folder: dirname(resolve(path)), replaces });
    else if (!(await isStoreThere(own)))
      throw new Stop(exitCode.configuration, `There is no store at ${own}.`);
    else if (resolve(path) === resolve(own))
      throw new Stop(exitCode.configuration, `${path} is the store itself. Give the backup another name.`);
    else {
      const db = openDatabase(own);
      try {
        // One file, so that it can be copied; and the lock stays.
        db.exec('PRAGMA journal_mode = DELETE');
        await makeBackup(own, path, { replaces });
      } finally {
        closeDatabase(db);
      }
    }
    return { path, size: (await stat(path)).size };
  } catch (error) {
    if (error instanceof Stop) throw error;
    const { exitCode: code, message } = sayStartFailure(error);
    throw new Stop(code, message, { cause: error });
  }
}

async function placeOf(out: string, name: string): Promise<string> {
  // Why it cannot be looked at, whoever writes there is told.
  const isFolder = out.endsWith('/') || (await stat(out).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(out, name) : out;
}

async function fetchFrom(out: string): Promise<Made> {
  const { url, token: hidden } = readBotAddress(environmentHere());
  const token = reveal(hidden);
  const response = await fetch(`${url}api/v1/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'x-lastgood-via': 'terminal' },
    redirect: 'manual',
  }).catch((error: unknown) => {
    throw new Stop(exitCode.failed, `The bot at ${url} cannot be reached. Is it running?`, { cause: error });
  });
  const name = /filename="(lastgood-[\d-]+\.db)"/.exec(
    response.headers.get('content-disposition') ?? '',
  )?.[1];
  if (response.status !== 200 || !response.body || name === undefined) {
    const said = apiError.safeParse(await response.json().catch(() => undefined)).data?.error;
    throw new Stop(
      response.status === 401 ? exitCode.configuration : exitCode.failed,
      printable(
        said ?? `${url} made no backup (status ${response.status}). Does LASTGOOD_URL lead to Lastgood?`,
      ),
    );
  }
  const path = await placeOf(out, name);
  await keep(response.body, path).catch((error: unknown) => {
    throw new Stop(exitCode.failed, `${path} could not be written: ${String(error)}. There is no backup.`, {
      cause: error,
    });
  });
  return { path, size: (await stat(path)).size };
}

/** Under its name only when it is whole, and on the disk. */
async function keep(body: ReadableStream, path: string): Promise<void> {
  const folder = dirname(resolve(path));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await pipeline(Readable.fromWeb(body), createWriteStream(temporary, { mode: 0o600, flags: 'wx' }));
    await flush(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
