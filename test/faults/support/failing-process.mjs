// `npm start` in which something happens at a failpoint: `node failing-process.mjs '{"at": ["after store take"], …}'`.
// The very bot, with the failpoints around its ports; nothing of this can be reached in the product.
import { writeSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { startBot } from '../../../dist/src/bot/bot.js';
import { createLog } from '../../../dist/src/bot/log.js';
import { watchPolicies } from '../../../dist/src/bot/policies.js';
import { readSettings, secretsOf } from '../../../dist/src/config.js';
import { systemClock } from '../../../dist/src/engine/system-clock.js';
import { failing } from '../../../dist/src/failpoints/failing.js';

/** @type {import('./failing.ts').Plan} */
const { at, crossing = 1, how = 'kill' } = JSON.parse(process.argv[2]);
const signal = { kill: 'SIGKILL', freeze: 'SIGSTOP' }[how];
let crossings = 0;

function reached(point) {
  if (!at.includes(point)) return;
  crossings += 1;
  if (crossings !== crossing) return;
  // At once, and not when the event loop comes round: there is no next time.
  writeSync(process.stderr.fd, `${how} at: ${point}\n`);
  process.kill(process.pid, signal);
}

// Files are no port of the bot; this is the one call of Node's with which it replaces them.
const { rename } = files;
files.rename = async (from, to) => {
  reached('before file rename');
  await rename(from, to);
  reached('after file rename');
};
syncBuiltinESMExports();

const read = readSettings(process.env);
if (!read.ok) throw new Error(read.problems.join('\n'));
const { settings } = read;
const log = createLog({
  level: settings.logLevel,
  secrets: secretsOf(settings),
  write: (line) => void process.stdout.write(line),
  onError: () => undefined,
});
const policies = await watchPolicies(settings.policiesDir, log);
if (!policies.ok) throw new Error(policies.problems.join('\n'));
const bot = await startBot({
  settings,
  policies: policies.current,
  policyEdits: policies,
  clock: systemClock(),
  log,
  random: Math.random,
  environment: process.env,
  around: failing(reached),
});
log.info({ url: bot.url }, 'Lastgood is ready');
// Other than the product it does first what is due, so that whoever looks afterwards sees the end of it.
process.once('SIGTERM', () => {
  policies.stop();
  void bot
    .quiet()
    .then(bot.stop)
    .then(() => process.exit(0));
});
