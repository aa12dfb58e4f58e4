// The store in a process of its own: `node store-process.mjs <database file> <name of the run>`.
// It appends as fast as it can, and says what was acknowledged, one line each: `receive <id>`, `write <stream>/<seq>`.
// When the store takes nothing more it says `refused <error>` and how many events can still be read, and ends.
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const [path, run] = process.argv.slice(2);
// Node writes to a pipe at once, and waits while nobody reads.
const say = (line) => process.stdout.write(`${line}\n`);

// Node 20 does not read TypeScript.
const sources = await createViteServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
const { openSqliteStore } = await sources.ssrLoadModule('/src/store/sqlite.ts');
const { delivery, move } = await sources.ssrLoadModule('/test/contract/store-samples.ts');

const store = await openSqliteStore({ path });
let failure;

async function receiveOn(worker) {
  for (let n = 0; ; n += 1) {
    const id = `${run}-${worker}-${n}`;
    await store.receive(delivery(id));
    say(`receive ${id}`);
  }
}

async function writeOn(worker) {
  const id = `INC-${worker}`;
  for (;;) {
    const seq = await store.transact(async (transaction) => {
      const version = (await transaction.stream(id))?.version ?? 0;
      await transaction.write(move(id, version));
      return version + 1;
    });
    say(`write ${id}/${seq}`);
  }
}

const workers = Array.from({ length: 16 }, (_, worker) => [receiveOn(worker), writeOn(worker)]).flat();
for (const result of await Promise.allSettled(workers)) failure = result.reason;
say(`refused ${failure.name} ${failure.message}`);
say(`readable ${(await store.readEvents('INC-0')).length}`);
process.exit(0);
