import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  bornAt,
  cancelFile,
  claim,
  outputFile,
  putResult,
  readOrder,
  type Order,
  type Result,
} from './command-folder.ts';
import { lasts, signalGroup } from './process-group.ts';

/*
 * `node command-runner.js <folder>`: runs the command of one step and writes down how it ended. It is a process of its
 * own, so that it outlives the bot; its environment and working folder are the command's.
 */

/** Between asking a process to end and ending it. */
const patience = 5_000;
/** So long whatever a command has started may take to end after it, as a `tee` does. */
const aftermath = 1_000;
const lookEvery = 200;
/** Until there is room on the disk again for how it ended. */
const tryAgainEvery = 1_000;
/** So much output is kept; when there is more, its beginning and what came last. */
const mostOutput = 1024 * 1024;
const keptOfEach = 256 * 1024;

const folder = process.argv[2] ?? '';
const order = readOrder(folder);
if (order) {
  // The command writes into the file itself: in order, and also when this process should die. On a full disk there can
  // be none, and then nothing begins.
  const output = openSync(join(folder, outputFile), 'a+', 0o600);
  // From here on nobody else can begin it, and without this nobody does.
  if (claim(folder, { pid: process.pid, born: bornAt(process.pid), at: new Date().toISOString() }))
    await putAtLast(await run(order, output));
}

/** Whoever waits for it sees that this process lives; without a word its end would be unknown. */
async function putAtLast(result: Result): Promise<void> {
  for (;;) {
    try {
      putResult(folder, result);
      return;
    } catch (error) {
      if (!existsSync(folder)) throw error;
      await new Promise((resolve) => setTimeout(resolve, tryAgainEvery));
    }
  }
}

async function run({ argv, stopAfter }: Order, output: number): Promise<Result> {
  const [program = '', ...rest] = argv;
  let stopped: Result['stopped'];
  let stopping: Promise<void> | undefined;
  let cut = false;

  const child = spawn(program, rest, { shell: false, detached: true, stdio: ['ignore', output, output] });
  const ended = new Promise<Pick<Result, 'exitCode' | 'signal' | 'notBegun'>>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: null, signal: null, notBegun: error.code ?? error.message }),
    );
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, notBegun: undefined }));
  });

  const stop = (why: Result['stopped']): void => {
    stopped ??= why;
    stopping ??= endGroup(child);
  };
  const watch = setInterval(() => {
    if (existsSync(join(folder, cancelFile))) stop('cancelled');
    cut = cutOutput(output) || cut;
  }, lookEvery);
  const deadline = setTimeout(() => stop('deadline'), Math.min(stopAfter, 2 ** 31 - 1));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop('terminated'));

  const end = await ended;
  clearTimeout(deadline);
  await stopping;
  // What is wished for from here on comes too late for the command.
  const whyStopped = stopped;
  const leftBehind = await endLeftovers(child);
  clearInterval(watch);
  cut = cutOutput(output) || cut;
  return { ...end, stopped: whyStopped, ended: new Date().toISOString(), cut, leftBehind };
}

/**
 * When a step is over nothing of it changes production any more, nor fills the disk with output: what the command has
 * left running in its group is ended, as CI runners and systemd do. What shall stay has to be given to a service
 * manager, or to a group of its own.
 * @returns whether there was any
 */
async function endLeftovers(child: ChildProcess): Promise<boolean> {
  const { pid } = child;
  if (pid === undefined || !(await lasts(pid, aftermath))) return false;
  await endGroup(child);
  return true;
}

/** Asks the command, and whatever it has started in its group, to end; ends what has not. */
async function endGroup({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  if (await lasts(pid, patience)) signalGroup(pid, 'SIGKILL');
}

/** Keeps the file small while it is written to; whether it had to be cut. */
function cutOutput(output: number): boolean {
  const { size } = fstatSync(output);
  if (size <= mostOutput) return false;
  const last = Buffer.alloc(keptOfEach);
  readSync(output, last, 0, keptOfEach, size - keptOfEach);
  ftruncateSync(output, keptOfEach);
  try {
    writeSync(output, '\n[There was too much output; here some is left out]\n');
    writeSync(output, last);
  } catch {
    // Somebody has filled the disk in between: what came last is lost, and the command is not to be lost with it.
  }
  return true;
}
