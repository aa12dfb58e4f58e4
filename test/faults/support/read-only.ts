import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * From here on nothing in the folder can be written, through files that are open neither. A mount would not become
 * read-only while they are; this looks the same to a program: every write fails, and every read goes on.
 */
export function makeReadOnly(folder: string): void {
  execFileSync('chattr', ['-R', '+i', folder], { stdio: 'ignore' });
}

export function makeWritable(folder: string): void {
  execFileSync('chattr', ['-R', '-i', folder], { stdio: 'ignore' });
}

const why = '(only root may, on ext4 and its like)';

/** Why this cannot be done here; undefined when it can. */
export const withoutReadOnly: string | undefined = whyNot();

function whyNot(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-read-only-'));
  const file = openSync(join(folder, 'open'), 'w');
  try {
    makeReadOnly(folder);
    return isRefused(() => writeSync(file, 'anything')) ? undefined : why;
  } catch {
    return why;
  } finally {
    closeSync(file);
    isRefused(() => makeWritable(folder));
    rmSync(folder, { recursive: true });
  }
}

function isRefused(act: () => void): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}
