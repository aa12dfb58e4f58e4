import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Instant } from '../core/time.ts';
import { flush } from './durable-file.ts';
import { StoreUnavailable } from './store.ts';

const run = promisify(execFile);

/**
 * Makes a file of which nobody ever sees a part: written beside, sealed (`seal-copy.ts`), renamed.
 * @param write writes a database under a temporary name, unless it names the file of one that is to be copied
 * @param signal gives up; then nothing is left of it
 * @throws StoreUnavailable when it cannot be written, or is damaged
 */
export async function makeBackup(
  to: string,
  write: (temporary: string) => Promise<{ readonly copyOf: string } | undefined>,
  signal?: AbortSignal,
): Promise<void> {
  const folder = dirname(resolve(to));
  const temporary = join(folder, `.${basename(to)}.${randomUUID()}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const from = await write(temporary);
    await run(process.execPath, [programPath(), temporary, ...(from ? [from.copyOf] : [])], { signal });
    await rename(temporary, to);
    await flush(folder);
  } catch (error) {
    // Where nothing could be written, there is nothing to take away either.
    for (const end of ['', '-journal', '-wal'])
      await rm(`${temporary}${end}`, { force: true }).catch(() => {});
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`The backup ${to} could not be made: ${reasonOf(error)}`, { cause: error });
  }
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
