import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
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
  /** `kill -9` of the server; resolves when nothing of it runs any more. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** An empty database, which is the caller's until it gives it back. */
  readonly lend: () => Promise<{
    readonly url: Secret;
    readonly database: string;
    readonly giveBack: () => void;
  }>;
  /** A second server, which repeats all that this one writes; from now on nothing is acknowledged without it. */
  readonly addStandby: () => Promise<Standby>;
  readonly remove: () => Promise<void>;
}

export interface Standby {
  readonly urlOf: (database: string) => Secret;
  /** It becomes the primary. */
  readonly promote: () => Promise<void>;
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

/** Every process of a server works in its folder. */
async function processesIn(folder: string): Promise<readonly string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const working = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return all.filter((_, index) => working[index] === folder);
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
  const startIn = (cluster: string, sockets: string): Promise<void> =>
    program(
      ...(['pg_ctl', '-D', cluster, '-w', '-l', `${cluster}.log`, 'start', '-o'] as const),
      `-c listen_addresses='' -c unix_socket_directories=${sockets} -c max_connections=200`,
    );
  const start = (): Promise<void> => startIn(data, folder);
  const standby = join(folder, 'standby');

  await program('initdb', '-D', data, '-U', 'postgres', '-E', 'UTF8', '--no-locale', '-A', 'trust');
  await start();
  const urlOf = (database: string, sockets = folder): string =>
    `postgres://postgres@localhost/${database}?host=${sockets}`;
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
    kill: async () => {
      const [pid = ''] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGKILL');
      // It leaves children behind, which end when they notice; a new server does not start beside them.
      while ((await processesIn(data)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      // Where nobody collects the dead, its number still counts as alive.
      for (const lock of [join(data, 'postmaster.pid'), join(folder, '.s.PGSQL.5432.lock')])
        await rm(lock, { force: true });
    },
    lend: async () => {
      const database = free.pop() ?? (await create());
      await query('DROP SCHEMA IF EXISTS lastgood CASCADE', database);
      return { url: secret(urlOf(database)), database, giveBack: () => void free.push(database) };
    },
    addStandby: async () => {
      const primary = `host=${folder} user=postgres application_name=standby`;
      await program('pg_basebackup', '-d', primary, '-D', standby, '-R', '--checkpoint=fast');
      await startIn(standby, standby);
      await query(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
      await query('SELECT pg_reload_conf()');
      return {
        urlOf: (database) => secret(urlOf(database, standby)),
        promote: () => program('pg_ctl', '-D', standby, '-w', 'promote'),
      };
    },
    remove: async () => {
      await program('pg_ctl', '-D', standby, '-w', '-m', 'immediate', 'stop').catch(() => undefined);
      await program('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop').catch(() => undefined);
      await rm(folder, { recursive: true });
    },
  };
}
