import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Client, ClientBase, Notification } from 'pg';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { Secret } from '../trust/secrets.ts';
import { connectionError } from './postgres-errors.ts';
import { connectBeside, prepareSession } from './postgres-pool.ts';
import { run, statement } from './postgres-rows.ts';

/** This process among the others that share the database. */
export interface Replica {
  /** Whom rows belong to that this process has in its hands. Another one after it was taken for dead. */
  readonly id: () => string;
  /** Whether no other one was alive a moment ago. */
  readonly isAlone: () => boolean;
  /** The database's, as the store's; it goes on by a clock that nobody sets while the database is away. */
  readonly time: () => Instant;
  /** The database showed this time between two moments of `performance.now()`. */
  readonly noteTime: (at: Instant, asked: number, heard: number) => void;
  /** As the store's. */
  readonly lease: () => () => boolean;
  /** Others should look: something is there that may be theirs to do, now or in so long. */
  readonly announce: (within?: Milliseconds) => void;
  /** As the store's. */
  readonly tell: (words: string) => void;
  readonly leave: () => Promise<void>;
}

const channel = 'lastgood';
const toldChannel = 'lastgood_told';
const pollEvery: Milliseconds = 1_000;
/** A notification takes a lock that all who commit one share, so a storm of commits is told of in few. */
const announceEvery: Milliseconds = 50;
/** What has more before it is not told: it would be old, and costs whoever hears it. */
const mostUntold = 200;
const slowestReconnect: Milliseconds = 2_000;

const beat = statement('UPDATE replica SET seen_at = clock_timestamp() WHERE id = $1');
const register = statement('INSERT INTO replica VALUES ($1, clock_timestamp())');
export const readClock = statement('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at');
const unregister = statement('DELETE FROM replica WHERE id = $1');
const readOthers = statement('SELECT id, seen_at::text AS sign FROM replica WHERE id <> $1');
const bury = statement('DELETE FROM replica WHERE id = $1 AND seen_at::text = $2');
const notify = statement(`SELECT pg_notify('${channel}', $1)`);
const tellAll = statement(
  `SELECT pg_notify('${toldChannel}', $1 || E'\\n' || words) FROM unnest($2::text[]) AS told (words)`,
);
const takeOver = statement(
  `UPDATE outbox SET status = 'waiting', may_have_happened = true, due_at = least(due_at, $1), owner = $2
   WHERE status = 'in-flight' AND owner NOT IN (SELECT id FROM replica)`,
);

/** What nobody who is alive has in flight waits again, for this replica first. @returns how many */
export async function recoverOrphans(client: ClientBase, now: Instant, id: string): Promise<number> {
  return (await run(client, takeOver, [now, id])).rowCount ?? 0;
}

/**
 * Joins the replicas on a connection of its own: gives signs of life, takes over from those that give none, hears of
 * what others leave to do.
 * @param options.lease who gives no sign of life for so long, as each of the others measures it, is dead to them
 * @param options.now what the time is; left out: what the database says
 * @param options.look what others may have left has to be looked for
 */
