import type { ClientBase } from 'pg';
import { beginning } from '../trust/audit/chain.ts';
import { StoreAway, StoreTooNew, StoreUnavailable } from './store.ts';

/** So that of several replicas that start at once one migrates, and the others wait for it. Any number would do. */
const migrationLock = 7_206_171_311;
const oldestServer = 140_000;

/**
 * The schema, one step a version, forward only. A step that was released is never edited; what is wrong with it is put
 * right by the next one. While replicas are replaced one by one, the program before a step works on the schema after it,
 * so a step only adds.
 *
 * `pos` keeps the order of arrival. `(stream, seq)` is the fence. `owner` is a row of `replica`: who received an item,
 * who wrote a stream or effect last and is the first to go on with it, who has an effect in flight.
 * `written` names the transaction, for when the answer to its COMMIT is lost. A partial index
 * holds only the rows that are still of interest, so that a million settled ones cost nothing. Everything that is JSON
 * is text, and no statement parses it (`typeOfEffect`). `must` makes a statement that changed nothing an error of its
 * transaction, so that a COMMIT sent right behind it does not commit.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE inbox (
    pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL CONSTRAINT inbox_id UNIQUE,
    source text NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL,
    owner text NOT NULL,
    result text CHECK (result IN ('done', 'quarantined')),
    note text
  );
  CREATE INDEX inbox_unsettled ON inbox (pos) WHERE result IS NULL;
  CREATE INDEX inbox_settled ON inbox (at) WHERE result IS NOT NULL;

  CREATE TABLE stream (
    pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL CONSTRAINT stream_id UNIQUE,
    kind text NOT NULL,
    version bigint NOT NULL,
    wake_at bigint,
    alias text,
    rank text COLLATE "C" NOT NULL,
    state text NOT NULL,
    owner text NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX stream_kind ON stream (kind, pos);
  CREATE UNIQUE INDEX stream_alias ON stream (kind, alias) WHERE alias IS NOT NULL;
  CREATE INDEX stream_open ON stream (kind, rank, pos) WHERE alias IS NOT NULL;
  CREATE INDEX stream_wake ON stream (wake_at) WHERE wake_at IS NOT NULL;
  CREATE INDEX stream_own_wake ON stream (owner, wake_at) WHERE wake_at IS NOT NULL;

  CREATE TABLE event (
    pos bigint GENERATED ALWAYS AS IDENTITY,
    stream text NOT NULL REFERENCES stream (id),
    seq bigint NOT NULL,
    at bigint NOT NULL,
    by text NOT NULL,
    type text NOT NULL,
    data text NOT NULL,
    written bigint NOT NULL,
    CONSTRAINT event_seq PRIMARY KEY (stream, seq)
  );

  CREATE TABLE outbox (
    pos bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL CONSTRAINT outbox_id UNIQUE,
    stream text REFERENCES stream (id),
    lane text NOT NULL,
    priority bigint NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    deadline_at bigint NOT NULL,
    effect text NOT NULL,
    status text NOT NULL DEFAULT 'waiting'
      CHECK (status IN ('waiting', 'in-flight', 'done', 'failed', 'unknown', 'withheld')),
    attempts bigint NOT NULL DEFAULT 0,
    may_have_happened boolean NOT NULL DEFAULT false,
    receipt text NOT NULL DEFAULT '{}',
    last_error text,
    owner text NOT NULL
  );
  CREATE INDEX outbox_stream ON outbox (stream, pos);
  CREATE INDEX outbox_due ON outbox (due_at) WHERE status = 'waiting';
  CREATE INDEX outbox_own_due ON outbox (owner, due_at) WHERE status = 'waiting';
  CREATE INDEX outbox_lane ON outbox (lane, pos) WHERE status IN ('waiting', 'in-flight');
  CREATE INDEX outbox_in_flight ON outbox (owner) WHERE status = 'in-flight';

  CREATE TABLE counter (name text PRIMARY KEY, used bigint NOT NULL);
  CREATE TABLE mark (name text PRIMARY KEY, value text COLLATE "C" NOT NULL);

  CREATE TABLE replica (id text PRIMARY KEY, seen_at timestamptz NOT NULL);
  CREATE TABLE duty (name text PRIMARY KEY, owner text NOT NULL);

  CREATE FUNCTION must(ok boolean, code text, what text) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF NOT ok THEN RAISE EXCEPTION '%', what USING ERRCODE = code; END IF;
  END $$;
  `,
  // What people and CI read as files, every version of it.
  `
  CREATE TABLE document (
    name text NOT NULL,
    version bigint NOT NULL,
    at bigint NOT NULL,
    text text NOT NULL,
    CONSTRAINT document_version PRIMARY KEY (name, version)
  );
  DELETE FROM mark WHERE name = 'registry-written';

  ALTER TABLE event ADD COLUMN hash text;
  CREATE UNIQUE INDEX event_pos ON event (pos);
  CREATE INDEX event_unhashed ON event (stream, seq) WHERE hash IS NULL;
  ALTER TABLE stream ADD COLUMN hash text NOT NULL DEFAULT '${beginning}', ADD COLUMN hashed bigint NOT NULL DEFAULT 0;
  CREATE TABLE audit_head (number bigint PRIMARY KEY, head text NOT NULL);

  ALTER TABLE schema_version ADD COLUMN oldest bigint;

  CREATE INDEX outbox_next ON outbox (priority, pos) WHERE status = 'waiting';
  `,
];

/**
 * The schema of the oldest programs that can go on with this one, and be started on it, while replicas are replaced. A
 * step after which they would lose or break something raises it, and needs all replicas to be stopped.
 */
