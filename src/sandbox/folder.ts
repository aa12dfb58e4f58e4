import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Says that everything here is a sandbox's, and which process has it open. */
const markFile = '.lastgood-sandbox';

export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/**
 * Takes a folder for a world, in which each start wipes what the one before has left.
 * @throws FolderTaken when files would be lost that are not a sandbox's, or that another one is working with
 */
export async function takeFolder(root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  const mark = join(root, markFile);
  if (existsSync(mark)) {
    const holder = Number(await readFile(mark, 'utf8'));
    if (holder !== process.pid && isRunning(holder)) {
      throw new FolderTaken(
        `${root} belongs to a sandbox that is open (process ${holder}). Close it, or choose another folder with --data.`,
      );
    }
  } else if ((await readdir(root)).length > 0) {
    throw new FolderTaken(
      `${root} holds files that are not a sandbox's; they would be lost. Choose another folder with --data.`,
    );
  }
  await writeFile(mark, String(process.pid));
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
