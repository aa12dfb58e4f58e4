import type { Effect, Outcome } from '../core/effect.ts';
import type { StreamId } from '../core/stream.ts';
import type { Instant, Milliseconds } from '../core/time.ts';
import {
  StaleStream,
  StoreUnavailable,
  type KindOfEffect,
  type NewOutboxRow,
  type OutboxRow,
  type Store,
  type Transaction,
} from '../store/store.ts';
import { callsInto, type Calls, type Taken } from './calls.ts';
import { createDelivery, type DeliveryParts } from './delivery.ts';
import { dueHere, nothingDue } from './due-here.ts';
import { neighbourOf, neighbours, type Neighbour } from './neighbours.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Pace } from './pace.ts';
import { backoff, longestBackoff } from './retries.ts';
import { createRoom } from './room.ts';
import { settingAside } from './set-aside.ts';
import { createStrays } from './strays.ts';

export interface Outbox {
  /** For one work that may decide to call somebody. */
  readonly calls: () => Calls;
  /** Something may have been added: look now. */
  readonly poke: () => void;
  /** Somebody wants the step of this stream stopped: the next look is at it, however far off its next question was. */
  readonly hurry: (stream: StreamId) => void;
  readonly start: () => void;
  /** Who did not take what was sent last; nothing is known of those to whom nothing was sent of late. */
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
  /** The conversation in which is said what its own stream cannot hear. */
  readonly emergency: () => string;
}

const aMoment: Milliseconds = 50;
const notSent: Outcome = {
  status: 'retry',
  why: 'the store has not been reached for too long: nothing was sent',
  mayHaveHappened: false,
};

/** Below this priority an effect calls somebody, answers somebody who waits, or is a step. */
const afterCalls = 4;

/** So many, at most, are brought forward when a neighbour is back; the others come when their wait is over. */
const broughtForward = 1_000;

export interface Silent {
  readonly neighbour: Neighbour;
  readonly since: Instant;
}

/** Who did not answer is tried again well before that, if anything waits for them still. */
const triedAgain: Milliseconds = 120_000;

/** Who was away for less is no news: their waits have not grown yet. */
const absence: Milliseconds = 5_000;

/** The store could not be asked; look again soon. */
const storeTrouble: Milliseconds = 1_000;

