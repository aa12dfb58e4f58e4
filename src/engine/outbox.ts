import { lastgood } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import type { AnyCarrier, Carrier, Effect, EffectType, Errand, Outcome, Settled } from '../core/effect.ts';
import type { Envelope } from '../core/envelope.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import {
  StaleStream,
  StoreUnavailable,
  type OutboxRow,
  type Store,
  type Transaction,
} from '../store/store.ts';
import { kindOf, kindOfStream } from './kinds.ts';
import type { Log } from './log.ts';
import { oneAtATime } from './one-at-a-time.ts';

export interface Outbox {
  /** Something may have been added: look now. */
  readonly poke: () => void;
  readonly start: () => void;
  /** What is under way at this moment; undefined when nothing is. */
  readonly working: () => Promise<unknown> | undefined;
  /** Takes nothing new and waits for what is in flight, at most so long. */
  readonly stop: (patience: Milliseconds) => Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly clock: Clock;
  readonly carriers: readonly AnyCarrier[];
  /** Decides what comes back, in the transaction that settles the row. */
  readonly decide: (transaction: Transaction, envelope: Envelope) => Promise<void>;
  /** After a commit: timers and outbox may have new work. */
  readonly committed: () => void;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  readonly log: Log;
  /** How many effects may be on their way at once. */
  readonly mostInFlight: number;
}

const attemptDeadline: Milliseconds = 20_000;
/** The store could not be asked; look again soon. */
const storeTrouble: Milliseconds = 1_000;

/** Carries effects out: in order within a lane, the worst severity first, retried until their deadline. */
export function createOutbox(parts: Parts): Outbox {
  const { store, clock, log, mostInFlight } = parts;
  // By its type an effect finds the carrier that was made for it, which the types cannot follow over a map.
  const carriers = new Map(
    parts.carriers.flatMap((carrier) =>
      carrier.types.map((type): [EffectType, Carrier] => [type, carrier as unknown as Carrier]),
    ),
  );
  const inFlight = new Map<string, Promise<void>>();
  let stopped = false;
  let disarm = (): void => undefined;
  const turn = oneAtATime(async () => {
    try {
      await look();
    } catch (error) {
      log.error({ error }, 'the outbox could not be read');
      arm(clock.now() + storeTrouble);
    }
  });

  async function look(): Promise<void> {
    const room = mostInFlight - inFlight.size;
    const due = room > 0 ? await store.outboxDue(clock.now(), room) : [];
    for (const row of due) {
      if (inFlight.has(row.id)) continue;
      const carried = carryOut(row).finally(() => {
        inFlight.delete(row.id);
        turn.ask();
      });
      inFlight.set(row.id, carried);
    }
    if (due.length > 0) return;
    const next = await store.nextDue();
    // Rows that are due but in flight wake us when they end.
    if (next !== undefined && (next > clock.now() || inFlight.size === 0))
      arm(Math.max(next, clock.now() + 1));
  }

  function arm(at: Instant): void {
    disarm();
    disarm = clock.wakeAt(at, turn.ask);
  }

  async function carryOut(row: OutboxRow): Promise<void> {
    const prepared = await record(row, (transaction) => prepare(transaction, row));
    if (!prepared) return;
    if (!('outcome' in prepared)) {
      // Others may be due; they do not wait for this one to come back.
      turn.ask();
      const outcome = await attempt(prepared.carrier, prepared.errand);
      await record(row, (transaction) => conclude(transaction, row, outcome).then(() => true));
    }
    parts.committed();
  }

  /**
   * What happened outside is not forgotten because the disk is full for a minute: it is recorded when the store takes
   * it again. If we stop before, the row is still in flight there, and the next start asks what became of it.
   */
  async function record<T>(
    row: OutboxRow,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await store.transact(work);
      } catch (error) {
        log.error({ error, effect: row.id }, 'an effect could not be recorded');
        if (!(error instanceof StoreUnavailable) && !(error instanceof StaleStream))
          return giveUpOn(row, error);
        if (stopped) return undefined;
        await sleep(backoff(tries, parts.random()));
      }
    }
  }

  /** What came back cannot be decided on, today or tomorrow: the row is set aside, or it would block its lane for ever. */
  async function giveUpOn(row: OutboxRow, error: unknown): Promise<undefined> {
    const lastError = `its outcome could not be understood: ${error instanceof Error ? error.message : String(error)}`;
    await store
      .transact((transaction) => transaction.updateOutbox(row.id, { status: 'unknown', lastError }))
      .catch((second: unknown) => log.error({ error: second, effect: row.id }, 'nor could that be recorded'));
    return undefined;
  }

  function sleep(length: Milliseconds): Promise<void> {
    return new Promise((resolve) => clock.wakeAt(clock.now() + length, resolve));
  }

  /** Reads the state again, and marks the row in flight before anything leaves the house. */
  async function prepare(
    transaction: Transaction,
    row: OutboxRow,
  ): Promise<{ readonly outcome: Settled } | { readonly carrier: Carrier; readonly errand: Errand }> {
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
          : undefined;
    if (outcome || !carrier) {
      const settled = outcome ?? givenUp(row);
      await settle(transaction, row, settled, now);
      return { outcome: settled };
    }
    const attempt = row.attempts + 1;
    await transaction.updateOutbox(row.id, { status: 'in-flight', attempts: attempt });
    const { id, effect, mayHaveHappened, receipt } = row;
    const signal = AbortSignal.timeout(attemptDeadline);
    const errand: Errand = {
      id,
      stream: row.stream ?? '',
      effect,
      state: stored?.state,
      attempt,
      mayHaveHappened,
      receipt,
      now,
      overdue: now >= row.deadlineAt,
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
      return { status: 'retry', why, mayHaveHappened: true };
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
          dueAt: inTime(row, now, outcome.again),
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
        const wait = Math.max(outcome.after ?? 0, backoff(row.attempts, parts.random()));
        await transaction.updateOutbox(row.id, {
          status: 'waiting',
          dueAt: inTime(row, now, wait),
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

  return {
    poke: turn.ask,
    start: turn.start,
    working: () => {
      const all = [turn.running(), ...inFlight.values()].filter((each) => each !== undefined);
      return all.length === 0 ? undefined : Promise.all(all);
    },
    stop: async (patience) => {
      stopped = true;
      await turn.stop();
      disarm();
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, patience).unref();
      });
      await Promise.race([Promise.all(inFlight.values()), late]);
    },
  };
}

