import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { beginning } from '../trust/audit/chain.ts';
import { chainAll } from './sqlite-audit.ts';
import { StoreTooNew } from './store.ts';

/**
 * The schema, one step a version, forward only. A step that was released is never edited; what is wrong with it is put
 * right by the next one.
 *
 * `pos` is the rowid, which SQLite gives out increasing because rows that have the highest one are never deleted
 * before others follow; it keeps the order of arrival. `(stream, seq)` is the fence. A partial index holds only the
 * rows that are still of interest, so that a million settled ones cost nothing.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE inbox (
    pos INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    result TEXT CHECK (result IN ('done', 'quarantined')),
    note TEXT
  ) STRICT;
  CREATE INDEX inbox_unsettled ON inbox (pos) WHERE result IS NULL;
  CREATE INDEX inbox_settled ON inbox (at) WHERE result IS NOT NULL;

  CREATE TABLE stream (
    pos INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    wake_at INTEGER,
    alias TEXT,
    state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX stream_kind ON stream (kind);
  CREATE UNIQUE INDEX stream_alias ON stream (kind, alias) WHERE alias IS NOT NULL;
  CREATE INDEX stream_wake ON stream (wake_at) WHERE wake_at IS NOT NULL;

  CREATE TABLE event (
    pos INTEGER PRIMARY KEY,
    stream TEXT NOT NULL REFERENCES stream (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (stream, seq)
  ) STRICT;

  CREATE TABLE outbox (
    pos INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stream TEXT REFERENCES stream (id),
    lane TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    deadline_at INTEGER NOT NULL,
    effect TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'waiting'
      CHECK (status IN ('waiting', 'in-flight', 'done', 'failed', 'unknown', 'withheld')),
    attempts INTEGER NOT NULL DEFAULT 0,
    may_have_happened INTEGER NOT NULL DEFAULT 0,
    receipt TEXT NOT NULL DEFAULT '{}',
    last_error TEXT
  ) STRICT;
  CREATE INDEX outbox_stream ON outbox (stream);
  CREATE INDEX outbox_due ON outbox (due_at) WHERE status = 'waiting';
  CREATE INDEX outbox_lane ON outbox (lane, pos) WHERE status = 'waiting' OR status = 'in-flight';

  CREATE TABLE counter (name TEXT PRIMARY KEY, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // From here on buttons say which store drew them; what an older one has drawn does not. And open streams are kept in
  // the order in which people look at them, so that showing the first of ten thousand reads only those.
  `
  INSERT INTO mark (name, value) SELECT 'unmarked-buttons', 'accepted' WHERE EXISTS (SELECT 1 FROM stream);

  ALTER TABLE stream ADD COLUMN rank TEXT NOT NULL DEFAULT '';
  UPDATE stream SET rank = state ->> '$.severity' WHERE kind = 'incident' AND state ->> '$.severity' IS NOT NULL;
  CREATE INDEX stream_open ON stream (kind, rank, pos) WHERE alias IS NOT NULL;
  `,
  // What people and CI read as files, every version of it. And each event bears the hash that chains it to the one
  // before it, its stream the newest; heads are sealed over them. And what goes out next is found without sorting all
  // that waits.
  `
  CREATE TABLE document (
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (name, version)
  ) STRICT, WITHOUT ROWID;
  DELETE FROM mark WHERE name = 'registry-written';

  ALTER TABLE event ADD COLUMN hash TEXT;
  ALTER TABLE stream ADD COLUMN hash TEXT NOT NULL DEFAULT '${beginning}';
  CREATE TABLE audit_head (number INTEGER PRIMARY KEY, head TEXT NOT NULL) STRICT;

  CREATE INDEX outbox_next ON outbox (priority, pos, due_at) WHERE status = 'waiting';
  `,
];

/**
 * The schema of the oldest programs that may be started on this one: in a file, each event needs its hash. A newer
 * program that breaks nothing for us says so here, too.
 */
const worksWith = 3;
const oldestMark = 'works-with-schema';

/** What SQL alone cannot do of a step, in the transaction of that step. */
const besidesSql: Readonly<Record<number, (db: DatabaseSyncInstance) => void>> = { 3: chainAll };

/** Brings the schema up to date; on a database that is, it changes nothing. */
export function migrate(db: DatabaseSyncInstance): void {
  for (let version = schemaVersion(db); version < migrations.length; version += 1) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[version]}`);
    besidesSql[version + 1]?.(db);
    db.exec(`INSERT OR REPLACE INTO mark (name, value) VALUES ('${oldestMark}', '${worksWith}');
      PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

/** @throws StoreTooNew when this program does not know the schema. */
export function refuseNewer(db: DatabaseSyncInstance, path: string): void {
  const version = schemaVersion(db);
  if (version > migrations.length && oldestProgram(db) > migrations.length) {
    throw new StoreTooNew(
      `${path} was made by a newer Lastgood (schema ${version}, this one knows ${migrations.length}). ` +
        'Start that newer version again, or put the backup made before the upgrade in its place.',
    );
  }
}

function oldestProgram(db: DatabaseSyncInstance): number {
  const row = db.prepare('SELECT value FROM mark WHERE name = ?').get(oldestMark) as
    { readonly value: string } | undefined;
  return Number(row?.value ?? Infinity);
}

function schemaVersion(db: DatabaseSyncInstance): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}
