import type { Actor } from '../core/actor.ts';
import type { Effect, Receipt } from '../core/effect.ts';
import type { InboxItem, OutboxRow, StoredEvent, StoredStream } from './store.ts';

export type InboxRow = InboxItem & { readonly note: string | null };

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
  id, stream, lane, priority, created_at AS createdAt, due_at AS dueAt, deadline_at AS deadlineAt, effect, status,
  attempts, may_have_happened AS mayHaveHappened, receipt, last_error AS lastError`;

/** Of the table as `row`: waiting, and nobody of its lane goes before it. */
export const firstOfLane = `row.status = 'waiting' AND NOT EXISTS (
  SELECT 1 FROM outbox earlier WHERE earlier.lane = row.lane AND earlier.pos < row.pos
    AND (earlier.status = 'waiting' OR earlier.status = 'in-flight'))`;

export type OutboxColumns = Omit<
  OutboxRow,
  'stream' | 'effect' | 'mayHaveHappened' | 'receipt' | 'lastError'
> & {
  readonly stream: string | null;
  readonly effect: string;
  readonly mayHaveHappened: 0 | 1;
  readonly receipt: string;
  readonly lastError: string | null;
};

export function toOutboxRow(row: OutboxColumns): OutboxRow {
  return {
    ...row,
    stream: row.stream ?? undefined,
    effect: JSON.parse(row.effect) as Effect,
    mayHaveHappened: row.mayHaveHappened === 1,
    receipt: JSON.parse(row.receipt) as Receipt,
    lastError: row.lastError ?? undefined,
  };
}

/** A prepared statement whose rows have a known shape; the binding's own types leave it open. */
export interface Query<Row> {
  readonly get: (...values: (string | number)[]) => Row | undefined;
  readonly all: (...values: (string | number)[]) => Row[];
}
