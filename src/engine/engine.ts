import type { Clock } from '../core/clock.ts';
import type { AnyCarrier } from '../core/effect.ts';
import type { Envelope, Submitted, SubmitOptions } from '../core/envelope.ts';
import { answer, type Answer } from '../core/answer.ts';
import type { Operation } from '../core/operation/state.ts';
import type { Policies } from '../core/policies/policies.ts';
import { replyFor } from '../core/reply.ts';
import type { Outage } from '../core/outage.ts';
import type { StreamId } from '../core/stream.ts';
import type { Milliseconds } from '../core/time.ts';
import { StaleStream, type Store, type Transaction } from '../store/store.ts';
import { answerOnce } from './answer-once.ts';
import { decideAll, outboxRow } from './decide.ts';
import { inOneTime, stampedBy, type Latest } from './in-one-time.ts';
import type { Log } from './log.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createPace, type PaceSettings } from './pace.ts';
import { createTimers } from './timers.ts';
import { notingWrites, type Written } from './written.ts';

export interface Engine {
  /** Decides intents together and stores what follows; resolves when that is durable. */
  readonly submit: (envelopes: readonly Envelope[], options?: SubmitOptions) => Promise<Submitted>;
  /** Settles an inbox item that leads to no intent, with its answer as an effect. */
  readonly answerOnly: (answer: Answer, options: SubmitOptions) => Promise<Submitted>;
  /** Something was added to the outbox by other means: carry it out. */
  readonly poke: () => void;
  readonly start: () => Promise<void>;
  /** Who did not take what was sent last, and since when. */
  readonly silent: Outbox['silent'];
  /** What is under way at this moment; undefined when all that is due has been done. */
  readonly working: () => Promise<unknown> | undefined;
  readonly stop: () => Promise<void>;
}

const drainFor = 8_000;
const usuallyInFlight = 32;
const mostConflicts = 5;

