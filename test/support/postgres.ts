import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { secret, type Secret } from '../../src/trust/secrets.ts';

const run = promisify(execFile);

/** A PostgreSQL server of a test's own, durable as in production. */
export interface PostgresServer {
  readonly url: Secret;
  /** Where it listens: a socket file. */
  readonly socket: string;
  /** As the superuser; one statement. */
  readonly query: <Row extends object>(sql: string, database?: string) => Promise<readonly Row[]>;
  /** `immediate` is a crash: nothing is finished, and the start recovers from the log. */
  readonly stop: (mode: 'fast' | 'immediate') => Promise<void>;
  readonly start: () => Promise<void>;
  /** An empty database, which is the caller's until it gives it back. */
  readonly lend: () => Promise<{
    readonly url: Secret;
    readonly database: string;
    readonly giveBack: () => void;
  }>;
  readonly remove: () => Promise<void>;
}

const binaries = findBinaries();

/** Why these tests cannot run here; undefined when they can. With REQUIRE_POSTGRES that is an error. */
export const withoutPostgres: string | undefined = whyNot();

function whyNot(): string | undefined {
  if (binaries !== undefined) return undefined;
  const why = 'PostgreSQL is not installed (Debian: postgresql-15, which brings initdb and pg_ctl)';
  if (process.env['REQUIRE_POSTGRES'] !== undefined) throw new Error(why);
  return why;
}

/** Debian keeps the server's programs out of PATH. */
function findBinaries(): string | undefined {
  const versions = '/usr/lib/postgresql';
  const installed = existsSync(versions)
    ? readdirSync(versions).toSorted((a, b) => Number(b) - Number(a))
    : [];
  const folders = [...installed.map((version) => join(versions, version, 'bin')), ...inPath()];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}

function inPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(':');
}

export async function startPostgres(): Promise<PostgresServer> {
  if (binaries === undefined) throw new Error(withoutPostgres);
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-postgres-'));
  const data = join(folder, 'data');
  const asRoot = process.getuid?.() === 0;
  if (asRoot) execFileSync('chown', ['postgres:postgres', folder]);
  else await chmod(folder, 0o700);

  // The server refuses to run as root.
  const drop = asRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
  async function program(name: string, ...args: readonly string[]): Promise<void> {
    const [command = '', ...rest] = [...drop, join(binaries ?? '', name), ...args];
    await run(command, rest, { cwd: folder });
  }
  const start = (): Promise<void> =>
    program(
      ...(['pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), 'start', '-o'] as const),
      `-c listen_addresses='' -c unix_socket_directories=${folder} -c max_connections=200`,
    );

  await program('initdb', '-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '-A', 'trust');
  await start();
  const urlOf = (database: string): string => `postgres://postgres@localhost/${database}?host=${folder}`;
  const free: string[] = [];
  let made = 0;

  async function query<Row extends object>(sql: string, database = 'postgres'): Promise<readonly Row[]> {
    const client = new Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async function create(): Promise<string> {
    made += 1;
    const database = `test_${made}`;
    await query(`CREATE DATABASE ${database}`);
    return database;
  }

  return {
    url: secret(urlOf('postgres')),
    socket: join(folder, '.s.PGSQL.5432'),
    query,
    start,
    stop: (mode) => program('pg_ctl', '-D', data, '-w', '-m', mode, 'stop'),
    lend: async () => {
      const database = free.pop() ?? (await create());
      await query('DROP SCHEMA IF EXISTS lastgood CASCADE', database);
      return { url: secret(urlOf(database)), database, giveBack: () => void free.push(database) };
    },
    remove: async () => {
      await program('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop').catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
}