const worksWith = 1;

/**
 * Brings the schema up to date, or waits until another replica has; where it is up to date, it changes nothing.
 * @throws StoreTooNew when this program does not know the schema; StoreUnavailable when the server is not fit for us
 */
export async function migrate(client: ClientBase): Promise<void> {
  await refuseUnfit(client);
  while (await migrateOnce(client));
}

/**
 * Looks whether the database could be used, and leaves it as it is.
 * @returns its schema's version; 0 before the first start
 * @throws StoreTooNew, StoreUnavailable
 */
export async function examineSchema(client: ClientBase): Promise<number> {
  await refuseUnfit(client);
  const { rows } = await client.query<{ made: boolean; mayMake: boolean }>(
    `SELECT to_regclass('lastgood.schema_version') IS NOT NULL AS made,
       has_database_privilege(current_database(), 'CREATE') AS "mayMake"`,
  );
  if (rows[0]?.made === true) return schemaVersion(client);
  if (rows[0]?.mayMake !== true)
    throw new StoreUnavailable(
      'The user of DATABASE_URL may not create a schema: GRANT CREATE ON DATABASE … TO …',
    );
  return 0;
}

/** @returns whether there may be more to do */
async function migrateOnce(client: ClientBase): Promise<boolean> {
  // Another replica may be at it for as long as it takes.
  await client.query('BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0');
  try {
    const more = await takeStep(client);
    await client.query('COMMIT');
    return more;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** All steps in the caller's transaction. */
export async function migrateWithin(client: ClientBase): Promise<void> {
  while (await takeStep(client));
}

/** @returns whether there may be more to do */
async function takeStep(client: ClientBase): Promise<boolean> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  const version = await makeOrReadVersion(client);
  const step = migrations[version];
  if (step === undefined) return false;
  if (version === 0) await client.query('CREATE TABLE schema_version (version bigint NOT NULL)');
  await client.query(step);
  await client.query('DELETE FROM schema_version');
  await client.query('INSERT INTO schema_version (version) VALUES ($1)', [version + 1]);
  if (version + 1 === migrations.length)
    await client.query('UPDATE schema_version SET oldest = $1', [worksWith]);
  return true;
}

async function makeOrReadVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ schema: boolean; versions: boolean }>(
    `SELECT to_regnamespace('lastgood') IS NOT NULL AS schema,
       to_regclass('lastgood.schema_version') IS NOT NULL AS versions`,
  );
  if (rows[0]?.schema !== true) await client.query('CREATE SCHEMA lastgood');
  return rows[0]?.versions === true ? schemaVersion(client) : 0;
}

async function schemaVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number; oldest?: number }>(
    'SELECT * FROM lastgood.schema_version',
  );
  const { version = 0, oldest = version } = rows[0] ?? {};
  if (version > migrations.length && oldest > migrations.length) {
    throw new StoreTooNew(
      `The database was made by a newer Lastgood (schema ${version}, this one knows ${migrations.length}). ` +
        'Start that newer version again, or restore the backup made before the upgrade.',
    );
  }
  return version;
}

async function refuseUnfit(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string; standby: boolean }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
       pg_is_in_recovery() AS standby`,
  );
  const [server] = rows;
  if (!server) return;
  const unfit =
    server.version < oldestServer
      ? `PostgreSQL ${Math.floor(server.version / 10_000)} is too old: Lastgood needs 14 or newer.`
      : server.encoding !== 'UTF8'
        ? `The database of DATABASE_URL is encoded in ${server.encoding}: make one with ENCODING 'UTF8'.`
        : undefined;
  if (unfit !== undefined) throw new StoreUnavailable(unfit);
  // When the primary has just failed, this may be the next one.
  if (server.standby)
    throw new StoreAway(
      'DATABASE_URL leads to a standby, which cannot be written: let it lead to the primary.',
    );
}
