import { spawn } from 'node:child_process';
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Executor, Handle, StepProgress, StepRun } from '../core/executor.ts';
import { sayMoment, type Instant } from '../core/time.ts';
import { quoter, scrubber, secret, type Secret } from '../trust/secrets.ts';
import {
  cancelFile,
  claim,
  claimFile,
  giveUpClaim,
  isThere,
  makeFolder,
  outputFile,
  putOrder,
  readClaim,
  readResult,
} from './command-folder.ts';
import { judge } from './command-judgement.ts';
import { lastLines } from './command-output.ts';
import { commandStep, type CommandStep } from './command-step.ts';
import { unfit } from './unfit.ts';
import { namedVariables, readVariable, type Environment } from './variables.ts';

/** So long the runner may take to begin before somebody looks what became of it. */
const patience = 5_000;
/** What every command gets of our own environment. */
const always = ['PATH', 'HOME', 'LANG', 'TZ'];

/**
 * Runs a program on this machine: arguments as they are, no shell, an environment of its own. A detached runner
 * (`command-runner.ts`) begins it, stops it and writes down how it ended, in `<data>/runs/<run>/`, so that it goes on
 * and is found again when the bot dies. The runner's claim on the folder is what makes it run at most once.
 */
export function commandExecutor(deps: {
  readonly dataDir: string;
  /** Commands run in it, or in a folder below it. */
  readonly commandDir: string;
  readonly environment: Environment;
  /** Lastgood's own, which no command gets. */
  readonly secrets: readonly Secret[];
  readonly now: () => Instant;
}): Executor {
  const hidesOwn = scrubber(deps.secrets);
  // A short one, such as root, stands in many a PATH and HOME and is no secret there.
  const hidesOwnLong = scrubber(deps.secrets, 8);

  async function start(run: StepRun, signal: AbortSignal): Promise<StepProgress> {
    const fit = commandStep.safeParse(run.with);
    if (!fit.success) return unfit(fit.error);
    const folder = folderOf(run);
    const found = readClaim(folder);
    if (found !== undefined && !('nobody' in found)) return look(run, fit.data);
    const surroundings = surroundingsOf(fit.data);
    if (typeof surroundings === 'string')
      return { status: 'failed', note: `Nothing was started. ${surroundings}`, begun: false };

    makeFolder(folder);
    putOrder(folder, { argv: fit.data.argv, stopAfter: Math.max(0, run.until - deps.now()) });
    if (found !== undefined) giveUpClaim(folder);
    const runner = spawn(process.execPath, [runnerPath(), resolve(folder)], {
      ...surroundings,
      shell: false,
      detached: true,
      stdio: 'ignore',
    });
    runner.unref();
    let trouble: string | undefined;
    runner.once('error', (error: NodeJS.ErrnoException) => (trouble = error.code ?? error.message));
    runner.once('exit', () => (trouble ??= 'it ended'));
    const until = performance.now() + patience;
    while (!existsSync(join(folder, claimFile))) {
      if (trouble !== undefined || performance.now() > until || signal.aborted)
        throw new Error(`Its runner has not begun (${trouble ?? 'it takes long'}).`);
      await new Promise((wake) => setTimeout(wake, 10));
    }
    return look(run, fit.data);
  }

  async function check(run: StepRun, handle: Handle | undefined): Promise<StepProgress> {
    const progress = look(run, commandStep.parse(run.with));
    if (handle === undefined || progress.status !== 'not-started') return progress;
    // That it had begun is known: an empty data folder (restored, or another disk) is no proof that it had not.
    return { status: 'unknown', note: `The command had begun, and its folder ${folderOf(run)} is gone.` };
  }

  async function cancel(run: StepRun): Promise<StepProgress> {
    writeFileSync(join(folderOf(run), cancelFile), '', { mode: 0o600 });
    return look(run, commandStep.parse(run.with));
  }

  function look(run: StepRun, step: CommandStep): StepProgress {
    const folder = folderOf(run);
    const handle = { output: join(folder, outputFile) };
    const words = wordsOf(folder, step);
    const ended = (): StepProgress | undefined => {
      const result = readResult(folder);
      return result && { ...judge(step, result, handle.output, words), handle };
    };
    const seen = ended();
    if (seen) return seen;
    // Where no runner has begun, none begins any more once the claim is ours: that is what makes it certain.
    const claimed = claim(folder, { nobody: true }) ? undefined : readClaim(folder);
    if (claimed === undefined || 'nobody' in claimed)
      return { status: 'not-started', note: 'The command has not begun.' };
    const there = isThere(claimed);
    if (there === true) return { status: 'running', note: words(1) || 'The command runs.', handle };
    const atLast = ended();
    if (atLast) return atLast;
    const begun = `The command began at ${sayMoment(Date.parse(claimed.at))}`;
    return {
      status: 'unknown',
      note:
        there === false
          ? `${begun}, and whoever watched it is gone without a word (killed, or the machine was restarted). Output: ${handle.output}`
          : `${begun} and may still run; this system does not tell.`,
    };
  }

  /** The last lines of the output, fit to be repeated. */
  function wordsOf(folder: string, { pass_env }: CommandStep): (lines: number) => string {
    const passed = pass_env.flatMap((name) => {
      const value = readVariable(deps.environment, name) ?? '';
      // A short one (`true`, `prod`) is no secret, and would hide every such word.
      return value.length >= 8 ? [secret(value)] : [];
    });
    const quote = quoter([...deps.secrets, ...passed]);
    return (lines) => quote(lastLines(join(folder, outputFile), lines).join(' / '));
  }

  /** @returns what is wrong, in words. */
  function surroundingsOf(
    step: CommandStep,
  ): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } | string {
    const cwd = placeBelow(deps.commandDir, step.cwd);
    if (cwd === undefined) return `There is no folder ${step.cwd} in COMMAND_DIR.`;
    const missing = namedVariables(step).filter((name) => readVariable(deps.environment, name) === undefined);
    if (missing.length > 0) return `Not set in Lastgood's environment: ${missing.join(', ')}.`;
    const read = (names: readonly string[]) =>
      names.flatMap((name) => {
        const value = readVariable(deps.environment, name);
        return value === undefined ? [] : [[name, value] as const];
      });
    const usual = read(always);
    const passed = read(step.pass_env);
    const own =
      usual.find(([, value]) => hidesOwnLong(value) !== value) ??
      passed.find(([, value]) => hidesOwn(value) !== value);
    if (own) return `${own[0]} holds a secret of Lastgood's own, which no command gets.`;
    return { cwd, env: { ...Object.fromEntries([...usual, ...passed]), ...step.env } };
  }

  function folderOf({ id, since }: StepRun): string {
    // Our own ids look like this; anything else must not become part of a path.
    if (!/^[A-Z]{1,8}-\d{1,12}\.\d{1,6}(?:-[0-9a-z]{6})?$/.test(id))
      throw new Error('A run with a strange id cannot have a folder.');
    // A store that was begun anew gives the same ids again: those are other runs.
    return join(deps.dataDir, 'runs', `${id}-${new Date(since).toISOString().replace(/[:.-]/g, '')}`);
  }

  return { name: 'command', schema: commandStep, start, check, cancel, pollEvery: 1_000, onlyLooks: false };
}

/** Plain JavaScript, beside this file when it is built; from the sources, in what was built last. */
function runnerPath(): string {
  const here = fileURLToPath(import.meta.url);
  const built = here.endsWith('.ts') ? '../../dist/src/executors' : '.';
  return resolve(dirname(here), built, 'command-runner.js');
}

/** @returns undefined for what is not there, or leads out of the root. */
export function placeBelow(root: string, path: string): string | undefined {
  try {
    const from = realpathSync(root);
    const to = realpathSync(join(from, path));
    const way = relative(from, to);
    return way === '..' || way.startsWith(`..${sep}`) ? undefined : to;
  } catch {
    return undefined;
  }
}
