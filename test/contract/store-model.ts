import fc from 'fast-check';
import { expect } from 'vitest';
import type { StreamName } from '../../src/core/stream.ts';
import { StaleStream, type NewOutboxRow, type OutboxRow, type Store } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { card, delivery, errand, move, noon } from './store-samples.ts';

interface ModelStream {
  readonly kind: StreamName;
  version: number;
  alias: string | undefined;
  wakeAt: number | undefined;
}

/** The same store, written down in the simplest way that can be right. Maps keep the order of insertion. */
interface Model {
  readonly inbox: Map<string, { settled: boolean }>;
  readonly streams: Map<string, ModelStream>;
  readonly outbox: OutboxRow[];
  used: number;
}

const kinds: Readonly<Record<string, StreamName>> = { s1: 'incident', s2: 'incident', s3: 'operation' };
const streamId = fc.constantFrom('s1', 's2', 's3');
const deliveryId = fc.constantFrom('d1', 'd2', 'd3');
const soon = fc.integer({ min: noon - 3, max: noon + 3 });

const row = fc.record({
  lane: fc.constantFrom('one', 'two'),
  card: fc.boolean(),
  priority: fc.nat(2),
  dueAt: soon,
});

const operation = fc.oneof(
  fc.record({ type: fc.constant('receive'), id: deliveryId }),
  fc.record({ type: fc.constant('settle'), id: deliveryId }),
  fc.record({
    type: fc.constant('write'),
    id: streamId,
    /** How far the version that was read lies behind. */
    behind: fc.constantFrom(0, 0, 0, 0, 1),
    count: fc.integer({ min: 1, max: 3 }),
    alias: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    wakeAt: fc.option(soon, { nil: undefined }),
    rows: fc.array(row, { maxLength: 3 }),
    throws: fc.constantFrom(false, false, false, true),
  }),
  fc.record({
    type: fc.constant('carry'),
    status: fc.constantFrom('waiting', 'in-flight', 'done', 'failed', 'unknown', 'withheld'),
    dueAt: soon,
  }),
  fc.record({ type: fc.constant('crash') }),
);
type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Operation = Drawn<typeof operation>;

/** fast-check prints the seed and the shortest sequence that fails. */
export async function expectToBehaveLikeModel(makePlace: () => Promise<StorePlace>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { size: 'large', maxLength: 40 }), async (operations) => {
      const place = await makePlace();
      let store = await place.open();
      try {
        const model: Model = { inbox: new Map(), streams: new Map(), outbox: [], used: 0 };
        for (const [n, step] of operations.entries()) {
          if (step.type === 'crash') {
            await store.close();
            store = await place.open();
          }
          expect(await carryOut(store, step, n)).toEqual(foresee(model, step, n));
          expect(await look(store)).toEqual(picture(model));
        }
      } finally {
        await store.close();
        await place.remove();
      }
    }),
    { numRuns: 30 },
  );
}

/** `n` and the place in the list make an id that never comes twice. */
function outboxRows(id: string, n: number, rows: readonly Drawn<typeof row>[]): readonly NewOutboxRow[] {
  return rows.map(({ card: isCard, ...rest }, m) =>
    errand(`${id}/${n}.${m}`, { stream: id, ...(isCard && { effect: card }), ...rest }),
  );
}

async function carryOut(store: Store, step: Operation, n: number): Promise<unknown> {
  switch (step.type) {
    case 'receive':
      return store.receive(delivery(step.id));
    case 'settle':
      return store
        .transact((transaction) => transaction.settleInbox(step.id, 'done'))
        .then(
          () => 'settled',
          () => 'refused',
        );
    case 'write': {
      const { id, behind, count, alias, wakeAt, rows } = step;
      try {
        return await store.transact(async (transaction) => {
          const version = (await transaction.stream(id))?.version ?? 0;
          const expected = Math.max(0, version - behind);
          await transaction.write(move(id, expected, count, { kind: kinds[id]!, alias, wakeAt }));
          await transaction.enqueue(outboxRows(id, n, rows));
          await transaction.useNumber('step', await transaction.nextNumber('step'));
          if (step.throws) throw new RangeError('on purpose');
          return 'written';
        });
      } catch (error) {
        return (error as Error).name;
      }
    }
    case 'carry': {
      const [first] = await store.outboxDue(noon, 1);
      if (!first) return 'idle';
      const { status, dueAt } = step;
      await store.transact((transaction) =>
        transaction.updateOutbox(first.id, { status, dueAt, attempts: first.attempts + 1 }),
      );
      return first.id;
    }
    case 'crash':
      return store.recoverInFlight();
    default:
      return step satisfies never;
  }
}

