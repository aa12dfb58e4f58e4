import { fileURLToPath } from 'node:url';
import { start, type Program } from './program.ts';

/** A bare counterpart: as little as does the same work. */
export type Floor = 'http' | 'commit' | 'bolt' | 'timers' | 'pager';

export async function startFloor(
  floor: Floor,
  folder: string,
  ...argv: readonly string[]
): Promise<Program & { readonly port: number }> {
  const program = fileURLToPath(new URL(`bare/${floor}.js`, import.meta.url));
  const started = await start({
    argv: [process.execPath, program, ...argv],
    core: 'server',
    folder,
    ready: floor === 'timers' ? /late (.*);/ : /listening on (\d+);/,
  });
  return { ...started, port: Number(started.ready[1]) };
}
