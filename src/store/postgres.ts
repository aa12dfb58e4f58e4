import { tmpdir } from 'node:os';
import type { Pool } from 'pg';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import type { OpenedStore } from './open-store.ts';
import { auditTrail } from './postgres-audit.ts';
import { backUpPostgres } from './postgres-backup.ts';
import { documentsIn } from './postgres-documents.ts';
import { connectionError, storeError } from './postgres-errors.ts';
import { inboxIn } from './postgres-inbox.ts';
import { marksIn } from './postgres-marks.ts';
import { outboxIn } from './postgres-outbox.ts';
import { outstandingIn } from './postgres-outstanding.ts';
import { openPool, withClient } from './postgres-pool.ts';
import { queriesOn, type At } from './postgres-queries.ts';
import { receiver } from './postgres-receive.ts';
import { joinReplicas, recoverOrphans, type Replica } from './postgres-replica.ts';
import { statement } from './postgres-rows.ts';
import { standingIn } from './postgres-standing.ts';
import { migrateDatabase } from './postgres-start.ts';
import { streamsIn } from './postgres-streams.ts';
import { transactor } from './postgres-transact.ts';
import { wakesOf } from './postgres-wakes.ts';
import { StoreUnavailable, type StoredStream } from './store.ts';

/** Short enough for the next rung, long enough for a busy minute. */
const usualLease: Milliseconds = 15_000;
/** Whoever wrote a stream last is the first to go on with it, so that they do not all try; so much later it is anybody's. */
const graceOfWakes: Milliseconds = 150;

const nextWake = statement(
  `SELECT least(
     (SELECT min(wake_at) FROM stream WHERE wake_at IS NOT NULL AND owner = $1),
     (SELECT min(wake_at) + CASE WHEN $2 THEN 0 ELSE ${graceOfWakes} END FROM stream
      WHERE wake_at IS NOT NULL)) AS at`,
);
const wakesDue = statement(
  `SELECT id, kind, wake_at AS "wakeAt", (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now FROM stream
   WHERE wake_at <= $1 AND (owner = $3 OR $4 OR wake_at <= $1 - ${graceOfWakes})
   ORDER BY wake_at, pos LIMIT $2`,
);

/**
 * The store for several machines: a PostgreSQL database (14 or newer) that any number of equal replicas share.
 * @param options.url `postgres://…`; shown nowhere
 * @param options.folder where a backup is written down before it goes where it belongs; left out: where the system keeps
 * what is temporary
 * @param options.now milliseconds since the epoch; left out, as usual: by the database's clock
 * @param options.lease a replica that gives no sign of life for so long is dead to the others
 * @param options.warn hears what no caller hears, or could do anything about
 * @throws StoreTooNew, StoreUnavailable
 */
export async function openPostgresStore(options: {
  readonly url: Secret;
  readonly folder?: string;
  readonly now?: () => Instant;
  readonly lease?: Milliseconds;
  readonly warn?: (fields: { readonly error?: unknown }, message: string) => void;
}): Promise<OpenedStore> {
  const { url, folder = tmpdir(), lease = usualLease, warn = () => undefined } = options;
  const watchers: (() => void)[] = [];
  const listeners: ((words: string) => void)[] = [];
  await migrateDatabase(url);
  const replica = await joinReplicas({
    url,
    lease,
    now: options.now,
    warn,
    look: () => {
      for (const look of watchers) look();
    },
    hear: (words) => {
      for (const listen of listeners) listen(words);
    },
  });
  const pool = openPool(url, (error) =>
    warn({ error: connectionError(error) }, 'a connection to the database broke'),
  );
  return storeOn(pool, replica, { watchers, listeners }, (to, signal) =>
    backUpPostgres(url, to, { folder, signal }),
  );
}

function storeOn(
  pool: Pool,
  replica: Replica,
  {
    watchers,
    listeners,
  }: { readonly watchers: (() => void)[]; readonly listeners: ((words: string) => void)[] },
  backUp: (to: string, signal: AbortSignal) => Promise<void>,
): OpenedStore {
  const underWay = new Set<Promise<unknown>>();
  let closed: Promise<void> | undefined;
  const closing = new AbortController();

  /** Counts what is under way, so that `close` can wait for it; takes nothing afterwards. */
  function during<T>(work: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new StoreUnavailable('The store is closed.'));
    const done = work();
    underWay.add(done);
    const forget = (): void => void underWay.delete(done);
    done.then(forget, forget);
    return done;
  }

  const queries = queriesOn(pool, during);
  const { rowsOf } = queries;

  /** Ours, and whether there is nobody else for the rest. */
  const whose = () => [replica.id(), replica.isAlone()] as const;
  const receive = receiver(pool, replica.id);
  const wakes = wakesOf({
    nextWake: async () => (await rowsOf<At>(nextWake, ...whose()))[0]?.at ?? undefined,
    wakesDue: async (until, limit) => {
      const asked = performance.now();
      const due = await rowsOf<Wake & { readonly now: Instant }>(wakesDue, until, limit, ...whose());
      const [first] = due;
      if (first) replica.noteTime(first.now, asked, performance.now());
      return due.map(({ id, kind, wakeAt }) => ({ id, kind, wakeAt }));
    },
  });
  watchers.push(wakes.forget);
  const transact = transactor(pool, replica, wakes.set);
  const standing = standingIn(pool);
  const audit = auditTrail((work) => during(() => withClient(pool, work).catch(rethrow)));

  return {
    receive: async (item) => {
      const received = await during(() => receive(item));
      // Another one may be reading what has to be read in order.
      if (received.new) replica.announce();
      return received;
    },
    transact: async (work) => {
      const value = await during(() => transact(work));
      // It is ours to go on with until then, and nobody else's to look at.
      replica.announce(graceOfWakes);
      return value;
    },

    ...inboxIn(queries, replica),
    ...streamsIn(queries),
    ...outboxIn(queries, replica),
    ...marksIn(queries),
    outstanding: (until) => outstandingIn(queries, until),
    documents: documentsIn(queries, replica),
    standing: (ends, sources) => during(() => standing(ends, sources)),

    nextWake: wakes.nextWake,
    wakesDue: wakes.wakesDue,

    recoverInFlight: () =>
      during(() =>
        withClient(pool, (client) => recoverOrphans(client, replica.time(), replica.id())).catch(rethrow),
      ),

    backUp: (to) =>
      during(async () => {
        // What a replica of an older version wrote beside us has no hash yet.
        await audit.settled();
        await backUp(to, closing.signal).catch(rethrow);
      }),

    audit,

    time: replica.time,
    watch: (look) => void watchers.push(look),
    isAlone: replica.isAlone,
    tell: replica.tell,
    hear: (listen) => void listeners.push(listen),
    lease: replica.lease,

    close: () =>
      (closed ??= (async () => {
        // A backup may take minutes, and whoever stops the bot is not waiting for that.
        closing.abort(new StoreUnavailable('The store is closed.'));
        await Promise.allSettled(underWay);
        await replica.leave();
        await pool.end();
      })()),
  };
}

type Wake = Pick<StoredStream, 'id' | 'kind'> & { readonly wakeAt: Instant };

function rethrow(error: unknown): never {
  throw storeError(error);
}
