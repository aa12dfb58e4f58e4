import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The file's text; undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Replaces the file as a whole: whoever reads it, and whenever the power fails, finds the old text or the new one.
 * When it resolves, the new text is on disk under its name.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `${temporaryPrefix(path)}${randomUUID()}.tmp`);
  try {
    await throughHandle(temporary, 'wx', async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The rename itself is only durable with the folder.
  await flush(dirname(path));
}

/** Of a file, what stands in it; of a folder, which names are in it. When it resolves, that is on disk. */
export function flush(path: string): Promise<void> {
  return throughHandle(path, 'r', (handle) => handle.sync());
}

/** Creates the folder where it is missing, and removes what replacements of this file left when they were killed. */
export async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const stale = (await readdir(folder)).filter(
    (name) => name.startsWith(temporaryPrefix(path)) && name.endsWith('.tmp'),
  );
  await Promise.all(stale.map((name) => rm(join(folder, name))));
}

function temporaryPrefix(path: string): string {
  return `.${basename(path)}.`;
}

async function throughHandle(
  path: string,
  flags: string,
  use: (handle: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
