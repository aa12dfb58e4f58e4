import { schedule, type ScheduledTask } from 'node-cron';
import { expect, onTestFinished, test } from 'vitest';
import { oneOfAll } from '../../src/bot/schedule.ts';
import { openPool, withClient } from '../../src/store/postgres-pool.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

describeOnPostgres('PostgreSQL', (server) => {
  test('ends a transaction of ours that stands still, and the next one has a connection that works', async () => {
    const broken: Error[] = [];
    const pool = openPool(server().url, (error) => broken.push(error));
    onTestFinished(() => pool.end());
    const names = ['idle_in_transaction_session_timeout', 'statement_timeout', 'lock_timeout'];
    const query = (text: string) => withClient(pool, (client) => client.query<{ value: string }>(text));
    const set = names.map(
      async (name) => (await query(`SELECT current_setting('${name}') AS value`)).rows[0],
    );
    expect(await Promise.all(set)).toEqual([{ value: '8s' }, { value: '8s' }, { value: '5s' }]);

    const stands = withClient(pool, async (client) => {
      await client.query('SET idle_in_transaction_session_timeout = 50; BEGIN');
      await new Promise((wake) => client.once('end', wake));
      return client.query('COMMIT');
    });
    await expect(stands).rejects.toThrow(/cannot be used/);
    expect((await query('SELECT 1 AS value')).rows).toHaveLength(1);
  });

  test('lets a replica look by itself when no notification comes', async () => {
    const { url, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const store = await openPostgresStore({ url });
    onTestFinished(() => store.close());
    await new Promise<void>((look) => store.watch(look));
    expect(await store.nextDue()).toBeUndefined();
  });

  test('lets one of all replicas run a task at each of its times', async () => {
    const { url, giveBack } = await server().lend();
    onTestFinished(giveBack);
    const stores = await Promise.all([1, 2, 3].map(() => openPostgresStore({ url })));
    const ran: string[] = [];
    const tasks: ScheduledTask[] = [];
    const thrice = new Promise<void>((done) => {
      for (const store of stores)
        tasks.push(
          schedule(
            '* * * * * *',
            ({ date }) => {
              ran.push(date.toISOString());
              if (ran.length === 3) done();
            },
            { name: 'each second', ...oneOfAll(store) },
          ),
        );
    });
    await thrice;
    for (const task of tasks) await task.destroy();
    for (const store of stores) await store.close();
    expect(ran).toEqual([...new Set(ran)]);
  });
});
