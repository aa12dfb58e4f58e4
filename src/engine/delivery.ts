import { lastgood } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import type { AnyCarrier, Carrier, Effect, EffectType, Errand, Outcome, Settled } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import { freezeId, inForce, sayFreeze, type FreezeSwitch } from '../core/freeze/state.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import type { OutboxRow, Store, StoredStream, Transaction } from '../store/store.ts';
import { kindOf, kindOfStream } from './kinds.ts';
import type { Log } from './log.ts';
import { backoff, givenUp, hasBegun, isOverdue, nextTry, untilTheSecond } from './retries.ts';

/** One effect's way out: `prepare` and `conclude` are each a transaction, and `attempt` is what happens between them. */
export interface Delivery {
  /** Reads the state again, and marks the row in flight before anything leaves the house; or settles it at once. */
  readonly prepare: (transaction: Transaction, row: OutboxRow) => Promise<Prepared>;
  readonly attempt: (carrier: Carrier, errand: Errand) => Promise<Outcome>;
  /** Stores what came back, and what the stream decides about it. */
  readonly conclude: (transaction: Transaction, row: OutboxRow, outcome: Outcome) => Promise<void>;
}

export type Prepared = { readonly outcome: Settled } | { readonly carrier: Carrier; readonly errand: Errand };

export interface DeliveryParts {
  readonly store: Pick<Store, 'readStream'>;
  readonly storeId: string;
  readonly clock: Clock;
  readonly carriers: readonly AnyCarrier[];
  /** Decides what comes back, in the transaction that settles the row. */
  readonly decide: (transaction: Transaction, envelope: Envelope) => Promise<void>;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly log: Log;
  /** Aborts after so long by this machine's own time, whatever anybody sets the clock to; left out: a timer of Node's. */
  readonly deadline?: ((after: Milliseconds) => AbortSignal) | undefined;
}

const attemptDeadline: Milliseconds = 20_000;

