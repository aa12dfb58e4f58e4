import { lastgood } from '../../src/core/actor.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { InboxItem, NewOutboxRow, Store, StoredEvent, StreamWrite } from '../../src/store/store.ts';

/** What every clock in these tests says. */
export const noon = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;

export function delivery(id: string, at = noon): InboxItem {
  return { id, source: 'alertmanager', at, body: `{"alert":"${id}"}` };
}

export function event(stream: string, seq: number): StoredEvent {
  const data = { type: 'incident.updated', text: `Entry ${seq} – “ünïcode”` };
  return { stream, seq, at: noon + seq, by: lastgood, type: data.type, data };
}

/** An incident that moves from `expected` on by so many events. */
export function move(
  id: string,
  expected: number,
  count = 1,
  change: Partial<Pick<StreamWrite, 'kind' | 'alias' | 'wakeAt' | 'rank'>> = {},
): StreamWrite {
  const events = Array.from({ length: count }, (_, n) => event(id, expected + n + 1));
  const state = { id, entries: expected + count };
  return { id, kind: 'incident', expected, state, wakeAt: undefined, alias: undefined, events, ...change };
}

export const thread: Effect = {
  type: 'slack.thread',
  conversation: 'C1',
  text: 'Checkout answers again.',
  broadcast: false,
  severity: 'P1',
};
export const card: Effect = { type: 'slack.card', conversation: 'C1', severity: 'P1' };

/** An effect that is due at noon and belongs to no stream. */
export function errand(id: string, change: Partial<NewOutboxRow> = {}): NewOutboxRow {
  return {
    id,
    stream: undefined,
    lane: id,
    priority: 5,
    createdAt: noon,
    dueAt: noon,
    deadlineAt: noon + hour,
    effect: thread,
    ...change,
  };
}

export async function writeStream(store: Store, write: StreamWrite): Promise<void> {
  await store.transact((transaction) => transaction.write(write));
}

export async function enqueue(store: Store, ...rows: readonly NewOutboxRow[]): Promise<void> {
  await store.transact((transaction) => transaction.enqueue(rows));
}

export async function idsDue(store: Store, now = noon, limit = 100): Promise<readonly string[]> {
  return (await store.outboxDue(now, limit)).map((row) => row.id);
}
