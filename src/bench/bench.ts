import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startClient } from './client.ts';
import { benchCommand } from './command.ts';
import { benchHistory } from './history.ts';
import { benchIntake } from './intake.ts';
import { benchPage } from './page.ts';
import { benchReplicas } from './replicas.ts';
import { sayRow } from './row.ts';
import { benchRungs } from './rungs.ts';
import type { Bench } from './setting.ts';
import { benchStart } from './start.ts';
import { benchStorm } from './storm.ts';

/** Every bench, one line each. */
const benches: Readonly<Record<string, Bench>> = {
  start: benchStart,
  command: benchCommand,
  intake: benchIntake,
  storm: benchStorm,
  page: benchPage,
  rungs: benchRungs,
  history: benchHistory,
  replicas: benchReplicas,
};

/** `npm run bench [-- [names…] [--slices 9] [--json]]`: one row a figure. Exit 1 when one is beyond its bound. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, slices: { type: 'string', default: '9' } },
  });
  const slices = Number(values.slices);
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0 || !Number.isInteger(slices) || slices < 1) {
    console.error(
      `npm run bench -- [names…] [--slices 9] [--json], of these: ${Object.keys(benches).join(', ')}`,
    );
    process.exitCode = 64;
    return;
  }
  // Beside the data of a bot that is started here: /tmp may be no disk.
  await mkdir('data', { recursive: true });
  const below = await mkdtemp(join(process.cwd(), 'data', 'bench-'));
  const client = await startClient();
  try {
    for (const [name, bench] of Object.entries(benches)) {
      if (positionals.length > 0 && !positionals.includes(name)) continue;
      if (process.stderr.isTTY) process.stderr.write(`${name} …\n`);
      try {
        for (const row of await bench({ slices, client, below })) {
          console.log(values.json ? JSON.stringify(row) : sayRow(row));
          if ('ok' in row && !row.ok) process.exitCode = 1;
        }
      } catch (error) {
        // The others are worth knowing all the same.
        console.error(`${name} could not be measured:`, error);
        process.exitCode = 1;
      }
    }
  } finally {
    await client.close();
    await rm(below, { recursive: true });
  }
}

await main();
