import type { Effect, EffectType, Outcome } from '../core/effect.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import {
  StaleStream,
  StoreUnavailable,
  type OutboxRow,
  type Store,
  type Transaction,
} from '../store/store.ts';
import { callsInto, type Calls, type Taken } from './calls.ts';
import { createDelivery, type DeliveryParts } from './delivery.ts';
import { isKnown } from './known-effects.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Pace } from './pace.ts';
import { backoff, longestBackoff } from './retries.ts';

export interface Outbox {
  /** For one work that may decide to call somebody. */
  readonly calls: () => Calls;
  /** Something may have been added: look now. */
  readonly poke: () => void;
  /** Somebody wants the step of this stream stopped: the next look is at it, however far off its next question was. */
  readonly hurry: (stream: StreamId) => void;
  readonly start: () => void;
  /** Who did not take what was sent last; nothing is known of those to whom nothing was sent since the start. */
  readonly silent: () => readonly Silent[];
  /** What is under way at this moment; undefined when nothing is. */
  readonly working: () => Promise<unknown> | undefined;
  /** Takes nothing new and waits for what is in flight, at most so long. */
  readonly stop: (patience: Milliseconds) => Promise<void>;
}

interface Parts extends DeliveryParts {
  readonly store: Store;
  /** After a commit: timers and outbox may have new work. */
  readonly committed: () => void;
  /** How many effects may be on their way at once. */
  readonly mostInFlight: number;
  readonly pace: Pick<Pace, 'shown'>;
}

const aMoment: Milliseconds = 50;
const notSent: Outcome = {
  status: 'retry',
  why: 'the store has not been reached for too long: nothing was sent',
  mayHaveHappened: false,
};

/** From this priority on (pages of a P2, cards, lines in threads) an effect leaves a quarter of the room to the others. */
const canWait = 2;

/** Below this priority an effect calls somebody, answers somebody who waits, or is a step. */
const afterCalls = 4;

/** So many, at most, are brought forward when a neighbour is back; the others come when their wait is over. */
const broughtForward = 1_000;

export interface Silent {
  readonly neighbour: Neighbour;
  readonly since: Instant;
}

const neighbours = ['slack', 'pagerduty', 'mail'] as const;

/** Who was away for less is no news: their waits have not grown yet. */
const absence: Milliseconds = 5_000;

/** The store could not be asked; look again soon. */
const storeTrouble: Milliseconds = 1_000;

