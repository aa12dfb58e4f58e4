import { execFile } from 'node:child_process';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sayDuration, type Milliseconds } from '../core/time.ts';
import { unfinishedName } from './backup-name.ts';
import { StoreUnavailable } from './store.ts';

const run = promisify(execFile);

/**
 * A file of 340 MB (a million events) takes 5 s: so this is for one of a hundred times the size, also where the disk is
 * slower by much. A folder on a network that has gone away never answers.
 */
const longestMaking: Milliseconds = 30 * 60_000;
const longestCleaning: Milliseconds = 2_000;
/** A folder is listed in milliseconds, and a few files are gone soon after. */
const longestLooking: Milliseconds = 60_000;

/**
 * Copies the file of a database, which stays as it is meanwhile, to where nobody ever sees a part of the copy: it is made
 * beside, looked through and only then given its name, all by another process (`backup-worker.ts`).
 * @param to where no file is yet, unless it may be replaced
 * @param options.replaces a file of that name, which somebody has named; any other may be that of another bot
 * @param options.signal then it is not waited for any longer
 * @param options.limit as if that came after so long; left out: what is enough for any
 * @throws StoreUnavailable when it cannot be made, is damaged, or was given up. What there is of it is taken away then, if
 * its folder answers.
 */
export async function makeBackup(
  from: string,
  to: string,
  options: {
    readonly replaces?: boolean;
    readonly signal?: AbortSignal;
    readonly limit?: Milliseconds;
  } = {},
): Promise<void> {
  const { replaces = false, signal, limit = longestMaking } = options;
  const place = resolve(to);
  const temporary = join(dirname(place), unfinishedName(basename(place)));
  try {
    const verb = replaces ? 'replace' : 'make';
    await work([verb, resolve(from), temporary, place, String(process.pid)], limit, signal);
  } catch (error) {
    const unfinished = await remove(temporary);
    throw new StoreUnavailable(`The backup ${to} could not be made: ${(error as Error).message}`, {
      cause: unfinished === undefined ? error : new AggregateError([error, unfinished]),
    });
  }
}

/** @returns why it could not be taken away; a later backup does it then (`tidyBackups`) */
async function remove(temporary: string): Promise<unknown> {
  try {
    await work(['remove', temporary], longestCleaning);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The backups of a folder by their names, the newest first; none where there is no folder. */
export async function backupsIn(dir: string, signal?: AbortSignal): Promise<readonly string[]> {
  return JSON.parse(await work(['list', resolve(dir)], longestLooking, signal)) as readonly string[];
}

/**
 * Takes away all but the newest of the nightly backups of a store, and what backups that were killed have left there.
 * @param store its id
 * @returns how many backups that were
 */
export async function tidyBackups(dir: string, kept: number, store: string): Promise<number> {
  return Number(await work(['tidy', resolve(dir), String(kept), store], longestLooking));
}

/**
 * @returns what the worker prints
 * @throws an error that says why it failed, or was given up
 */
async function work(given: readonly string[], limit: Milliseconds, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const killing = new AbortController();
  const tooLong = new Error(`it took longer than ${sayDuration(limit)}; does its folder answer?`);
  const late = setTimeout(() => killing.abort(tooLong), limit);
  const stop = (): void => killing.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const working = run(process.execPath, [programPath(), ...given], {
    signal: killing.signal,
    killSignal: 'SIGKILL',
  });
  try {
    return (await working).stdout;
  } catch (error) {
    if (!killing.signal.aborted) throw new Error(whyItFailed(error), { cause: error });
    // What hangs in the middle of a write may not even end by being killed: nobody waits for it.
    working.child.unref();
    throw killing.signal.reason;
  } finally {
    clearTimeout(late);
    signal?.removeEventListener('abort', stop);
  }
}

/** What the worker says last. */
function whyItFailed(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  return /^\w*Error: (.*)$/m.exec(said)?.[1] ?? error.message;
}

function programPath(): string {
  const here = fileURLToPath(import.meta.url);
  // Tests run from the sources, which Node 20 does not.
  const built = here.endsWith('.ts') ? '../../dist/src/store' : '.';
  return resolve(dirname(here), built, 'backup-worker.js');
}
