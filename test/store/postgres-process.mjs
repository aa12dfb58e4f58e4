// A replica in a process of its own: `node postgres-process.mjs <DATABASE_URL> <lease in milliseconds> <effect>`.
// It takes the effect, says `taken`, and waits for a line on its input; then it says whether it may still act
// on it, and whether it is in its hands.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const [url, lease, effect] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

// Node 20 does not read TypeScript.
const sources = await createViteServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
const { openPostgresStore } = await sources.ssrLoadModule('/src/store/postgres.ts');
const { secret } = await sources.ssrLoadModule('/src/trust/secrets.ts');
const { noon } = await sources.ssrLoadModule('/test/contract/store-samples.ts');

const store = await openPostgresStore({ url: secret(url), lease: Number(lease), now: () => noon });
const isOurs = store.lease();
await store.transact(async (transaction) => {
  const row = await transaction.takeOutbox({ id: effect, lane: effect }, noon);
  await transaction.updateOutbox(effect, { status: 'in-flight', attempts: row.attempts + 1 });
});
say('taken');
await once(process.stdin, 'data');
// As the signs of life go on, it may act again; but not on what it had taken up before.
await new Promise((resolve) => setTimeout(resolve, Number(lease)));
const mayAct = isOurs();
const inHand = await store.transact((transaction) => transaction.inHand(effect));
say(`may act on it: ${mayAct}, in hand: ${inHand}`);
await store.close();
process.exit(0);
