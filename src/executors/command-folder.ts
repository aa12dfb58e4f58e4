import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/*
 * What the bot and the runner of a command tell each other stands in a folder of the run, so that either may die and be
 * started again. It is written in this order: the order (by the bot), the claim and then the output (by the runner), the
 * wish to stop (by the bot), the result (by the runner).
 */

/** What to run. Its environment is not in it: that may hold a secret, and reaches the runner as its own. */
export interface Order {
  readonly argv: readonly string[];
  /** Milliseconds from the runner's start after which it is stopped. */
  readonly stopAfter: number;
}

/**
 * Whoever writes this first has the run, for good: the runner, which begins it only then, or whoever found no runner
 * and wants to be certain that none begins it any more.
 */
export type Claim =
  /** `born` tells the process from a later one with the same number; undefined where the system does not say. */
  | { readonly pid: number; readonly born: string | undefined; readonly at: string }
  | { readonly nobody: true };

export interface Result {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it was stopped; undefined when it ended by itself. */
  readonly stopped: 'cancelled' | 'deadline' | 'terminated' | undefined;
  /** Why it could not even be started: `ENOENT`. */
  readonly notBegun: string | undefined;
  /** ISO 8601. */
  readonly ended: string;
  /** The output was more than is kept. */
  readonly cut: boolean;
  /** It had left something running in its group, which was ended; runners of earlier versions left that alone. */
  readonly leftBehind?: boolean;
}

const orderFile = 'order.json';
export const claimFile = 'started.json';
export const cancelFile = 'cancel';
export const outputFile = 'output.log';
const resultFile = 'result.json';

export const putOrder = (folder: string, order: Order): void => put(folder, orderFile, order);
export const putResult = (folder: string, result: Result): void => put(folder, resultFile, result);
/** Each undefined as long as there is none. */
export const readOrder = (folder: string): Order | undefined => take(folder, orderFile) as Order | undefined;
export const readClaim = (folder: string): Claim | undefined => take(folder, claimFile) as Claim | undefined;
export const readResult = (folder: string): Result | undefined =>
  take(folder, resultFile) as Result | undefined;

/** Makes `<data>/runs/<run>` if it is not there. When it returns, the folder survives a power cut. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  syncFolder(dirname(folder));
  syncFolder(dirname(dirname(folder)));
}

/** Replaces the file as a whole. */
function put(folder: string, file: string, value: object): void {
  const path = join(folder, file);
  const temporary = writeTemporary(path, value);
  renameSync(temporary, path);
  syncFolder(folder);
}

/** @returns false when somebody has the run already, or there is no such folder. */
export function claim(folder: string, value: Claim): boolean {
  const path = join(folder, claimFile);
  try {
    const temporary = writeTemporary(path, value);
    try {
      linkSync(temporary, path);
    } finally {
      rmSync(temporary);
    }
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  syncFolder(folder);
  return true;
}

/** A claim that nobody holds is given up, so that a runner may have the run. */
export function giveUpClaim(folder: string): void {
  rmSync(join(folder, claimFile));
  syncFolder(folder);
}

function take(folder: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, file), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** When a process was started, by the kernel's count since this boot; undefined when there is none, or no /proc. */
export function bornAt(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything. Behind it: the state, …, the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Whether the runner that made a claim is still there; undefined where that cannot be told from a later process. */
export function isThere({ pid, born }: Extract<Claim, { pid: number }>): boolean | undefined {
  if (born !== undefined) return bornAt(pid) === born;
  try {
    process.kill(pid, 0);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? false : undefined;
  }
}

function writeTemporary(path: string, value: object): string {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    // All of it, or it throws: on a disk that is nearly full, one write alone may take only the beginning.
    writeFileSync(file, JSON.stringify(value));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