export function createDelivery(parts: DeliveryParts): Delivery {
  const { clock, log, deadline = (after) => AbortSignal.timeout(after) } = parts;
  // By its type an effect finds the carrier that was made for it, which the types cannot follow over a map.
  const carriers = new Map(
    parts.carriers.flatMap((carrier) =>
      carrier.types.map((type): [EffectType, Carrier] => [type, carrier as unknown as Carrier]),
    ),
  );

  async function prepare(transaction: Transaction, row: OutboxRow): Promise<Prepared> {
    const now = clock.now();
    const stored = row.stream === undefined ? undefined : await transaction.stream(row.stream);
    const carrier = carriers.get(row.effect.type);
    const wanted = stored
      ? kindOf(stored.kind).wanted(stored.state, row.effect, now, hasBegun(row))
      : { wanted: true as const };
    const outcome: Settled | undefined = !wanted.wanted
      ? { status: 'withheld', why: wanted.why }
      : !carrier
        ? { status: 'failed', why: `${integrationOf(row.effect)} is not set up` }
        : isOverdue(row, now)
          ? givenUp(row)
          : await heldBySwitch(transaction, row);
    if (outcome || !carrier) {
      const settled = outcome ?? givenUp(row);
      await settle(transaction, row, settled, now);
      return { outcome: settled };
    }
    const attempt = row.attempts + 1;
    await transaction.updateOutbox(row.id, { status: 'in-flight', attempts: attempt });
    const { id, effect, mayHaveHappened, receipt } = row;
    const signal = deadline(attemptDeadline);
    const errand: Errand = {
      // Slack and mail servers remember the ids of a store that is long gone, and this one may count as that one did.
      id: `${parts.storeId}/${id}`,
      stream: row.stream ?? '',
      effect,
      state: stored?.state,
      attempt,
      mayHaveHappened,
      receipt,
      now,
      overdue: now >= row.deadlineAt,
      frozen: async () => whyFrozen(await parts.store.readStream(freezeId)),
      signal,
    };
    return { carrier, errand };
  }

  async function attempt(carrier: Carrier, errand: Errand): Promise<Outcome> {
    try {
      return await carrier.carry(errand);
    } catch (error) {
      log.error({ error, effect: errand.id }, 'a carrier threw');
      const why = error instanceof Error ? error.message : String(error);
      return errand.overdue ? { status: 'unknown', why } : { status: 'retry', why, mayHaveHappened: true };
    }
  }

  async function conclude(transaction: Transaction, row: OutboxRow, outcome: Outcome): Promise<void> {
    const now = clock.now();
    switch (outcome.status) {
      case 'running': {
        const receipt = { ...row.receipt, ...outcome.receipt };
        await transaction.updateOutbox(row.id, {
          status: 'waiting',
          attempts: 0,
          dueAt: nextTry(row, now, outcome.again),
          receipt,
        });
        await report(transaction, row, now, {
          type: 'effect.progressed',
          id: row.id,
          effect: row.effect,
          receipt,
        });
        return;
      }
      case 'retry': {
        const { putOff, after = 0 } = outcome;
        const wait = putOff
          ? untilTheSecond(now, after)
          : Math.max(after, backoff(row.attempts, parts.random()));
        await transaction.updateOutbox(row.id, {
          status: 'waiting',
          ...(putOff ? { attempts: row.attempts } : {}),
          dueAt: nextTry(row, now, wait),
          mayHaveHappened: row.mayHaveHappened || outcome.mayHaveHappened,
          lastError: outcome.why,
        });
        // Once is everyday (a line waits for its card); what goes on needs somebody's eye.
        const level = row.attempts === 0 ? 'info' : 'warn';
        const tried = { effect: row.id, attempt: row.attempts + 1, why: outcome.why, wait };
        log[level](tried, 'an effect is tried again');
        // Whoever waits for a step wants to know that it is not GitHub's slowness, but its silence.
        if (row.effect.type === 'step.run') {
          const { id, effect } = row;
          const receipt = { ...row.receipt, note: outcome.why };
          await report(transaction, row, now, { type: 'effect.progressed', id, effect, receipt });
        }
        return;
      }
      case 'done':
      case 'failed':
      case 'unknown':
      case 'withheld':
        await settle(transaction, row, outcome, now);
        return;
      default:
        return outcome satisfies never;
    }
  }

  async function settle(
    transaction: Transaction,
    row: OutboxRow,
    outcome: Settled,
    now: Instant,
  ): Promise<void> {
    await transaction.updateOutbox(row.id, {
      status: outcome.status,
      receipt: { ...row.receipt, ...('receipt' in outcome ? outcome.receipt : {}) },
      ...('why' in outcome ? { lastError: outcome.why } : {}),
    });
    if (outcome.status !== 'done') log.warn({ effect: row.id, ...outcome }, 'an effect did not go out');
    await report(transaction, row, now, { type: 'effect.settled', id: row.id, effect: row.effect, outcome });
  }

  async function report(
    transaction: Transaction,
    { stream }: OutboxRow,
    at: Instant,
    intent: Extract<Envelope['intent'], { type: 'effect.settled' | 'effect.progressed' }>,
  ): Promise<void> {
    if (stream === undefined) return;
    await parts.decide(transaction, {
      to: { kind: kindOfStream(stream), id: stream },
      at,
      by: lastgood,
      intent,
    });
  }

  return { prepare, attempt, conclude };
}

/**
 * The kill switch, read in the transaction that takes the step: a freeze that was committed before holds it back, in
 * whichever process. What has begun, or may have, is followed to its end.
 */
async function heldBySwitch(transaction: Transaction, row: OutboxRow): Promise<Settled | undefined> {
  if (row.effect.type !== 'step.run' || hasBegun(row)) return undefined;
  const why = whyFrozen(await transaction.stream(freezeId));
  return why === undefined ? undefined : { status: 'withheld', why, frozen: true };
}

function whyFrozen(stored: StoredStream | undefined): string | undefined {
  const freeze = inForce(stored?.state as FreezeSwitch | undefined);
  return freeze && sayFreeze(freeze);
}

function integrationOf(effect: Effect): string {
  switch (effect.type) {
    case 'page.pagerduty':
      return 'PagerDuty';
    case 'page.mail':
      return 'Mail';
    case 'page.slack':
    case 'slack.card':
    case 'slack.thread':
    case 'slack.postmortem':
    case 'slack.reply':
      return 'Slack';
    case 'step.run':
      return 'The executor';
    case 'registry.publish':
      return 'The channel registry';
    default: {
      // Only a newer version knows what it is.
      const { type }: { readonly type: string } = effect satisfies never;
      return type;
    }
  }
}