/** Intents in; events, states, wake-ups and effects stored; effects carried out; outcomes back in. */
export function createEngine(parts: {
  readonly store: Store;
  /** Part of every key that leaves the house. */
  readonly storeId: string;
  readonly clock: Clock;
  readonly policies: () => Policies;
  readonly carriers: readonly AnyCarrier[];
  readonly random: () => number;
  readonly log: Log;
  readonly mostInFlight?: number;
  /** What ends an attempt that takes too long; left out: a timer of Node's. */
  readonly deadline?: (after: Milliseconds) => AbortSignal;
  /** How long cards and lines take their time; left out: they leave at once. */
  readonly pace?: PaceSettings;
  /** Tells people of an outage of ours, when all that came due meanwhile is caught up; left out: nobody is told. */
  readonly caughtUp?: (outage: Outage) => Promise<void>;
}): Engine {
  const { clock, log } = parts;
  const written: Written = new Map();
  const latest: Latest = { at: 0 };
  const store = notingWrites(inOneTime(parts.store, clock, latest, log), clock, written);
  const pace = createPace(parts.pace);

  const committed = (): void => {
    outbox.poke();
    timers.rearm();
  };
  const outbox = createOutbox({
    store,
    storeId: parts.storeId,
    clock,
    log,
    committed,
    carriers: parts.carriers,
    random: parts.random,
    deadline: parts.deadline,
    mostInFlight: parts.mostInFlight ?? usuallyInFlight,
    pace,
    emergency: () => parts.policies().notifications.conversations['emergency'] ?? '',
    decide: async (transaction, envelope) => {
      await decideAll(transaction, [envelope], parts.policies(), parts.storeId, pace.earliest);
    },
  });
  const timers = createTimers({
    store,
    clock,
    written,
    latest,
    log,
    // Not `submit`: that asks the timers to look again, and they look again anyway.
    submit: async (envelopes) => {
      await decide(envelopes);
      outbox.poke();
    },
    jumped: outbox.poke,
    caughtUp: parts.caughtUp ?? (() => Promise.resolve()),
  });

  async function submit(envelopes: readonly Envelope[], options: SubmitOptions = {}): Promise<Submitted> {
    await timers.puttingRight();
    const submitted = await decide(envelopes, options);
    committed();
    return submitted;
  }

  async function decide(envelopes: readonly Envelope[], options: SubmitOptions = {}): Promise<Submitted> {
    let aborting: readonly StreamId[] = [];
    let unmoved: Submitted['unmoved'];
    const calls = outbox.calls();
    const submitted = await againOnConflict(() =>
      store.transact((transaction) => {
        calls.begin();
        aborting = [];
        unmoved = undefined;
        return answerOnce(transaction, options.once, { keep: true }, async () => {
          const { policies, storeId } = parts;
          const now = stampedBy(clock.now(), envelopes);
          const decided = await decideAll(transaction, now, policies(), storeId, pace.earliest);
          const { happened } = decided;
          unmoved = decided.unmoved;
          await calls.take(transaction, decided.added);
          const aborts = happened.filter(({ event }) => event.type === 'abort.requested');
          aborting = aborts.map(({ stream }) => stream);
          const answer = happened.length > 0 ? replyFor(happened) : await sayNothing(transaction, envelopes);
          await close(transaction, answer, options);
          const planned = happened.find(({ event }) => event.type === 'operation.planned');
          return { stream: (planned ?? happened[0])?.stream, answer };
        });
      }),
    )
      .catch((error: unknown) => {
        calls.doubt();
        throw error;
      })
      .finally(() => {
        // Not before it is stored, as it may be also where it failed: whoever looks then sees that somebody wants it stopped.
        for (const stream of aborting) outbox.hurry(stream);
      });
    calls.carry();
    return unmoved && unmoved.size > 0 ? { ...submitted, unmoved } : submitted;
  }

  /** The item is settled and its answer on the way in the same transaction as what it led to. */
  async function close(
    transaction: Transaction,
    answer: Answer,
    { settles, alsoSettles = [], reply, quarantined }: SubmitOptions,
  ): Promise<void> {
    if (settles === undefined) return;
    for (const id of alsoSettles) await transaction.settleInbox(id, 'done');
    if (quarantined === undefined) await transaction.settleInbox(settles, 'done');
    else await transaction.settleInbox(settles, 'quarantined', quarantined);
    const isWell = answer.tone === 'done' || answer.tone === 'info';
    if (!reply || ('thread' in reply && isWell)) return;
    const effect = { type: 'slack.reply', reply, answer } as const;
    await transaction.enqueue([outboxRow(`inbox/${settles}`, undefined, clock.now(), effect)]);
  }

  return {
    submit,
    answerOnly: async (answer, options) => {
      // A refusal stays one: what came late would be done when nobody wants it any more.
      const keep = answer.tone === 'refused';
      const answered = await againOnConflict(() =>
        store.transact((transaction) =>
          answerOnce(transaction, options.once, { keep }, async () => {
            await close(transaction, answer, options);
            return { stream: undefined, answer };
          }),
        ),
      );
      committed();
      return answered;
    },
    poke: outbox.poke,
    silent: outbox.silent,
    start: async () => {
      store.watch(committed);
      const recovered = await store.recoverInFlight();
      if (recovered > 0)
        log.warn({ recovered }, 'effects were in flight when we went down; asking before repeating');
      // What somebody wanted stopped just before we went down is not left until its next question.
      for (const { id, state } of await store.listStreams('operation', { openOnly: true }))
        if ((state as Operation).aborting !== undefined) outbox.hurry(id);
      outbox.start();
      await timers.start();
    },
    working: () => timers.working() ?? outbox.working(),
    stop: async () => {
      await timers.stop();
      await outbox.stop(drainFor);
    },
  };
}

/** Nothing happened: it changes nothing, or there is nobody of that name. */
async function sayNothing(transaction: Transaction, envelopes: readonly Envelope[]): Promise<Answer> {
  for (const { to, intent } of envelopes) {
    if (!('id' in to) || to.kind === 'channel' || to.kind === 'freeze') continue;
    if (!(await transaction.stream(to.id))) {
      return answer('refused', `There is no ${to.id}`, `To see what is open: /${to.kind} list`);
    }
    // Whoever may acknowledge and changes nothing by it is the one who has it.
    if (intent.type === 'incident.acknowledge') return answer('info', `You have ${to.id} already.`);
  }
  return replyFor([]);
}

async function againOnConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleStream) || tries >= mostConflicts) throw error;
    }
  }
}
