import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, with so little room that a test can fill it. */
export interface SmallDisk {
  /** Takes all the room there is. */
  readonly fill: () => void;
  readonly makeRoom: () => void;
  /** Only while nobody has a file open for writing. */
  readonly remount: (as: 'ro' | 'rw') => void;
  readonly unmount: () => void;
}

/** Why these tests cannot run here; undefined when they can. */
export const withoutMounts: string | undefined = whyNot();

function whyNot(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), 'lastgood-mount-'));
  try {
    smallDisk(place, 64).unmount();
    return undefined;
  } catch {
    return '(only root may mount a small disk)';
  } finally {
    rmdirSync(place);
  }
}

/** @param place an empty folder, made when it is not there */
export function smallDisk(place: string, kilobytes: number): SmallDisk {
  mkdirSync(place, { recursive: true });
  const mount = (...args: readonly string[]) => execFileSync('mount', args, { stdio: 'ignore' });
  mount('-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=755`, 'lastgood-test', place);
  const filler = join(place, '.filler');
  return {
    fill: () => {
      const file = openSync(filler, 'a');
      try {
        for (;;) writeSync(file, Buffer.alloc(4_096));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
    remount: (as) => mount('-o', `remount,${as}`, place),
    // Whatever was killed a moment ago may still be in it.
    unmount: () => execFileSync('umount', ['--lazy', place], { stdio: 'ignore' }),
  };
}
