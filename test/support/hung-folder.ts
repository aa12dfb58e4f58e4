import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder as one on a network that has gone away: whatever is asked of it hangs. */
export interface HungFolder {
  readonly path: string;
  /** Whoever hangs hears that it is broken, and it is gone. */
  readonly release: () => void;
}

/** Why there can be none here; undefined when there can. */
export const withoutHungFolders: string | undefined = whyNot();

function whyNot(): string | undefined {
  try {
    hungFolder().release();
    return undefined;
  } catch {
    return '(only root may mount one, where there is /dev/fuse)';
  }
}

/** A file system in user space, of which we are the program, and never answer. */
export function hungFolder(): HungFolder {
  const device = openSync('/dev/fuse', 'r+');
  const path = mkdtempSync(join(tmpdir(), 'lastgood-hung-'));
  try {
    // The fourth file of the program that mounts.
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    execFileSync('mount', ['-i', '-t', 'fuse', '-o', options, 'lastgood-test', path], {
      stdio: ['ignore', 'ignore', 'ignore', device],
    });
  } catch (error) {
    closeSync(device);
    rmdirSync(path);
    throw error;
  }
  return {
    path,
    release: () => {
      closeSync(device);
      execFileSync('umount', ['--lazy', path]);
      rmdirSync(path);
    },
  };
}
