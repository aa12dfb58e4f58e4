import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examplePolicies } from '../sandbox/example-policies.ts';
import { startNeighbourhood } from '../sandbox/neighbourhood.ts';
import { seedFolders } from '../sandbox/seed.ts';
import { median } from './measure.ts';
import { atMost } from './row.ts';
import type { Bench } from './setting.ts';

type Environment = Readonly<Record<string, string>>;

const program = fileURLToPath(new URL('../main.js', import.meta.url));
/** Long enough for what is loaded after ready, and for its garbage to be collected or not. */
const idleFor = 5_000;

/** How soon the bot is ready, and what it weighs when nothing happens; beside a bare `node:http` server. */
export const benchStart: Bench = async ({ slices }) => {
  const neighbours = await startNeighbourhood({ now: () => new Date(), requestUrl: () => undefined });
  const sink = await startSink();
  const bare: Measured[] = [];
  const bot: Measured[] = [];
  const reporting: Measured[] = [];
  try {
    for (let slice = 0; slice < slices; slice += 1) {
      const floor = async (): Promise<unknown> =>
        bare.push(await measure(['-e', bareServer], {}, /listening/));
      const ours = async (more: Environment, into: Measured[]): Promise<unknown> => {
        const root = await mkdtemp(join(tmpdir(), 'lastgood-bench-'));
        const folders = await seedFolders(root, examplePolicies, neighbours.shop.url, Date.now());
        const environment = {
          ...neighbours.environment,
          PORT: '0',
          DATA_DIR: folders.dataDir,
          POLICIES_DIR: folders.policiesDir,
          SECURITY_DIR: folders.securityDir,
          ...more,
        };
        into.push(await measure([program], environment, /is ready/));
        return rm(root, { recursive: true });
      };
      const turns = [floor, () => ours({}, bot), () => ours({ SENTRY_DSN: sink.dsn }, reporting)];
      // A B C, C B A: whatever the machine does meanwhile meets them all alike.
      for (const turn of slice % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
  } finally {
    await Promise.all([neighbours.close(), sink.close()]);
  }
  const of = (all: readonly Measured[], what: keyof Measured): number => median(all.map((one) => one[what]));
  const ready = { unit: 'ms', floor: of(bare, 'readyAfter') } as const;
  const resident = { unit: 'MB', floor: of(bare, 'resident') } as const;
  return [
    atMost(2_000, { ...ready, name: 'ready', value: of(bot, 'readyAfter') }),
    atMost(2_000, { ...ready, name: 'ready with SENTRY_DSN', value: of(reporting, 'readyAfter') }),
    atMost(150, { ...resident, name: 'idle', value: of(bot, 'resident') }),
    atMost(200, { ...resident, name: 'idle with SENTRY_DSN', value: of(reporting, 'resident') }),
  ];
};

interface Measured {
  /** Milliseconds from `spawn` to the line that says so. */
  readonly readyAfter: number;
  /** Megabytes (2^20 bytes) of resident memory after a while of nothing. */
  readonly resident: number;
}

const bareServer = `require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'))`;

async function measure(argv: readonly string[], environment: Environment, ready: RegExp): Promise<Measured> {
  const began = performance.now();
  const child = spawn(process.execPath, argv, {
    // Where nobody has an `.env`.
    cwd: tmpdir(),
    env: { TZ: 'UTC', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await said(child, ready);
  const readyAfter = performance.now() - began;
  await new Promise((resolve) => setTimeout(resolve, idleFor));
  const resident = await residentOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'close');
  return { readyAfter, resident };
}

function said({ stdout }: ChildProcess, words: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    stdout?.on('data', (data: Buffer) => {
      all += data.toString();
      if (words.test(all)) resolve();
    });
    stdout?.once('end', () => reject(new Error(`it ended instead of saying ${words.source}: ${all}`)));
  });
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kilobytes) / 1_024;
}

/** Takes whatever the SDK sends. */
async function startSink(): Promise<{ readonly dsn: string; readonly close: () => Promise<void> }> {
  const server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    dsn: `http://public@127.0.0.1:${port}/1`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