export async function joinReplicas(options: {
  readonly url: Secret;
  readonly lease: Milliseconds;
  readonly now: (() => Instant) | undefined;
  readonly look: () => void;
  readonly hear: (words: string) => void;
  readonly warn: (fields: { readonly error?: unknown }, message: string) => void;
}): Promise<Replica> {
  const { url, lease, look, hear, warn } = options;
  const state: State = {
    client: undefined,
    id: newId(),
    alone: true,
    others: new Map(),
    lookedAt: -Infinity,
    // By the clock on the wall as well as by the one that stands still while a machine sleeps.
    provenAt: undefined,
    ahead: undefined,
    left: false,
  };

  async function connect(): Promise<void> {
    const client: Client = await connectBeside(url, () => lose(client));
    try {
      await prepareSession(client);
      client.on('notification', notified);
      await client.query(`SET synchronous_commit = off; LISTEN ${channel}; LISTEN ${toldChannel}`);
      // Whoever has just come, perhaps together with all others after an outage, gives them time to come.
      state.others = new Map();
      await giveSign(client);
      if (state.left) throw new Error('the store was closed meanwhile');
      state.client = client;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  function notified({ channel: where, payload = '' }: Notification): void {
    const end = payload.indexOf('\n');
    if (where === channel && payload !== state.id) look();
    if (where === toldChannel && payload.slice(0, end) !== state.id) hear(payload.slice(end + 1));
  }

  /** The connection, or what it was lost to, comes back as an error of whoever uses it; here it only has to come back. */
  function lose(client: Client): void {
    if (state.client !== client) return;
    state.client = undefined;
    void client.end();
    void reconnect();
  }

  async function reconnect(): Promise<void> {
    for (let tries = 0; !state.left && !state.client; tries += 1) {
      try {
        await connect();
        look();
      } catch (error) {
        if (tries === 0 && !state.left)
          warn({ error: connectionError(error) }, 'the database is away; it is tried until it is back');
        await sleep(Math.min(slowestReconnect, 100 * 2 ** tries));
      }
    }
  }

  const time = options.now ?? (() => Math.round(performance.now() + (state.ahead ?? 0)));

  async function readTime(client: ClientBase): Promise<void> {
    const asked = performance.now();
    const { rows } = await run<{ at: number }>(client, readClock, []);
    const heard = performance.now();
    noteTime(rows[0]?.at ?? Date.now(), asked, heard);
  }

  /**
   * The answer was made between asking and hearing: the clock that is kept here is moved only as far as it must have been
   * wrong, so that a slow answer does not move it to and fro.
   */
  function noteTime(at: Instant, asked: number, heard: number): void {
    state.ahead = Math.min(Math.max(state.ahead ?? at - heard, at - heard), at - asked);
  }

  async function giveSign(client: ClientBase): Promise<void> {
    const began = { wall: Date.now(), steady: performance.now() };
    if ((await run(client, beat, [state.id])).rowCount === 0) {
      // New here, or buried by others: then what was in our hands is theirs.
      state.id = newId();
      await run(client, register, [state.id]);
    }
    await readTime(client);
    // Whoever holds the lease has read the clock since.
    state.provenAt = began;
    state.alone = !(await isAnybodyThere(client));
  }

  /**
   * Buries those whose sign has stayed the same for a lease. How long that was, is measured here: the database's clock may
   * be set, and would have somebody dead who gave a sign a moment ago. Whoever has not looked for long may have stood still
   * together with all others, and gives them time to wake up.
   */
  async function isAnybodyThere(client: ClientBase): Promise<boolean> {
    const asked = performance.now();
    if (asked - state.lookedAt > lease / 2) state.others = new Map();
    state.lookedAt = asked;
    const { rows } = await run<{ id: string; sign: string }>(client, readOthers, [state.id]);
    const heard = performance.now();
    const others = rows.map(({ id, sign }) => {
      const known = state.others.get(id);
      return { id, sign, since: known?.sign === sign ? known.since : heard };
    });
    state.others = new Map(others.map(({ id, ...seen }) => [id, seen]));
    const silent = others.filter(({ since }) => asked - since > lease);
    for (const { id, sign } of silent) await run(client, bury, [id, sign]);
    return others.length > silent.length;
  }

  async function tick(): Promise<void> {
    const { client } = state;
    if (!client) return;
    try {
      await giveSign(client);
      const taken = await recoverOrphans(client, time(), state.id);
      if (taken > 0) warn({}, `${taken} effects of a replica that is gone were taken over`);
    } catch (error) {
      warn({ error: connectionError(error) }, 'no sign of life could be given');
      lose(client);
    }
  }

  let next: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  let earliest = 0;
  function announce(within: Milliseconds = 0): void {
    const now = performance.now();
    const at = Math.max(now + within, earliest);
    if (next && next.at <= at) return;
    clearTimeout(next?.timer);
    next = { at, timer: setTimeout(announceNow, at - now) };
  }

  function announceNow(): void {
    next = undefined;
    earliest = performance.now() + announceEvery;
    const { client } = state;
    // When it fails the connection is lost, and the others look by themselves within a second.
    if (client) void run(client, notify, [state.id]).catch(() => undefined);
  }

  const untold: string[] = [];
  let telling: NodeJS.Timeout | undefined;
  function tell(words: string): void {
    if (state.alone || untold.length >= mostUntold) return;
    untold.push(words);
    telling ??= setTimeout(() => {
      telling = undefined;
      const told = untold.splice(0);
      const { client } = state;
      // Nobody counts on it.
      if (client)
        void run(client, tellAll, [state.id, told]).catch((error: unknown) =>
          warn({ error: connectionError(error) }, 'other replicas could not be told; nothing rests on it'),
        );
    }, announceEvery);
  }

  await connect().catch((error: unknown) => {
    throw connectionError(error);
  });
  const beats = every(lease / 5, tick);
  const polls = setInterval(look, pollEvery);
  return {
    id: () => state.id,
    isAlone: () => state.alone,
    time,
    noteTime,
    lease: () => {
      const { id } = state;
      return () => {
        const { provenAt } = state;
        if (!provenAt || id !== state.id) return false;
        const since = Math.max(Date.now() - provenAt.wall, performance.now() - provenAt.steady);
        return since < lease * 0.8;
      };
    },
    announce,
    tell,
    leave: async () => {
      state.left = true;
      clearInterval(polls);
      clearTimeout(next?.timer);
      clearTimeout(telling);
      await beats.stop();
      const { client } = state;
      state.client = undefined;
      if (!client) return;
      // If it fails, the others find out by themselves.
      await run(client, unregister, [state.id]).catch(() => undefined);
      await run(client, notify, [state.id]).catch(() => undefined);
      await client.end();
    },
  };
}

interface State {
  client: Client | undefined;
  id: string;
  alone: boolean;
  /** The last sign of each, and since when it has been seen, by `performance.now()`. */
  others: ReadonlyMap<string, { readonly sign: string; readonly since: number }>;
  /** When it was asked about them last. */
  lookedAt: number;
  provenAt: { readonly wall: number; readonly steady: number } | undefined;
  /** By how much the database's clock is ahead of `performance.now()`. */
  ahead: number | undefined;
  left: boolean;
}

function newId(): string {
  return `${hostname()}/${randomUUID()}`;
}

/** One after another: a slow one delays the next. */
function every(length: Milliseconds, work: () => Promise<void>): { readonly stop: () => Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running = Promise.resolve();
  const arm = (): void => {
    timer = setTimeout(() => {
      running = work().finally(() => stopped || arm());
    }, length);
  };
  arm();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function sleep(length: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, length);
  });
}
