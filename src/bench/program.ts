import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process under test. */
export interface Program {
  readonly pid: number;
  /** What stood in its output when it was ready. */
  readonly ready: RegExpExecArray;
  /** Milliseconds from its start until it said so. */
  readonly readyAfter: number;
  /** Milliseconds of processor time so far, of all its threads; in steps of 10. */
  readonly cpu: () => Promise<number>;
  /** Megabytes (2^20 bytes) of resident memory. */
  readonly resident: () => Promise<number>;
  /** Asked to stop, and waited for. */
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

export type Core = 'server' | 'client' | 'any';

/** Where programs run, so that a client does not take the time of whom it measures. With one core, all share it. */
const cores = allowedCores();

/** A command line, bound to a core. */
export function onCore(core: Core, argv: readonly string[]): readonly [string, ...string[]] {
  const [server, client] = cores;
  const number = core === 'server' ? server : client;
  const [command = '', ...rest] = argv;
  return core === 'any' || number === undefined || client === undefined
    ? [command, ...rest]
    : ['taskset', '-c', String(number), command, ...rest];
}

let started = 0;
const running = new Set<ChildProcess>();
// Whatever becomes of the bench, nothing it has started outlives it.
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** @param options.folder takes its output; nobody reads along while it is measured */
export async function start(options: {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly core: Core;
  readonly folder: string;
  readonly ready: RegExp;
}): Promise<Program> {
  const { env = {}, core, folder, ready } = options;
  const [command, ...argv] = onCore(core, options.argv);
  started += 1;
  const output = join(folder, `output-${started}.log`);
  const file = openSync(output, 'w');
  const began = performance.now();
  const child = spawn(command, argv, {
    // Where nobody has an `.env`.
    cwd: folder,
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...env },
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  running.add(child);
  const gone = once(child, 'exit').finally(() => running.delete(child));
  let found: RegExpExecArray | null = null;
  while (!found) {
    if (child.exitCode !== null) throw new Error(`${options.argv.join(' ')} ended: ${tail(output)}`);
    await Promise.race([sleep(2), gone]);
    found = ready.exec(readFileSync(output, 'utf8'));
  }
  const readyAfter = performance.now() - began;
  const pid = child.pid ?? 0;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await gone;
  };
  return {
    pid,
    ready: found,
    readyAfter,
    cpu: () => cpuOf(pid),
    resident: () => residentOf(pid),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Waits until a program does nothing any more: less than a fiftieth of a core for a while. */
export async function untilIdle(program: Pick<Program, 'cpu'>, atMost = 180_000): Promise<void> {
  const until = performance.now() + atMost;
  for (let before = await program.cpu(); performance.now() < until;) {
    await sleep(500);
    const now = await program.cpu();
    if (now - before <= 10) return;
    before = now;
  }
  throw new Error('a program under test did not come to rest');
}

const ticksPerSecond = 100;

async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold anything: utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) / 1_024;
}

function allowedCores(): readonly number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').slice(-2_000);
}
