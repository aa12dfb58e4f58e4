import type { ClientBase, QueryResult } from 'pg';
import type { Actor } from '../core/actor.ts';
import type { Effect, Receipt } from '../core/effect.ts';
import type { OutboxRow, StoredEvent, StoredStream } from './store.ts';

/** A statement of ours: fixed text, so that no word of others ever becomes SQL; prepared once a connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Undefined is NULL. */
export type Value = string | number | boolean | undefined | readonly (string | number | undefined)[];

let statements = 0;

export function statement(text: string): Statement {
  statements += 1;
  return { name: `lastgood_${statements}`, text };
}

/** @template Row what the statement's columns are called, and what they hold */
export function run<Row extends object = object>(
  client: ClientBase,
  { name, text }: Statement,
  values: readonly Value[],
): Promise<QueryResult<Row>> {
  return client.query<Row>({ name, text, values: values.map(storable) });
}

/** PostgreSQL keeps any character but NUL, which no sender of ours means. */
function storable(value: Value): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD');
  return Array.isArray(value) ? value.map(storable) : value;
}

export const inboxColumns = 'id, source, at, body';

export const streamColumns = 'id, kind, version, state';

export type StreamRow = Omit<StoredStream, 'state'> & { readonly state: string };

export function toStream(row: StreamRow): StoredStream {
  return { ...row, state: JSON.parse(row.state) as unknown };
}

export const eventColumns = 'stream, seq, at, by, type, data';

export type EventRow = Omit<StoredEvent, 'by' | 'data'> & { readonly by: string; readonly data: string };

export function toEvent(row: EventRow): StoredEvent {
  return { ...row, by: JSON.parse(row.by) as Actor, data: JSON.parse(row.data) as unknown };
}

export const outboxColumns = `
  id, stream, lane, priority, created_at AS "createdAt", due_at AS "dueAt", deadline_at AS "deadlineAt", effect, status,
  attempts, may_have_happened AS "mayHaveHappened", receipt, last_error AS "lastError"`;

export type OutboxColumns = Omit<OutboxRow, 'stream' | 'effect' | 'receipt' | 'lastError'> & {
  readonly stream: string | null;
  readonly effect: string;
  readonly receipt: string;
  readonly lastError: string | null;
};

export function toOutboxRow(row: OutboxColumns): OutboxRow {
  return {
    ...row,
    stream: row.stream ?? undefined,
    effect: JSON.parse(row.effect) as Effect,
    receipt: JSON.parse(row.receipt) as Receipt,
    lastError: row.lastError ?? undefined,
  };
}

/**
 * What an effect's text says first. Its JSON is not read here: PostgreSQL's has no place for some of what JavaScript's
 * may hold, such as an escaped NUL, and one such row would have the whole statement fail.
 */
export const typeOfEffect = `substring(effect FROM '^[{]"type":"([^"]*)"')`;

/** Of the table as `row`: waiting, nobody of its lane goes before it, and nobody of its lane is on the way. */
export const mayGo = `row.status = 'waiting' AND NOT EXISTS (
  SELECT 1 FROM outbox other WHERE other.lane = row.lane AND other.status IN ('waiting', 'in-flight')
    AND (other.pos < row.pos OR other.status = 'in-flight'))`;
