import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built product in a process of its own, as `npm start` runs it. */
export interface Process {
  /** Where it listens, by its own log. */
  readonly url: string;
  readonly pid: number;
  /** Its log so far. */
  readonly log: () => string;
  /** `kill -9`; resolves when nothing of it runs any more. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves when it has ended by itself. */
  readonly terminate: () => Promise<Ended>;
}

/**
 * Starts it and waits until it is ready.
 * @param limits what the shell sets before: `ulimit -S -f 512`
 * @throws when it ends instead, with what it said
 */
export async function startProcess(environment: Environment, limits = ''): Promise<Process> {
  const { child, ended, log } = launch(environment, { limits });
  const url = await Promise.race([
    untilReady(log),
    ended.then(({ code, stderr }) => {
      throw new Error(`it ended with ${code} instead of starting: ${stderr}`);
    }),
  ]);
  return {
    url,
    pid: child.pid ?? 0,
    log,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    terminate: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Starts it where it must not start, and waits for its end. */
export async function refusedStart(environment: Environment, folder?: string): Promise<Ended> {
  const { child, ended, log } = launch(environment, folder === undefined ? {} : { folder });
  // One that starts after all is a failure of the test, and must not outlive it.
  void untilReady(log).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  return ended;
}

/**
 * Starts it and waits for nothing.
 * @param options.program another one than `npm start`, and what is said to it
 */
export function launch(
  environment: Environment,
  options: { readonly limits?: string; readonly folder?: string; readonly program?: readonly string[] },
) {
  if (!existsSync(main)) throw new Error('there is no dist: run npm run build first, as npm test does');
  const { limits = '', folder = tmpdir(), program = [main] } = options;
  const child = spawn('bash', ['-c', `${limits}\nexec "$0" "$@"`, process.execPath, ...program], {
    // Nothing of the surroundings, so that a developer's own settings do not reach it: neither these nor an `.env`.
    cwd: folder,
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...said }));
  return { child, ended, log: () => said.stdout };
}

/** Where it listens, by its own log; undefined until it is ready. */
export function addressIn(log: string): string | undefined {
  return /"url":"([^"]+)".*is ready/.exec(log)?.[1];
}

async function untilReady(log: () => string): Promise<string> {
  const url = await until('it is ready', () => addressIn(log()));
  await until('/readyz says so', async () => (await fetch(`${url}/readyz`)).ok);
  return url;
}

/** Asks again and again, until the answer is neither undefined nor false. @param patience in milliseconds */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  patience = 20_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
