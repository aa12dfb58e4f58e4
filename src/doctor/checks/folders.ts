import { constants, existsSync } from 'node:fs';
import { access, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Check } from '../examine.ts';
import { ok, wrong, type Looked } from '../finding.ts';

const megabyte = 1_000_000;
/** A week of incidents fits into much less; but a disk that is this full is filling up. */
const enoughFree = 500 * megabyte;

/** Where Lastgood writes: it must be able to, and there must be room. */
export const folders: Check = {
  area: 'Machine',
  name: 'folders',
  look: async ({ settings: { dataDir, securityDir } }) => [
    await lookAtFolder('DATA_DIR', dataDir),
    await lookAtFolder('SECURITY_DIR', securityDir),
    judgeRoom(dataDir, await freeBytes(dataDir)),
  ],
};

async function lookAtFolder(name: string, folder: string): Promise<Looked> {
  try {
    if (existsSync(folder)) {
      // Only writing proves it: a disk may be mounted read-only, or a quota be used up.
      const trial = join(folder, `.lastgood-doctor-${randomUUID()}`);
      await writeFile(trial, '', { flag: 'wx' });
      await rm(trial);
      return ok(name, `${folder} can be written`);
    }
    await access(nearestThatExists(folder), constants.W_OK | constants.X_OK);
    return ok(name, `${folder} is not there yet, and can be made`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return wrong(
      name,
      `${folder} cannot be written (${code ?? message})`,
      `Let the user of the bot write there, or choose another folder with ${name}.`,
    );
  }
}

/** @param free in bytes */
export function judgeRoom(folder: string, free: number): Looked {
  const left = `${Math.floor(free / megabyte)} MB are free on the disk of ${folder}`;
  if (free >= enoughFree) return ok('disk', left);
  return wrong(
    'disk',
    left,
    `Make room: under ${enoughFree / megabyte} MB an alert may soon not be stored any more.`,
  );
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(nearestThatExists(folder));
  return bavail * bsize;
}

function nearestThatExists(folder: string): string {
  const path = resolve(folder);
  return existsSync(path) ? path : nearestThatExists(dirname(path));
}