/** Carries effects out: in order within a lane, the worst severity first, retried until their deadline. */
export function createOutbox(parts: Parts): Outbox {
  const { store, clock, log, mostInFlight } = parts;
  const { prepare, attempt, conclude } = createDelivery(parts);
  const setAside = settingAside({ ...parts, conclude });
  const inFlight = new Map<string, { readonly kind: KindOfEffect; readonly carried: Promise<void> }>();
  const spokenFor = new Map<string, NewOutboxRow>();
  /** Since when they have not answered; after a start that is not known. */
  const away = new Map<Neighbour, Instant>(neighbours.map((neighbour) => [neighbour, 0]));
  /** The same for those who were asked since the start, and did not answer last. */
  const unanswered = new Map<Neighbour, { readonly since: Instant; readonly last: Instant }>();
  const room = createRoom(mostInFlight, () => silent().map(({ neighbour }) => neighbour));
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
  const strays = createStrays({
    store,
    clock,
    log,
    isInHand: (id) => inFlight.has(id) || spokenFor.has(id),
    found: (row) => {
      log.warn(
        { effect: row.id },
        'an effect is in flight here that nobody carries; asking before repeating',
      );
      underWay(row, putBack({ ...row, mayHaveHappened: true }));
    },
  });

  /** With those that a transaction is about to send: they have found room. */
  function kindsUnderWay(): readonly KindOfEffect[] {
    const kinds = [...inFlight.values()].map(({ kind }) => kind);
    return [...kinds, ...[...spokenFor.values()].map(kindOf)];
  }

  async function look(): Promise<void> {
    for (const stream of hurried) await bringForward(stream);
    const now = clock.now();
    const underWayNow = kindsUnderWay();
    // Of what is in hand some may still wait in the store: as many are looked for as there are places at all.
    const { due, unknownUntil } =
      underWayNow.length < mostInFlight
        ? await dueHere(store, now, mostInFlight, room.full(underWayNow))
        : nothingDue;
    const calls = due.filter(({ priority }) => priority < afterCalls);
    let isBusy = false;
    // Nothing is drawn for a card before whoever is called is being called; the next look is at the rest.
    for (const row of calls.some(({ id }) => !inFlight.has(id)) ? calls : due) {
      if (inFlight.has(row.id) || room.left(kindOf(row), kindsUnderWay()) <= 0) continue;
      underWay(row, carryOut(row));
      isBusy = true;
    }
    // As soon as these are on their way we look again.
    if (isBusy) return;
    // What is due and finds no room wakes us when one of those in flight ends; a page that is tried again does not wait.
    const next = Math.min((await store.nextDue(now)) ?? Infinity, unknownUntil);
    if (next !== Infinity) arm(Math.max(next, clock.now() + 1));
  }

  function underWay(row: OutboxRow, carriedOut: Promise<'here' | 'elsewhere'>): void {
    const carried = carriedOut.then((was) => {
      inFlight.delete(row.id);
      // Another process was faster, and what it has done will show in a moment.
      if (was === 'elsewhere') arm(clock.now() + aMoment);
      else turn.ask();
    });
    inFlight.set(row.id, { kind: kindOf(row), carried });
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
    const isOurs = store.lease();
    const taken = await untilStored(seen, async (transaction) => {
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
      const recorded = await untilStored(row, async (transaction) => {
        if (!(await transaction.inHand(row.id))) return 'too late';
        await conclude(transaction, row, outcome);
        return 'recorded';
      });
      if (recorded === 'too late')
        log.warn(
          { effect: row.id, outcome },
          'what came back is not recorded: another process has taken the effect over, or our own COMMIT came through late',
        );
      else if (outcome !== notSent) await noteAbsence(row.effect, outcome);
    }
    parts.committed();
    return 'here';
  }

  /** What a transaction took that failed, and may be stored all the same: nobody carries it. */
  async function putBack(row: OutboxRow): Promise<'here'> {
    await untilStored(row, async (transaction) => {
      // The clock may have been set back meanwhile, which only what waits is spared.
      const dueAt = Math.min(row.dueAt, clock.now());
      if (await transaction.inHand(row.id))
        await transaction.updateOutbox(row.id, {
          status: 'waiting',
          dueAt,
          mayHaveHappened: row.mayHaveHappened,
        });
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
      const known = silent().find((each) => each.neighbour === neighbour);
      unanswered.set(neighbour, { since: known?.since ?? now, last: now });
    }
    // A refusal is an answer, too.
    const hasAnswered = outcome.status === 'done' || outcome.status === 'failed';
    if (hasAnswered) unanswered.delete(neighbour);
    if (!hasAnswered || since === undefined) return;
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

  /** Not who was tried last long ago: what was to be tried again has been withheld, or went out by another process. */
  function silent(): readonly Silent[] {
    const now = clock.now();
    return [...unanswered]
      .filter(([, { last }]) => Math.abs(now - last) < triedAgain)
      .map(([neighbour, { since }]) => ({ neighbour, since }));
  }

  /**
   * A row is taken up, recorded or put back as soon as the store can be written: what happened outside is not forgotten
   * because the disk is full for a minute. If we stop before it is recorded, the row is still in flight there, and the next
   * start asks what became of it.
   */
  async function untilStored<T>(
    row: OutboxRow,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await store.transact(work);
      } catch (error) {
        log.error({ error, effect: row.id }, 'the outbox could not be written');
        strays.mayCome();
        const passes = error instanceof StoreUnavailable || error instanceof StaleStream;
        if ((!passes && (await setAside(row, error, tries))) || stopped) return undefined;
        await sleep(backoff(tries, parts.random()));
      }
    }
  }

  function allCarried(): readonly Promise<void>[] {
    return [...inFlight.values()].map(({ carried }) => carried);
  }

  function sleep(length: Milliseconds): Promise<void> {
    return new Promise((resolve) => clock.wakeAt(clock.now() + length, resolve));
  }

  return {
    calls: callsInto({
      store,
      clock,
      prepare,
      spokenFor,
      // Before the start, what is in flight was so in an earlier life.
      hasRoom: (row) => started && !stopped && room.left(kindOf(row), kindsUnderWay()) > 0,
      isUnderWay: (id) => inFlight.has(id),
      // What is not carried out any more is in flight at the next start, which asks what became of it.
      carry: (taken) => stopped || underWay(taken.row, deliver(taken)),
      putBack: (row) => {
        strays.mayCome();
        if (!stopped) underWay(row, putBack(row));
      },
      madeRoom: turn.ask,
    }),
    poke: turn.ask,
    hurry: (stream) => void hurried.add(stream),
    start: () => {
      started = true;
      turn.start();
    },
    silent,
    working: () => {
      const all = [turn.running(), strays.working(), ...allCarried()].filter((each) => each !== undefined);
      return all.length === 0 ? undefined : Promise.all(all);
    },
    stop: async (patience) => {
      stopped = true;
      await Promise.all([turn.stop(), strays.stop()]);
      disarm();
      let inTime = (): void => undefined;
      const late = new Promise<void>((resolve) => {
        inTime = clock.wakeAt(clock.now() + patience, resolve);
      });
      await Promise.race([Promise.all(allCarried()), late]);
      inTime();
    },
  };
}

function kindOf({ effect, priority }: Pick<OutboxRow, 'effect' | 'priority'>): KindOfEffect {
  return { type: effect.type, priority };
}
