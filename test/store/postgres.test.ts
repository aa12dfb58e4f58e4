import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commonClock } from '../../src/bot/common-clock.ts';
import { sayStartFailure } from '../../src/bot/start-failure.ts';
import { systemClock } from '../../src/engine/system-clock.ts';
import { examinePostgres } from '../../src/store/postgres-start.ts';
import { openPostgresStore } from '../../src/store/postgres.ts';
import { StoreAway, StoreTooNew, StoreUnavailable, type Store } from '../../src/store/store.ts';
import { reveal, secret, type Secret } from '../../src/trust/secrets.ts';
import { sharedStoreContract } from '../contract/store-replicas.ts';
import { delivery, enqueue, errand, move, noon, writeStream } from '../contract/store-samples.ts';
import { storeContract } from '../contract/store.ts';
import { asBefore } from '../support/earlier-schema.ts';
import { describeOnPostgres } from '../support/on-postgres.ts';

const program = fileURLToPath(new URL('postgres-process.mjs', import.meta.url));
/** Short, so that nobody waits long for a death; and longer than a busy machine needs for a sign of life. */
const lease = 2_000;

describeOnPostgres('PostgreSQL', (server) => {
  storeContract('PostgreSQL', async () => {
    const { url, giveBack } = await server().lend();
    return { open: () => openPostgresStore({ url, now: () => noon }), remove: async () => giveBack() };
  });

  sharedStoreContract('PostgreSQL', async () => {
    const { url, giveBack } = await server().lend();
    return { open: () => openPostgresStore({ url, now: () => noon }), remove: async () => giveBack() };
  });

  describe('A PostgreSQL store', () => {
    let url: Secret;
    let database: string;
    let giveBack: () => void;
    const opened: Store[] = [];
    const running: ChildProcess[] = [];

    beforeEach(async () => {
      ({ url, database, giveBack } = await server().lend());
    });
    afterEach(async () => {
      for (const child of running.splice(0)) child.kill('SIGKILL');
      for (const store of opened.splice(0)) await store.close();
      giveBack();
    });

    async function open(through = url): Promise<Store> {
      const store = await openPostgresStore({ url: through, now: () => noon, lease });
      opened.push(store);
      return store;
    }
    async function refusalToOpen(through: Secret): Promise<Error> {
      return openPostgresStore({ url: through }).then(
        () => expect.unreachable('the store was opened'),
        (error: unknown) => error as Error,
      );
    }
    /** Until it takes something again. */
    async function untilBack(store: Store): Promise<void> {
      const probe = () => store.writeMark('probe', '1').then(() => 'back', String);
      await expect.poll(probe, { timeout: 15_000 }).toBe('back');
    }

    /** Everything that was answered, of many writers that go on until they are told. */
    function writing(store: Store) {
      const state = { stopped: false, refused: 0 };
      const received: string[] = [];
      const written: string[] = [];
      async function receiveOn(worker: number): Promise<void> {
        for (let n = 0; !state.stopped; n += 1) {
          const id = `${worker}-${n}`;
          await store.receive(delivery(id)).then(() => received.push(id), refused);
        }
      }
      async function writeOn(worker: number): Promise<void> {
        const id = `INC-${worker}`;
        while (!state.stopped) {
          const append = store.transact(async (transaction) => {
            const version = (await transaction.stream(id))?.version ?? 0;
            await transaction.write(move(id, version));
            return `${id}/${version + 1}`;
          });
          await append.then((entry) => written.push(entry), refused);
        }
      }
      async function refused(error: unknown): Promise<void> {
        expect(error).toBeInstanceOf(StoreUnavailable);
        state.refused += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const done = Promise.all(
        Array.from({ length: 8 }, (_, worker) => [receiveOn(worker), writeOn(worker)]).flat(),
      );
      const stop = async () => {
        state.stopped = true;
        await done;
      };
      return { state, received, written, stop };
    }

    async function expectAllThere(store: Store, { received, written }: ReturnType<typeof writing>) {
      const inbox = new Set((await store.unsettledInbox()).map(({ id }) => id));
      expect(received.filter((id) => !inbox.has(id))).toEqual([]);
      const events = new Set<string>();
      for (const { id, version } of await store.listStreams('incident')) {
        const all = (await store.readEvents(id)).map(({ seq }) => seq);
        expect(all).toEqual(Array.from({ length: version }, (_, n) => n + 1));
        for (const seq of all) events.add(`${id}/${seq}`);
      }
      expect(written.filter((entry) => !events.has(entry))).toEqual([]);
      // What was refused was not stored either: PostgreSQL was asked about each COMMIT whose answer was lost.
      expect([...events].toSorted()).toEqual([...written].toSorted());
    }

    test('has everything it acknowledged, and nothing it refused, when the server crashes and comes back', async () => {
      const store = await open();
      const work = writing(store);
      for (let crash = 0; crash < 3; crash += 1) {
        const before = work.written.length;
        await expect.poll(() => work.written.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
        await server().stop('immediate');
        await server().start();
        await untilBack(store);
      }
      await work.stop();

      expect(work.state.refused).toBeGreaterThan(0);
      await expectAllThere(store, work);
    }, 60_000);

    test('goes on when its connections are cut, in the middle of whatever they do', async () => {
      const store = await open();
      const work = writing(store);
      for (let cut = 0; cut < 5; cut += 1) {
        const before = work.written.length;
        await expect.poll(() => work.written.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
        await server().query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
        );
        await untilBack(store);
      }
      await work.stop();

      await expectAllThere(store, work);
    }, 60_000);

    test('knows what became of a COMMIT whose answer was lost', async () => {
      const proxy = await wayTo(server().socket);
      const store = await open(secret(`postgres://postgres@127.0.0.1:${proxy.port}/${database}`));
      await writeStream(store, move('INC-1', 0));

      proxy.cutNext();
      await expect(writeStream(store, move('INC-1', 1))).resolves.toBeUndefined();

      expect(proxy.cuts()).toBe(1);
      expect(await store.readEvents('INC-1')).toHaveLength(2);
      await store.close();
      await proxy.close();
    });

    test('takes nothing while the server is away, says so without its address, and comes back by itself', async () => {
      const hidden = secret(reveal(url).replace('postgres@', 'postgres:correct-horse@'));
      const store = await open(hidden);
      await server().stop('fast');

      const refusals = await Promise.allSettled([
        store.receive(delivery('a')),
        writeStream(store, move('INC-1', 0)),
        store.readStream('INC-1'),
      ]);
      const reasons = refusals.map((each) =>
        each.status === 'rejected' ? (each.reason as Error) : undefined,
      );
      for (const reason of reasons) {
        // Whoever starts now ends with 1, so that it is started again: the database comes back by itself.
        expect(reason).toBeInstanceOf(StoreAway);
        expect(sayStartFailure(reason).exitCode).toBe(1);
        expect(reason?.message).toMatch(/^The database of DATABASE_URL cannot be used: /);
        expect(`${reason?.stack} ${JSON.stringify(reason)} ${String(reason?.cause)}`).not.toContain(
          'correct-horse',
        );
      }
      await server().start();
      await untilBack(store);

      expect(await store.receive(delivery('a'))).toEqual({ new: true });
      await expect.poll(() => store.lease()(), { timeout: 10_000 }).toBe(true);
    }, 60_000);

    test('takes over from a replica that is frozen, whose word does not count any more when it wakes', async () => {
      const store = await open();
      await enqueue(store, errand('e'));
      const frozen = startReplica('e');
      await frozen.said('taken');
      expect(await store.recoverInFlight()).toBe(0);

      frozen.child.kill('SIGSTOP');
      await expect
        .poll(() => store.outboxDue(noon, 10), { timeout: 15_000 })
        .toMatchObject([{ id: 'e', mayHaveHappened: true, attempts: 1 }]);
      frozen.child.kill('SIGCONT');
      frozen.child.stdin?.write('\n');

      await expect(frozen.said('in hand')).resolves.toBe('may act on it: false, in hand: false');
    }, 60_000);

    test('takes nothing up once the others took it for dead, until it has joined them again', async () => {
      const store = await openPostgresStore({ url, now: () => noon });
      opened.push(store);
      await enqueue(store, errand('e'));
      await server().query('DELETE FROM lastgood.replica', database);
      const take = () =>
        store.transact((transaction) => transaction.takeOutbox({ id: 'e', lane: 'e' }, noon));

      expect(await take()).toBeUndefined();
      await expect.poll(take, { timeout: 15_000 }).toMatchObject({ id: 'e' });
    }, 60_000);

    test('goes on when the way to the server falls silent, and a new one is there', async () => {
      const proxy = await wayTo(server().socket);
      const store = await open(secret(`postgres://postgres@127.0.0.1:${proxy.port}/${database}`));
      await writeStream(store, move('INC-1', 0));

      proxy.fallSilent();

      await expect(writeStream(store, move('INC-1', 1))).rejects.toBeInstanceOf(StoreUnavailable);
      await untilBack(store);
      await expect.poll(() => store.lease()(), { timeout: 30_000 }).toBe(true);
      await store.close();
      await proxy.close();
    }, 90_000);

    test('takes over from a replica that was killed', async () => {
      const store = await open();
      await enqueue(store, errand('e'));
      const killed = startReplica('e');
      await killed.said('taken');

      killed.child.kill('SIGKILL');

      await expect
        .poll(() => store.outboxDue(noon, 10), { timeout: 15_000 })
        .toMatchObject([{ id: 'e', mayHaveHappened: true }]);
    }, 60_000);

    test('takes over from a replica that was killed before the clock of the database was set back', async () => {
      const store = await open();
      await enqueue(store, errand('e'));
      const killed = startReplica('e');
      await killed.said('taken');

      killed.child.kill('SIGKILL');
      await server().query(`UPDATE lastgood.replica SET seen_at = seen_at + interval '1 hour'`, database);

      await expect
        .poll(() => store.outboxDue(noon, 10), { timeout: 15_000 })
        .toMatchObject([{ id: 'e', mayHaveHappened: true }]);
    }, 60_000);

    test('takes nobody for dead because the clock of the database was set forward', async () => {
      const [one, other] = [await open(), await open()];
      await enqueue(one, errand('e'));
      await one.transact(async (transaction) => {
        await transaction.takeOutbox({ id: 'e', lane: 'e' }, noon);
        await transaction.updateOutbox('e', { status: 'in-flight' });
      });

      for (let looks = 0; looks < 30; looks += 1) {
        await server().query(`UPDATE lastgood.replica SET seen_at = seen_at - interval '1 hour'`, database);
        expect(await other.recoverInFlight()).toBe(0);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }

      expect(await one.transact((transaction) => transaction.inHand('e'))).toBe(true);
    }, 60_000);

    test('takes nobody for dead when it comes, however old their last sign is by the clock of the database', async () => {
      // It gives its signs three seconds apart.
      const living = await openPostgresStore({ url, now: () => noon });
      opened.push(living);
      await enqueue(living, errand('e'));
      await living.transact(async (transaction) => {
        await transaction.takeOutbox({ id: 'e', lane: 'e' }, noon);
        await transaction.updateOutbox('e', { status: 'in-flight' });
      });

      // As after an hour without the database, or when its clock was set forward.
      await server().query(`UPDATE lastgood.replica SET seen_at = seen_at - interval '1 hour'`, database);
      const newcomer = await open();

      expect(await newcomer.recoverInFlight()).toBe(0);
      expect(await living.transact((transaction) => transaction.inHand('e'))).toBe(true);
    }, 60_000);

    test('takes nobody for dead when it has stood still itself, perhaps together with them', async () => {
      opened.push(await openPostgresStore({ url, now: () => noon, lease: 3_000 }));
      const { query } = server();
      await query(`INSERT INTO lastgood.replica VALUES ('asleep', now())`, database);
      const sign = async () =>
        (await query(`SELECT id, seen_at::text FROM lastgood.replica WHERE id <> 'asleep'`, database))[0];
      const nextSign = async () => {
        const before = await sign();
        await expect.poll(sign, { timeout: 10_000 }).not.toEqual(before);
      };
      await nextSign();
      await nextSign();

      const awake = performance.now.bind(performance);
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => awake() + 3_600_000);
      onTestFinished(() => clock.mockRestore());
      await nextSign();
      await nextSign();

      expect(await query(`SELECT FROM lastgood.replica WHERE id = 'asleep'`, database)).toHaveLength(1);
    }, 60_000);

    test('goes by the clock of the database, whatever that of the machine says', async () => {
      onTestFinished(() => void vi.useRealTimers());
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
      const store = await openPostgresStore({ url });
      opened.push(store);
      const clock = commonClock(store, systemClock());

      const [read] = await server().query<{ at: number }>(
        `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS at`,
      );

      expect(Math.abs(clock.now() - read!.at)).toBeLessThan(60_000);
      vi.setSystemTime(Date.now() - 7_200_000);
      expect(Math.abs(clock.now() - read!.at)).toBeLessThan(60_000);
      await new Promise<void>((resolve) => clock.wakeAt(clock.now() + 10, resolve));
      expect(clock.now()).toBeGreaterThan(read!.at);
    });

    test('knows the time again as soon as it is given a stream to wake, also when that was set back a moment ago', async () => {
      const store = await openPostgresStore({ url });
      opened.push(store);
      const now = store.time()!;
      await writeStream(store, move('INC-1', 0, 1, { wakeAt: now - 1_000 }));
      onTestFinished(() => void vi.useRealTimers());
      vi.useFakeTimers({ toFake: ['performance'] });
      vi.advanceTimersByTime(36_000_000);

      const due = await store.wakesDue(store.time()!, 10);

      expect(due).toEqual([{ id: 'INC-1', kind: 'incident', wakeAt: now - 1_000 }]);
      expect(Math.abs(store.time()! - now)).toBeLessThan(60_000);
    });

    test('hands out and counts an effect that its own JSON would refuse, as a program of before has stored it', async () => {
      const store = await open();
      await enqueue(store, errand('said'), errand('half'));
      const now = (text: string) => `SET effect = replace(effect, 'Checkout', '${text}') WHERE id =`;
      await server().query(`UPDATE lastgood.outbox ${now('\\u0000')} 'said'`, database);
      await server().query(`UPDATE lastgood.outbox ${now('\\ud83d')} 'half'`, database);

      const others = [{ type: 'page.slack', priority: 0 }] as const;
      const due = await store.outboxDue(noon, 10, others);
      expect(due.map(({ effect }) => effect)).toMatchObject([
        { text: '\0 answers again.' },
        { text: '\ud83d answers again.' },
      ]);
      expect((await store.outstanding(noon)).effects).toMatchObject([{ type: 'slack.thread', count: 2 }]);
    });

    test('is made once, when several open it at the same moment', async () => {
      await Promise.all(Array.from({ length: 4 }, () => open()));

      const versions = await server().query('SELECT version FROM lastgood.schema_version', database);
      expect(versions).toEqual([{ version: '2' }]);
    });

    test('that a newer program made is refused with advice and left alone', async () => {
      await (await openPostgresStore({ url })).close();
      await server().query('UPDATE lastgood.schema_version SET version = 99, oldest = 98', database);

      const refusal = await refusalToOpen(url);

      expect(refusal).toBeInstanceOf(StoreTooNew);
      expect(refusal.message).toMatch(/newer Lastgood \(schema 99/);
    });

    test('that a newer program made for replicas of this one, too, is used by both', async () => {
      const ours = await open();
      await ours.receive(delivery('d1'));
      // What its step has done while we are at work.
      await server().query(
        `ALTER TABLE lastgood.stream ADD COLUMN colour text NOT NULL DEFAULT 'red'`,
        database,
      );
      await server().query(`UPDATE lastgood.schema_version SET version = 99, oldest = 2`, database);

      await writeStream(ours, move('INC-1', 0));
      const started = await open();
      await writeStream(started, move('INC-1', 1));
      expect(await ours.readEvents('INC-1')).toHaveLength(2);
      expect(await started.unsettledInbox()).toHaveLength(1);
    });

    test('that an older program made is brought up to date while its replicas are at work', async () => {
      const older = await open();
      await writeStream(older, move('INC-1', 0, 2));
      await older.receive(delivery('d1'));
      // As it was before the second step: a connection that writes as the program of then did goes on.
      await server().query(asBefore.postgres, database);
      const writes = new Client({ connectionString: reveal(url) });
      await writes.connect();
      onTestFinished(() => writes.end());

      const newer = await openPostgresStore({ url, now: () => noon });
      onTestFinished(() => newer.close());
      await writes.query(`SET search_path = lastgood; BEGIN;
        UPDATE stream SET version = 3 WHERE id = 'INC-1';
        INSERT INTO event (stream, seq, at, by, type, data, written)
          SELECT stream, 3, at, by, type, data, 0 FROM event WHERE stream = 'INC-1' AND seq = 2;
        COMMIT`);
      expect(await newer.readEvents('INC-1')).toHaveLength(3);
      await writeStream(newer, move('INC-1', 3));
      expect(await newer.unsettledInbox()).toHaveLength(1);
      const upTo = await newer.audit.settled();
      expect((await newer.audit.events(0, 10)).filter(({ hash, pos }) => pos <= upTo && !hash)).toEqual([]);
    });

    test.for(['no_such_database', 'latin'])('that is not usable is refused: %s', async (name) => {
      await server().query(`DROP DATABASE IF EXISTS latin`);
      await server().query(`CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0`);

      const unusable = secret(reveal(url).replace(database, name));

      const refusal = await refusalToOpen(unusable);
      const examined = examinePostgres(unusable);

      expect(refusal).toBeInstanceOf(StoreUnavailable);
      expect(sayStartFailure(refusal).exitCode).toBe(78);
      expect(refusal.message).toMatch(name === 'latin' ? /encoded in LATIN1/ : /does not exist/);
      await expect(examined).rejects.toEqual(refusal);
    });

    test('that cannot be reached as the address wants it is refused at once', async () => {
      const proxy = await wayTo(server().socket);

      const refusal = await refusalToOpen(
        secret(`postgres://postgres@127.0.0.1:${proxy.port}/${database}?sslmode=require`),
      );

      expect(refusal).toBeInstanceOf(StoreUnavailable);
      expect(refusal.message).toMatch(/cannot be used: The server does not support SSL connections/);
      await proxy.close();
    });

    test('with an address that cannot be read is refused without repeating it', async () => {
      const refusal = await refusalToOpen(secret('postgres://me:correct-horse@host:port/x'));

      expect(refusal).toBeInstanceOf(StoreUnavailable);
      expect(`${refusal.stack} ${String(refusal.cause)}`).not.toContain('correct-horse');
    });

    test('can be examined without being changed', async () => {
      await expect(examinePostgres(url)).resolves.toBeUndefined();

      expect(await server().query(`SELECT to_regnamespace('lastgood') AS made`, database)).toEqual([
        { made: null },
      ]);
    });

    function startReplica(effect: string) {
      const child = spawn(process.execPath, [program, reveal(url), String(lease), effect], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      running.push(child);
      const lines: string[] = [];
      createInterface(child.stdout).on('line', (line) => {
        lines.push(line);
        child.emit('said');
      });
      const said = async (words: string): Promise<string> => {
        for (;;) {
          const line = lines.find((each) => each.includes(words));
          if (line !== undefined) return line;
          await once(child, 'said');
        }
      };
      return { child, said };
    }
  });
});

/**
 * Stands before the server(). On demand it cuts a connection as soon as a COMMIT has gone through, and no answer comes; or it
 * loses all that is sent on the connections that are there, without a word.
 */
async function wayTo(socket: string) {
  const state = { armed: false, cuts: 0 };
  const sockets = new Set<Socket>();
  const silenced = new Set<() => void>();
  const proxy = createServer((near) => {
    const far = connect(socket);
    for (const each of [near, far]) sockets.add(each.on('error', () => each.destroy()));
    let silent = false;
    let lost = false;
    silenced.add(() => {
      silent = true;
      lost = true;
    });
    near.on('data', (data) => {
      if (lost) return;
      far.write(data);
      if (!state.armed || !data.includes('COMMIT')) return;
      state.armed = false;
      silent = true;
      state.cuts += 1;
      // The server has it, and answers nobody.
      setTimeout(() => near.destroy(), 200);
    });
    far.on('data', (data) => silent || near.write(data));
    near.on('close', () => lost || far.end());
    far.on('close', () => lost || near.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as { readonly port: number }).port,
    cutNext: () => void (state.armed = true),
    cuts: () => state.cuts,
    fallSilent: () => {
      for (const silence of silenced) silence();
    },
    close: async () => {
      for (const each of sockets) each.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
