import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sayDuration, type Instant, type Milliseconds } from '../core/time.ts';
import { flush } from './durable-file.ts';
import { StoreUnavailable } from './store.ts';

const run = promisify(execFile);

/** A hundred times what a million events take; a folder on a network that has gone away never answers. */
const longestBackup: Milliseconds = 10 * 60_000;
const longestCleaning: Milliseconds = 2_000;

/**
 * Makes a file of which nobody ever sees a part: written beside, sealed (`seal-copy.ts`), renamed.
 * @param write writes a database under a temporary name, unless it names the file of one that is to be copied
 * @param options.giveUp then it is not waited for any longer, and nothing is left of it; also happens when it takes too long
 * @throws StoreUnavailable when it cannot be written, is damaged, or was given up
 */
export async function makeBackup(
  to: string,
  write: (temporary: string) => Promise<{ readonly copyOf: string } | undefined>,
  options: { readonly giveUp?: AbortController; readonly limit?: Milliseconds } = {},
): Promise<void> {
  const { giveUp = new AbortController(), limit = longestBackup } = options;
  const folder = dirname(resolve(to));
  const temporary = join(folder, `.${basename(to)}.${randomUUID()}.tmp`);
  const tooLong = new Error(`it took longer than ${sayDuration(limit)}; does its folder answer?`);
  const late = setTimeout(() => giveUp.abort(tooLong), limit);
  const orGiveUp = unlessGivenUp(giveUp.signal);
  try {
    await orGiveUp(mkdir(folder, { recursive: true, mode: 0o700 }));
    const from = await write(temporary);
    const sealing = [programPath(), temporary, ...(from ? [from.copyOf] : [])];
    // What hangs in the middle of a write hears of nothing else, and may not even end by this: it is not waited for.
    await run(process.execPath, sealing, { signal: giveUp.signal, killSignal: 'SIGKILL' });
    await orGiveUp(rename(temporary, to));
    await orGiveUp(flush(folder));
  } catch (error) {
    const files = ['', '-journal', '-wal'].map((end) => `${temporary}${end}`);
    // Where nothing could be written, there is nothing to take away either.
    const cleaning = Promise.allSettled(files.map((file) => rm(file, { force: true })));
    await Promise.race([cleaning, sleep(longestCleaning, undefined, { ref: false })]);
    if (error instanceof StoreUnavailable) throw error;
    const why = reasonOf(giveUp.signal.aborted ? giveUp.signal.reason : error);
    throw new StoreUnavailable(`The backup ${to} could not be made: ${why}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
}

/** What the work answers, or a rejection as soon as it is given up, whether or not it ever ends. */
function unlessGivenUp(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T> {
  return (work) =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason as Error);
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
      void work.then(resolve, reject).then(() => signal.removeEventListener('abort', giveUp));
    });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What the program says last of why it failed.
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
  return /^\w*Error: (.*)$/m.exec(said)?.[1] ?? error.message;
}

function programPath(): string {
  const here = fileURLToPath(import.meta.url);
  // Tests run from the sources, which Node 20 does not.
  const built = here.endsWith('.ts') ? '../../dist/src/store' : '.';
  return resolve(dirname(here), built, 'seal-copy.js');
}

/** `lastgood-2026-11-22-023700.db`: in the order of their names they are in the order of time. */
export function backupName(at: Instant): string {
  return `lastgood-${new Date(at).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')}.db`;
}

const ofOurs = /^lastgood-(\d{4}-\d\d-\d\d)-(\d\d)(\d\d)(\d\d)\.db$/;

/** The backups of a folder by their names, the newest first. */
export async function backupsIn(dir: string): Promise<readonly string[]> {
  return (await readdir(dir))
    .filter((name) => ofOurs.test(name))
    .toSorted()
    .toReversed();
}

/** When it was made, as its name says. */
export function backupTime(name: string): Instant {
  return Date.parse(name.replace(ofOurs, '$1T$2:$3:$4Z'));
}
