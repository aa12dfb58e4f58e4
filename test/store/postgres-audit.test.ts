import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { readHead } from '../../src/trust/audit/head.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { verifyTrail, type Verdict } from '../../src/trust/audit/verify.ts';
import { move, noon, writeStream } from '../contract/store-samples.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres('The trail in PostgreSQL', (server) => {
  let store: Store;
  let sql: (statement: string) => Promise<readonly object[]>;
  beforeEach(async () => {
    const { url, database, giveBack } = await server().lend();
    onTestFinished(giveBack);
    store = await openPostgresStore({ url, now: () => noon });
    onTestFinished(() => store.close());
    sql = (statement) => server().query(statement, database);
  });

  const seal = () => sealTrail(store.audit, { store: 'k3x9w2', now: () => noon, signer: undefined });
  const verify = (): Promise<Verdict> => verifyTrail(store.audit, { store: 'k3x9w2', keys: new Map() });

  test('a head waits for an event whose place is below others that are stored already, and nobody waits for it', async () => {
    let finish = (): void => undefined;
    const slow = store.transact(async (transaction) => {
      await transaction.write(move('INC-1', 0));
      // An answer: by now the event has its place.
      await transaction.stream('INC-9');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await vi.waitUntil(
      async () => (await sql(`SELECT FROM lastgood.event_pos_seq WHERE is_called`)).length > 0,
    );
    await writeStream(store, move('INC-2', 0));
    const order: string[] = [];
    const sealed = seal().then(() => order.push('sealed'));
    await writeStream(store, move('INC-3', 0));
    order.push('written');
    await sql('SELECT pg_sleep(0.1)');
    order.push('finished');
    finish();
    await Promise.all([slow, sealed]);

    expect(order).toEqual(['written', 'finished', 'sealed']);
    const ends = readHead((await store.audit.newestHead()) ?? '')?.ends ?? [];
    expect(ends.map(([stream]) => stream)).toEqual(expect.arrayContaining(['INC-1', 'INC-2']));
    await seal();
    expect(await verify()).toMatchObject({ wrong: undefined, events: 3, uncovered: 0 });
  });

  /** As a replica does that knows no chain yet, while they are replaced one by one. */
  async function writeAsBefore(stream: string, seq: number): Promise<void> {
    await sql(
      `INSERT INTO lastgood.stream (id, kind, version, rank, state, owner)
       VALUES ('${stream}', 'incident', ${seq}, '', '{}', '') ON CONFLICT (id) DO UPDATE SET version = ${seq}`,
    );
    const by = '{"kind":"lastgood","name":"Lastgood"}';
    await sql(
      `INSERT INTO lastgood.event (stream, seq, at, by, type, data, written)
       VALUES ('${stream}', ${seq}, ${noon + seq}, '${by}', 'incident.updated', '{"text": "before"}', 0)`,
    );
  }

  test('what an older replica writes without a hash is chained by whoever writes next, or seals', async () => {
    await writeAsBefore('INC-1', 1);
    await writeAsBefore('INC-1', 2);
    await writeStream(store, move('INC-1', 2));
    await writeAsBefore('INC-1', 4);
    await writeStream(store, move('INC-2', 0, 2));
    for (const seq of [3, 4]) await writeAsBefore('INC-2', seq);
    await writeAsBefore('INC-3', 1);
    expect(await store.audit.ends('', 10)).toMatchObject([
      { id: 'INC-1', hash: undefined },
      { id: 'INC-2', hash: undefined },
      { id: 'INC-3', hash: undefined },
    ]);

    await seal();
    await writeStream(store, move('INC-3', 1));

    expect(await verify()).toMatchObject({
      wrong: undefined,
      events: 10,
      streams: 3,
      heads: 1,
      uncovered: 1,
    });
  });
});
