import { parseArgs } from 'node:util';
import type { Row } from './row.ts';
import { benchStart } from './start.ts';

/** Every bench, one line each. */
const benches: readonly (() => Promise<readonly Row[]>)[] = [benchStart];

/** `npm run bench [-- --json]`: one row a figure. Exit 1 when one is beyond its bound. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const tty = process.stderr.isTTY;
  for (const bench of benches) {
    if (tty) process.stderr.write(`${bench.name} …\n`);
    for (const row of await bench()) {
      console.log(values.json ? JSON.stringify(row) : sayRow(row));
      if (row.ok === false) process.exitCode = 1;
    }
  }
}

function sayRow({ name, value, unit, floor, ratio, bound, ok }: Row): string {
  const beside = floor === undefined ? '' : `   bare ${floor} ${unit}, × ${ratio ?? ''}`;
  const promised = bound === undefined ? '' : `   ${ok === true ? 'within' : 'BEYOND'} ${bound} ${unit}`;
  return `${name.padEnd(28)} ${String(value).padStart(9)} ${unit}${beside}${promised}`;
}

await main();