/**
 * Nobody tries it any more. A step that was begun is asked about once after its deadline: it may have ended while we
 * were away.
 */
function isOverdue(
  { effect, deadlineAt, dueAt, mayHaveHappened, receipt }: OutboxRow,
  now: Instant,
): boolean {
  if (now < deadlineAt) return false;
  const begun = mayHaveHappened || Object.keys(receipt).length > 0;
  return !(effect.type === 'step.run' && begun && dueAt < deadlineAt);
}

/** Tried until its time was over. What may have happened is not called failed. */
function givenUp(row: OutboxRow): Settled {
  const tries = `${row.attempts} ${row.attempts === 1 ? 'try' : 'tries'}`;
  const last = row.lastError ?? row.receipt['note'];
  const why =
    row.attempts === 0
      ? 'its time was over before it could be sent'
      : `gave up after ${tries}${last === undefined ? '' : `: ${last}`}`;
  return hasBegun(row) ? { status: 'unknown', why, receipt: row.receipt } : { status: 'failed', why };
}

/** Nobody waits past the deadline to be told that it has passed. */
function inTime({ deadlineAt }: OutboxRow, now: Instant, wait: Milliseconds): Instant {
  return Math.min(now + wait, Math.max(now, deadlineAt));
}

function hasBegun({ mayHaveHappened, receipt }: OutboxRow): boolean {
  return mayHaveHappened || Object.keys(receipt).length > 0;
}

/** 0.5 s, 1 s, 2 s, … at most 30 s, each between half and the whole of it. */
function backoff(attempts: number, random: number): Milliseconds {
  const whole = Math.min(30_000, 500 * 2 ** Math.min(attempts, 10));
  return Math.round(whole / 2 + (whole / 2) * random);
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
    default:
      return effect satisfies never;
  }
}
