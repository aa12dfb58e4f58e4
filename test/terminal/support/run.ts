import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiTokens, type ApiTokenName } from '../../../src/sandbox/api-tokens.ts';
import type { World } from '../../../src/sandbox/world.ts';

export const program = fileURLToPath(new URL('../../../dist/src/terminal/lastgood.js', import.meta.url));

export type Environment = Readonly<Record<string, string>>;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ran>;
  readonly stderr: () => string;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
}

/** A folder for one test file, in which nobody left an `.env`. */
export function emptyFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'lastgood-terminal-'));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** The built program in a process of its own, in a folder of its own, with nothing else in its environment. */
export function start(words: readonly string[], env: Environment = {}, cwd = tmpdir()): Running {
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    env: { PATH: process.env['PATH'], TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
  return {
    ended: once(child, 'close').then(([code]): Ran => ({ code: code as number | null, ...said })),
    stderr: () => said.stderr,
    interrupt: () => child.kill('SIGINT'),
  };
}

export function lastgood(words: readonly string[], env?: Environment, cwd?: string): Promise<Ran> {
  return start(words, env, cwd).ended;
}

/** The settings with which somebody's terminal finds the bot of a world. */
export function terminalOf(world: Pick<World, 'bot'>, who: ApiTokenName): Environment {
  return { LASTGOOD_URL: world.bot().url, LASTGOOD_TOKEN: apiTokens[who] };
}
