import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { start } from './program.ts';

const run = promisify(execFile);

/** Debian keeps the server's programs out of PATH. */
const versions = '/usr/lib/postgresql';
const installed = existsSync(versions) ? readdirSync(versions).toSorted((a, b) => Number(b) - Number(a)) : [];
const binaries = [
  ...installed.map((version) => join(versions, version, 'bin')),
  ...(process.env['PATH'] ?? '').split(delimiter),
].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

/** Why nothing can be measured on PostgreSQL here. */
export const withoutPostgres =
  binaries === undefined ? 'PostgreSQL is not installed (Debian: postgresql)' : undefined;

/** A server of the bench's own, as durable as in production. */
export interface Postgres {
  /** The URL of a new, empty database. */
  readonly database: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  if (binaries === undefined) throw new Error(withoutPostgres);
  // Its own user has to get there, which a checkout below somebody's home may not allow.
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-bench-postgres-'));
  const data = join(folder, 'data');
  // It refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    await chown(folder, Number(stdout), -1);
  } else await chmod(folder, 0o700);
  const drop: readonly string[] = asRoot
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups']
    : [];
  const program = (name: string): readonly string[] => [...drop, join(binaries, name)];
  const [command = '', ...argv] = program('initdb');
  await run(command, [...argv, '-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '-A', 'trust'], {
    cwd: folder,
  });
  const settings = {
    listen_addresses: '',
    unix_socket_directories: folder,
    max_connections: '200',
  };
  const server = await start({
    argv: [
      ...program('postgres'),
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    core: 'any',
    folder,
    ready: /ready to accept connections/,
  });
  const urlOf = (database: string): string => `postgres://postgres@localhost/${database}?host=${folder}`;
  let made = 0;
  return {
    database: async () => {
      made += 1;
      const client = new Client({ connectionString: urlOf('postgres') });
      await client.connect();
      await client.query(`CREATE DATABASE bench_${made}`);
      await client.end();
      return urlOf(`bench_${made}`);
    },
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
