import { expect, test } from 'vitest';
import { examinePostgres } from '../../src/store/postgres-start.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { StoreAway } from '../../src/store/store.ts';
import { delivery, move, noon, writeStream } from '../contract/store-samples.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres('A synchronous standby', (server) => {
  test('has everything that was acknowledged when the primary dies; and numbers go on from there', async () => {
    const { url, database } = await server().lend();
    await (await openPostgresStore({ url, now: () => noon })).close();
    const standby = await server().addStandby();
    const store = await openPostgresStore({ url, now: () => noon });
    // It follows, and takes nothing itself.
    await expect(examinePostgres(standby.urlOf(database))).rejects.toBeInstanceOf(StoreAway);

    const acknowledged: string[] = [];
    const state = { dead: false };
    const senders = Array.from({ length: 8 }, async (_, sender) => {
      for (let n = 0; !state.dead; n += 1) {
        const id = `${sender}.${n}`;
        await store.receive(delivery(id)).then(
          () => acknowledged.push(id),
          () => (state.dead = true),
        );
      }
    });
    for (let n = 1; n <= 5; n += 1)
      await store.transact(async (transaction) => {
        await transaction.useNumber('incident', n);
        await transaction.write({ ...move(`INC-${n}`, 0), wakeAt: undefined });
      });
    while (acknowledged.length < 200) await new Promise((wake) => setTimeout(wake, 5));
    await server().stop('immediate');
    await Promise.all(senders);
    await store.close();
    await standby.promote();

    const next = await openPostgresStore({ url: standby.urlOf(database), now: () => noon });
    const there = new Set((await next.unsettledInbox()).map(({ id }) => id));
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(await next.transact((transaction) => transaction.nextNumber('incident'))).toBe(6);
    await writeStream(next, move('INC-6', 0));
    await next.close();
  }, 60_000);
});
