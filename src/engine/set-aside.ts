import type { Clock } from '../core/clock.ts';
import type { Settled } from '../core/effect.ts';
import type { NewOutboxRow, OutboxRow, Store, Transaction } from '../store/store.ts';
import { outboxRow } from './decide.ts';
import type { Delivery } from './delivery.ts';
import type { Log } from './log.ts';
import { hasBegun } from './retries.ts';

/** So often it is refused that a row has become unknown, until its stream is left out. */
const enough = 4;

/**
 * For what cannot be taken up, or came back and cannot be decided on, today or tomorrow: the row is set aside, or it would
 * block its lane for ever. Its stream hears that nobody knows; where it cannot even hear that, the emergency conversation
 * does.
 * @returns false when that cannot be stored either: then it was the store, perhaps, and not what came back
 */
export function settingAside(parts: {
  readonly store: Pick<Store, 'transact'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly conclude: Delivery['conclude'];
  /** The conversation for what belongs nowhere else. */
  readonly emergency: () => string;
}): (row: OutboxRow, error: unknown, tries: number) => Promise<boolean> {
  const { store, clock, log, conclude, emergency } = parts;

  async function inHand(
    { id, lane }: OutboxRow,
    work: (transaction: Transaction, row: OutboxRow) => Promise<void>,
  ): Promise<void> {
    await store.transact(async (transaction) => {
      const row = await transaction.takeOutbox({ id, lane }, clock.now());
      if (row) await work(transaction, row);
    });
  }

  async function leaveOut(transaction: Transaction, row: OutboxRow, lastError: string): Promise<void> {
    await transaction.updateOutbox(row.id, { status: 'unknown', lastError });
    // What belongs to no stream is a shout itself, or an answer.
    if (row.stream !== undefined) await transaction.enqueue([shoutFor(row, row.stream)]);
  }

  function shoutFor({ id, effect }: OutboxRow, stream: string): NewOutboxRow {
    const text = `What became of ${id} (${effect.type}) cannot be recorded, and ${stream} does not know of it. Look at what it has done; why it is refused stands in the log.`;
    const shout = { type: 'page.slack', person: undefined, to: emergency(), text, severity: 'P1' } as const;
    return outboxRow(`${id}/set-aside`, undefined, clock.now(), shout);
  }

  return async (row, error, tries) => {
    const words = error instanceof Error ? error.message : String(error);
    try {
      await inHand(row, (transaction, now) => conclude(transaction, now, asideAs(now, words)));
      return true;
    } catch (second) {
      log.error({ error: second, effect: row.id }, 'nor could that be recorded');
    }
    if (tries < enough) return false;
    try {
      await inHand(row, (transaction, now) => leaveOut(transaction, now, asideAs(now, words).why));
      return true;
    } catch (third) {
      log.error({ error: third, effect: row.id }, 'nor could it be set aside');
      return false;
    }
  };
}

function asideAs(row: OutboxRow, words: string): Extract<Settled, { why: string }> {
  // Marked in flight before anything leaves the house: it has not left.
  if (row.status === 'waiting' && !hasBegun(row))
    return { status: 'failed', why: `it could not be taken up: ${words}`, begun: false };
  return { status: 'unknown', why: `what became of it could not be recorded: ${words}` };
}
