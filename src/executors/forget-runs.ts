import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Instant } from '../core/time.ts';
import { isThere, readClaim } from './command-folder.ts';

/** Removes what commands left that were last heard of before then, output and all; how many. */
export async function forgetRuns(dataDir: string, before: Instant): Promise<number> {
  const root = join(dataDir, 'runs');
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let forgotten = 0;
  // What is no folder is none of ours, and must not keep us from the others.
  for (const folder of entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))) {
    // Its time changes with every file that comes into it, the result last.
    const { mtimeMs } = await stat(folder);
    const claim = readClaim(folder);
    const runs = claim !== undefined && 'pid' in claim && isThere(claim) === true;
    if (mtimeMs >= before || runs) continue;
    await rm(folder, { recursive: true });
    forgotten += 1;
  }
  return forgotten;
}
