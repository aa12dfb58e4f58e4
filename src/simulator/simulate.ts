import { randomInt } from 'node:crypto';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { simulate } from './run.ts';
import { sayBroken } from './say-broken.ts';
import { shopScenery } from './scenery.ts';

const hour = 3_600_000;

const { seed, seeds, hours, minutes, store, verbose, lines } = await yargs(hideBin(process.argv))
  .scriptName('npm run simulate --')
  .usage('$0 [--seed S] [--hours H] [--seeds N] [--minutes M]')
  .option('seed', { type: 'number', describe: 'where chance begins; left out: drawn afresh' })
  .option('hours', { type: 'number', default: 6, describe: 'how long a simulated life lasts' })
  .option('seeds', { type: 'number', describe: 'how many seeds, one after another from that one on' })
  .option('minutes', { type: 'number', describe: 'goes on with further seeds for so long' })
  .option('store', {
    choices: ['model', 'sqlite'] as const,
    default: 'model' as const,
    describe: 'model: two replicas on one in memory; sqlite: one process on the real one',
  })
  .option('verbose', { type: 'boolean', default: false, describe: 'says of each seed what happened in it' })
  .option('lines', {
    type: 'number',
    default: 60,
    describe: 'how much of the trace is shown of a seed that fails',
  })
  .strict()
  .parseAsync();

const scenery = await shopScenery();
const first = seed ?? randomInt(2 ** 31);
const until = minutes === undefined ? undefined : performance.now() + minutes * 60_000;
const most = seeds ?? (until === undefined ? 1 : Infinity);
let done = 0;
let isBroken = false;
while (!isBroken && done < most && (until === undefined || performance.now() < until)) {
  const result = await simulate(first + done, hours * hour, { ...scenery, store });
  done += 1;
  isBroken = result.broken !== undefined;
  if (verbose)
    print(`seed ${result.seed}: ${result.steps} steps, ${result.hash} ${JSON.stringify(result.seen)}`);
  if (process.stderr.isTTY) process.stderr.write(`\r${done} seeds, the last ${result.seed} `);
  if (isBroken) print(sayBroken(result, { hours, store, lines }));
}
if (isBroken) process.exitCode = 1;
else
  print(`Every invariant held: ${done} ${done === 1 ? 'seed' : 'seeds'} from ${first} on, ${hours} h each.`);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