function foresee(model: Model, step: Operation, n: number): unknown {
  switch (step.type) {
    case 'receive': {
      const isNew = !model.inbox.has(step.id);
      if (isNew) model.inbox.set(step.id, { settled: false });
      return { new: isNew };
    }
    case 'settle': {
      const item = model.inbox.get(step.id);
      const wasSettled = item?.settled === true;
      if (item) item.settled = true;
      return item && !wasSettled ? 'settled' : 'refused';
    }
    case 'write': {
      const { id, count, alias, wakeAt } = step;
      const kind = kinds[id]!;
      const before = model.streams.get(id);
      const version = before?.version ?? 0;
      const taken = [...model.streams].some(
        ([other, stream]) => other !== id && stream.kind === kind && alias && stream.alias === alias,
      );
      if (taken || Math.max(0, version - step.behind) !== version) return StaleStream.name;
      if (step.throws) return RangeError.name;
      model.streams.set(id, { kind, version: version + count, alias, wakeAt });
      for (const each of outboxRows(id, n, step.rows)) addToOutbox(model, each);
      model.used += 1;
      return 'written';
    }
    case 'carry': {
      const first = due(model, noon)[0];
      if (!first) return 'idle';
      const { status, dueAt } = step;
      change(model, first.id, { status, dueAt, attempts: first.attempts + 1 });
      return first.id;
    }
    case 'crash': {
      const flying = model.outbox.filter(({ status }) => status === 'in-flight');
      for (const { id, dueAt } of flying) {
        change(model, id, { status: 'waiting', mayHaveHappened: true, dueAt: Math.min(dueAt, noon) });
      }
      return flying.length;
    }
    default:
      return step satisfies never;
  }
}

function addToOutbox(model: Model, added: NewOutboxRow): void {
  const soon = model.outbox.filter(({ lane, status }) => lane === added.lane && status === 'waiting');
  if (added.effect.type === 'slack.card' && soon.length > 0) {
    for (const { id, priority } of soon) change(model, id, { priority: Math.min(priority, added.priority) });
    return;
  }
  const fresh = { status: 'waiting', attempts: 0, mayHaveHappened: false, receipt: {}, lastError: undefined };
  model.outbox.push({ ...added, ...fresh } as OutboxRow);
}

function change(model: Model, id: string, values: Partial<OutboxRow>): void {
  const place = model.outbox.findIndex((each) => each.id === id);
  model.outbox[place] = { ...model.outbox[place]!, ...values };
}

function firstOfLanes(model: Model): readonly OutboxRow[] {
  const unsettled = model.outbox.filter(({ status }) => status === 'waiting' || status === 'in-flight');
  return unsettled.filter(
    (each) => each.status === 'waiting' && unsettled.find(({ lane }) => lane === each.lane) === each,
  );
}

function due(model: Model, now: number): readonly OutboxRow[] {
  return firstOfLanes(model)
    .filter(({ dueAt }) => dueAt <= now)
    .toSorted((a, b) => a.priority - b.priority);
}

/** Everything that can be seen through the port. */
async function look(store: Store) {
  const ids = Object.keys(kinds);
  return {
    unsettled: (await store.unsettledInbox()).map(({ id }) => id),
    streams: await Promise.all(ids.map(async (id) => (await store.readStream(id))?.version ?? 0)),
    events: await Promise.all(ids.map(async (id) => (await store.readEvents(id)).map(({ seq }) => seq))),
    open: (await store.listStreams('incident', { openOnly: true })).map(({ id }) => id),
    nextWake: await store.nextWake(),
    wakes: (await store.wakesDue(noon, 10)).map(({ wakeAt }) => wakeAt),
    outbox: (await Promise.all(ids.map((id) => store.outboxOf(id)))).flat(),
    due: (await store.outboxDue(noon, 100)).map(({ id }) => id),
    nextDue: await store.nextDue(),
    number: await store.transact((transaction) => transaction.nextNumber('step')),
  };
}

function picture(model: Model): Awaited<ReturnType<typeof look>> {
  const ids = Object.keys(kinds);
  const versions = ids.map((id) => model.streams.get(id)?.version ?? 0);
  const wakes = [...model.streams.values()].flatMap(({ wakeAt }) => wakeAt ?? []).toSorted((a, b) => a - b);
  return {
    unsettled: [...model.inbox].filter(([, { settled }]) => !settled).map(([id]) => id),
    streams: versions,
    events: versions.map((version) => Array.from({ length: version }, (_, n) => n + 1)),
    open: [...model.streams]
      .filter(([, { kind, alias }]) => kind === 'incident' && alias)
      .map(([id]) => id)
      .toReversed(),
    nextWake: wakes[0],
    wakes: wakes.filter((at) => at <= noon),
    outbox: ids.flatMap((id) => model.outbox.filter(({ stream }) => stream === id)),
    due: due(model, noon).map(({ id }) => id),
    nextDue: firstOfLanes(model)
      .map(({ dueAt }) => dueAt)
      .toSorted((a, b) => a - b)[0],
    number: model.used + 1,
  };
}