/** Carries effects out: in order within a lane, the worst severity first, retried until their deadline. */
export function createOutbox(parts: Parts): Outbox {
  const { store, clock, log, mostInFlight } = parts;
  const { prepare, attempt, conclude } = createDelivery(parts);
  const inFlight = new Map<string, Promise<void>>();
  /** Of these, those that can wait: a Slack that hangs must not take all the room for its cards. */
  const unhurried = new Set<string>();
  const mostUnhurried = Math.max(1, Math.ceil(mostInFlight * 0.75));
  /** Since when they have not answered; after a start that is not known. */
  const away = new Map<Neighbour, Instant>(neighbours.map((neighbour) => [neighbour, 0]));
  /** The same for those who were asked since the start, and did not answer last. */
  const silent = new Map<Neighbour, Instant>();
  const hurried = new Set<StreamId>();
  let started = false;
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
    for (const stream of hurried) await bringForward(stream);
    const now = clock.now();
    const room = mostInFlight - inFlight.size;
    const due = room > 0 ? await store.outboxDue(now, room) : [];
    const calls = due.filter(({ priority, effect }) => priority < afterCalls && isKnown(effect.type));
    let isBusy = false;
    // Nothing is drawn for a card before whoever is called is being called; the next look is at the rest.
    for (const row of calls.some(({ id }) => !inFlight.has(id)) ? calls : due) {
      if (inFlight.has(row.id)) continue;
      if (row.priority >= canWait) {
        if (unhurried.size >= mostUnhurried) continue;
        unhurried.add(row.id);
      }
      underWay(row, carryOut(row));
      isBusy = true;
    }
    // As soon as these are on their way we look again.
    if (isBusy) return;
    // What is due and finds no room wakes us when one of those in flight ends; a page that is tried again does not wait.
    const next = await store.nextDue(now);
    if (next !== undefined) arm(Math.max(next, clock.now() + 1));
  }

  function underWay(row: OutboxRow, carriedOut: Promise<'here' | 'elsewhere'>): void {
    const carried = carriedOut.then((was) => {
      inFlight.delete(row.id);
      unhurried.delete(row.id);
      // Another process was faster, and what it has done will show in a moment.
      if (was === 'elsewhere') arm(clock.now() + aMoment);
      else turn.ask();
    });
    inFlight.set(row.id, carried);
  }

  /** A step that is being asked about at this moment is brought forward when that question has come back. */
  async function bringForward(stream: StreamId): Promise<void> {
    const now = clock.now();
    const steps = async () =>
      (await store.outboxOf(stream)).filter(({ effect }) => effect.type === 'step.run');
    await store.bringForward(
      (await steps()).map(({ id }) => id),
      now,
    );
    const isAsking = (await steps()).some(
      ({ id, status, dueAt }) =>
        inFlight.has(id) || status === 'in-flight' || (status === 'waiting' && dueAt > now),
    );
    if (!isAsking) hurried.delete(stream);
  }

  function arm(at: Instant): void {
    disarm();
    disarm = clock.wakeAt(at, turn.ask);
  }

  async function carryOut(seen: OutboxRow): Promise<'here' | 'elsewhere'> {
    // While replicas are replaced: whoever knows what it is carries it out.
    if (!isKnown(seen.effect.type) && clock.now() < seen.deadlineAt) return 'elsewhere';
    const isOurs = store.lease();
    const taken = await record(seen, async (transaction) => {
      const row = await transaction.takeOutbox(seen, clock.now());
      return row ? { row, prepared: await prepare(transaction, row) } : 'elsewhere';
    });
    if (taken === 'elsewhere') return taken;
    if (!taken) return 'here';
    return deliver({ ...taken, isOurs });
  }

  async function deliver({ row, prepared, isOurs }: Taken): Promise<'here'> {
    if ('errand' in prepared) {
      if (row.effect.type === 'slack.card') parts.pace.shown(row.lane, clock.now());
      // Whoever was suspended in between may be taken for dead, and somebody else may be at it already.
      const attempted = isOurs() ? attempt(prepared.carrier, { ...prepared.errand, isOurs }) : notSent;
      // Others may be due; they do not wait for this one to come back.
      turn.ask();
      const outcome = await attempted;
      const recorded = await record(row, async (transaction) => {
        if (!(await transaction.inHand(row.id))) return 'too late';
        await conclude(transaction, row, outcome);
        return 'recorded';
      });
      if (recorded === 'too late')
        log.warn({ effect: row.id, outcome }, 'another process has taken this effect over; its word counts');
      else if (outcome !== notSent) await noteAbsence(row.effect, outcome);
    }
    parts.committed();
    return 'here';
  }

  /** What was taken in a transaction that failed and may be stored all the same; nothing was sent. */
  async function putBack(row: OutboxRow): Promise<'here'> {
    await record(row, async (transaction) => {
      // The clock may have been set back meanwhile, which only what waits is spared.
      const dueAt = Math.min(row.dueAt, clock.now());
      if (await transaction.inHand(row.id))
        await transaction.updateOutbox(row.id, { status: 'waiting', dueAt });
    });
    return 'here';
  }

  /** Whoever was away is back: what has waited for them goes now, the worst first, and not each when its own wait is over. */
  async function noteAbsence({ type }: Effect, outcome: Outcome): Promise<void> {
    const neighbour = neighbourOf(type);
    if (!neighbour) return;
    // What waits for something else than the neighbour says itself for how long.
    const now = clock.now();
    const since = away.get(neighbour);
    if (outcome.status === 'retry' && outcome.after === undefined) {
      away.set(neighbour, since ?? now);
      if (!silent.has(neighbour)) silent.set(neighbour, now);
    }
    if (outcome.status === 'done') silent.delete(neighbour);
    if (outcome.status !== 'done' || since === undefined) return;
    away.delete(neighbour);
    // Otherwise one effect that fails for reasons of its own would be tried as often as others succeed.
    if (Math.abs(now - since) < absence) return;
    try {
      const waiting = await store.outboxDue(now + longestBackoff, broughtForward);
      // What was never tried waits for its own time, and not for the neighbour.
      const theirs = waiting.filter(
        ({ effect, lastError }) => lastError !== undefined && neighbourOf(effect.type) === neighbour,
      );
      await store.bringForward(
        theirs.map(({ id }) => id),
        now,
      );
    } catch (error) {
      log.warn({ error }, 'nothing could be brought forward; each goes when its own wait is over');
    }
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
      .transact(async (transaction) => {
        if (await transaction.takeOutbox(row, clock.now()))
          await transaction.updateOutbox(row.id, { status: 'unknown', lastError });
      })
      .catch((second: unknown) => log.error({ error: second, effect: row.id }, 'nor could that be recorded'));
    return undefined;
  }

  function sleep(length: Milliseconds): Promise<void> {
    return new Promise((resolve) => clock.wakeAt(clock.now() + length, resolve));
  }

  return {
    calls: callsInto({
      store,
      clock,
      prepare,
      // Before the start, what is in flight was so in an earlier life.
      room: () => (started && !stopped ? mostInFlight - inFlight.size : 0),
      isUnderWay: (id) => inFlight.has(id),
      // What is not carried out any more is in flight at the next start, which asks what became of it.
      carry: (taken) => stopped || underWay(taken.row, deliver(taken)),
      putBack: (row) => stopped || underWay(row, putBack(row)),
    }),
    poke: turn.ask,
    hurry: (stream) => void hurried.add(stream),
    start: () => {
      started = true;
      turn.start();
    },
    silent: () => [...silent].map(([neighbour, since]) => ({ neighbour, since })),
    working: () => {
      const all = [turn.running(), ...inFlight.values()].filter((each) => each !== undefined);
      return all.length === 0 ? undefined : Promise.all(all);
    },
    stop: async (patience) => {
      stopped = true;
      await turn.stop();
      disarm();
      let inTime = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        inTime = clock.wakeAt(clock.now() + patience, resolve);
      });
      await Promise.race([Promise.all(inFlight.values()), late]);
      inTime();
    },
  };
}

type Neighbour = (typeof neighbours)[number];

/** Who takes an effect, of those on whom nobody waits step by step. */
function neighbourOf(type: EffectType): Neighbour | undefined {
  switch (type) {
    case 'page.pagerduty':
      return 'pagerduty';
    case 'page.mail':
      return 'mail';
    case 'page.slack':
    case 'slack.card':
    case 'slack.thread':
    case 'slack.postmortem':
    case 'slack.reply':
      return 'slack';
    case 'step.run':
    case 'registry.publish':
      return undefined;
    default:
      return type satisfies never;
  }
}
