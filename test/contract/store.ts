import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  AlreadySettled,
  mostInboxBytes,
  StaleStream,
  StoreUnavailable,
  type InboxItem,
  type KindOfEffect,
  type OutboxRow,
  type Store,
  type Transaction,
} from '../../src/store/store.ts';
import { auditContract } from './store-audit.ts';
import { standingContract } from './store-standing.ts';
import { expectToBehaveLikeModel } from './store-model.ts';
import {
  card,
  delivery,
  enqueue,
  errand,
  event,
  idsDue,
  move,
  noon,
  thread,
  writeStream,
} from './store-samples.ts';

/** Somewhere empty for one store. `open` gives it a clock that always says `noon`. */
export interface StorePlace {
  readonly open: () => Promise<Store>;
  readonly remove: () => Promise<void>;
}

/** What every store promises. It speaks to the port only. */
export function storeContract(name: string, makePlace: () => Promise<StorePlace>): void {
  auditContract(name, makePlace);
  standingContract(name, makePlace);
  describe(`${name} keeps the promises of a store:`, () => {
    let place: StorePlace;
    let store: Store;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.remove();
    });

    async function reopen(): Promise<void> {
      await store.close();
      store = await place.open();
    }
    const update = (id: string, change: Partial<OutboxRow>) =>
      store.transact((transaction) => transaction.updateOutbox(id, change));

    describe('the inbox', () => {
      test('takes a delivery once, whatever the second one says', async () => {
        const twice = [delivery('a'), { ...delivery('a'), body: 'something else' }];

        const answers = await Promise.all(twice.map((item) => store.receive(item)));

        expect(answers).toEqual([{ new: true }, { new: false }]);
        expect(await store.unsettledInbox()).toEqual([delivery('a')]);
      });

      test('hands out what is not settled, in the order of arrival', async () => {
        for (const id of ['c', 'a', 'b']) await store.receive(delivery(id));

        await store.transact((transaction) => transaction.settleInbox('a', 'quarantined', 'not an alert'));

        expect((await store.unsettledInbox()).map(({ id }) => id)).toEqual(['c', 'b']);
        expect(await store.receive(delivery('a'))).toEqual({ new: false });
      });

      test('settles only what is there', async () => {
        await expect(
          store.transact((transaction) => transaction.settleInbox('nobody', 'done')),
        ).rejects.toThrow('nobody');
      });

      test('settles an item once; a complaint may still follow', async () => {
        await store.receive(delivery('a'));
        const settle = (result: 'done' | 'quarantined') =>
          store.transact(async (transaction) => {
            await transaction.settleInbox('a', result);
            await transaction.write(move(`INC-${result}`, 0));
          });
        await store.transact((transaction) => transaction.settleInbox('a', 'done'));

        await expect(settle('done')).rejects.toThrow(AlreadySettled);
        await expect(settle('quarantined')).resolves.toBeUndefined();

        expect((await store.listStreams('incident')).map(({ id }) => id)).toEqual(['INC-quarantined']);
      });

      test('hands out what has to be read in order, and beside it what has not', async () => {
        const sources = ['slack', 'github', 'alertmanager', 'slack', 'github'];
        for (const [n, source] of sources.entries()) await store.receive({ ...delivery(`${n}`), source });
        await store.transact((transaction) => transaction.settleInbox('1', 'done'));
        const ids = (items: readonly InboxItem[]) => items.map(({ id }) => id);

        expect(ids(await store.inboxInOrder(['slack'], 10))).toEqual(['2', '4']);
        expect(ids(await store.inboxInOrder(['slack'], 1))).toEqual(['2']);
        expect(ids(await store.inboxInOrder([], 10))).toEqual(['0', '2', '3', '4']);
        expect(ids(await store.adoptInbox(['slack']))).toEqual(['0', '3']);
        expect(ids(await store.adoptInbox([]))).toEqual([]);
      });

      test('hands out of large bodies no more than there is memory for, and what is behind those', async () => {
        const quarter = 'x'.repeat(mostInboxBytes / 4);
        for (const id of ['1', '2', '3', '4', '5', '6'])
          await store.receive({ ...delivery(id), body: id === '4' ? `${quarter}${quarter}` : quarter });
        await store.receive(delivery('7'));
        const ids = (items: readonly InboxItem[]) => items.map(({ id }) => id).join(' ');

        expect(ids(await store.inboxInOrder([], 10))).toBe('1 2 3 4');
        await store.transact((transaction) => transaction.settleInbox('4', 'done'));
        expect(ids(await store.inboxInOrder([], 10, '4'))).toBe('5 6 7');
        expect(ids(await store.inboxInOrder([], 2, '4'))).toBe('5 6');
        expect(ids(await store.adoptInbox(['alertmanager']))).toBe('1 2 3 5');
        expect(ids(await store.adoptInbox(['alertmanager'], '5'))).toBe('6 7');
      });

      test('takes an item together with its answer, which is there for whoever asks again', async () => {
        const look = () => store.transact((transaction) => transaction.inboxItem('a'));
        expect(await look()).toBeUndefined();
        await store.transact((transaction) => transaction.receiveSettled(delivery('a'), 'the answer'));

        await reopen();

        expect(await look()).toEqual({ ...delivery('a'), note: 'the answer' });
        expect(await store.unsettledInbox()).toEqual([]);
        expect(await store.receive(delivery('a'))).toEqual({ new: false });
      });

      test('takes only one answer, of all that come at once', async () => {
        const answers = ['one', 'two', 'three'].map((note) =>
          store.transact((transaction) => transaction.receiveSettled(delivery('a'), note)),
        );

        const settled = await Promise.allSettled(answers);

        expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const lost = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
        expect(lost).toEqual([expect.any(StaleStream), expect.any(StaleStream)]);
      });

      test('forgets old deliveries once they are settled', async () => {
        for (const item of [delivery('old', noon - 2), delivery('open', noon - 2), delivery('new', noon)]) {
          await store.receive(item);
        }
        await store.transact(async (transaction) => {
          await transaction.settleInbox('old', 'done');
          await transaction.settleInbox('new', 'done');
        });

        expect(await store.forgetInbox(noon)).toBe(1);

        expect(await store.receive(delivery('old'))).toEqual({ new: true });
        expect(await store.receive(delivery('open'))).toEqual({ new: false });
        expect(await store.receive(delivery('new'))).toEqual({ new: false });
      });
    });

    describe('a stream', () => {
      test('is read as it was written', async () => {
        await writeStream(store, move('INC-1', 0, 2));
        await writeStream(store, move('INC-1', 2));

        expect(await store.readStream('INC-1')).toEqual({
          id: 'INC-1',
          kind: 'incident',
          version: 3,
          state: { id: 'INC-1', entries: 3 },
        });
        expect(await store.readEvents('INC-1')).toEqual([1, 2, 3].map((seq) => event('INC-1', seq)));
        expect(await store.readStream('INC-2')).toBeUndefined();
        expect(await store.readEvents('INC-2')).toEqual([]);
      });

      test.for([0, 1, 3])('at version 2 is stale for who read version %i', async (expected) => {
        await writeStream(store, move('INC-1', 0, 2));

        await expect(writeStream(store, move('INC-1', expected))).rejects.toThrow(StaleStream);

        expect(await store.readEvents('INC-1')).toHaveLength(2);
      });

      test('has its events without a gap', async () => {
        const gap = { ...move('INC-1', 0), events: [event('INC-1', 2)] };

        await expect(writeStream(store, gap)).rejects.toThrow('INC-1/2');

        expect(await store.readStream('INC-1')).toBeUndefined();
      });

      test('is found by its alias until it gives it up', async () => {
        const found = () =>
          store.transact((transaction) => transaction.streamByAlias('incident', 'checkout'));
        await writeStream(store, move('INC-1', 0, 1, { alias: 'checkout' }));
        expect(await found()).toMatchObject({ id: 'INC-1', version: 1 });

        await writeStream(store, move('INC-1', 1));

        expect(await found()).toBeUndefined();
      });

      test('shares its alias with no other of its kind, opened or moved', async () => {
        await writeStream(store, move('INC-1', 0, 1, { alias: 'checkout' }));
        await writeStream(store, move('INC-2', 0));

        const opened = writeStream(store, move('INC-3', 0, 1, { alias: 'checkout' }));
        await expect(opened).rejects.toThrow(StaleStream);
        const moved = writeStream(store, move('INC-2', 1, 1, { alias: 'checkout' }));
        await expect(moved).rejects.toThrow(StaleStream);

        const otherKind = move('OP-1', 0, 1, { kind: 'operation', alias: 'checkout' });
        await expect(writeStream(store, otherKind)).resolves.toBeUndefined();
      });

      test('is listed by kind, newest first; open means that it has an alias', async () => {
        for (const [id, alias] of [
          ['INC-1', 'a'],
          ['INC-2', undefined],
          ['INC-10', 'b'],
        ] as const) {
          await writeStream(store, move(id, 0, 1, { alias }));
        }
        await writeStream(store, move('OP-1', 0, 1, { kind: 'operation' }));
        const list = async (...options: Parameters<Store['listStreams']>) =>
          (await store.listStreams(...options)).map(({ id }) => id);

        expect(await list('incident')).toEqual(['INC-10', 'INC-2', 'INC-1']);
        expect(await list('incident', { limit: 2 })).toEqual(['INC-10', 'INC-2']);
        expect(await list('incident', { openOnly: true })).toEqual(['INC-10', 'INC-1']);
        expect(await list('incident', { before: 'INC-10' })).toEqual(['INC-2', 'INC-1']);
        expect(await list('incident', { before: 'INC-10', openOnly: true, limit: 1 })).toEqual(['INC-1']);
        expect(await list('incident', { before: 'INC-1' })).toEqual([]);
        expect(await list('incident', { before: 'INC-99' })).toEqual([]);
        expect(await list('incident', { openOnly: true, limit: 1 })).toEqual(['INC-10']);
        expect(await list('channel')).toEqual([]);
      });

      test('is among the first of the open ones by its rank, then its age, and all of them are counted', async () => {
        for (const [id, rank, alias] of [
          ['INC-1', 'P2', 'a'],
          ['INC-2', 'P0', undefined],
          ['INC-3', 'P1', 'c'],
          ['INC-4', 'P1', 'd'],
          ['INC-5', 'P3', 'e'],
        ] as const) {
          await writeStream(store, move(id, 0, 1, { alias, rank }));
        }
        await writeStream(store, move('OP-1', 0, 1, { kind: 'operation', alias: 'OP-1' }));
        const first = async (limit: number) => {
          const { streams, count } = await store.firstOpen('incident', limit);
          return [streams.map(({ id }) => id), count];
        };
        expect(await first(3)).toEqual([['INC-3', 'INC-4', 'INC-1'], 4]);
        await writeStream(store, move('INC-5', 1, 1, { alias: 'e', rank: 'P0' }));
        await writeStream(store, move('INC-3', 1, 1, { alias: undefined, rank: 'P1' }));
        expect(await first(10)).toEqual([['INC-5', 'INC-4', 'INC-1'], 3]);
        expect(await store.firstOpen('channel', 10)).toEqual({ streams: [], count: 0 });
      });

      test('is woken when its time has come, the earliest first', async () => {
        expect(await store.nextWake()).toBeUndefined();
        await writeStream(store, move('INC-1', 0, 1, { wakeAt: noon + 2 }));
        await writeStream(store, move('INC-2', 0, 1, { wakeAt: noon + 1 }));
        await writeStream(store, move('INC-3', 0));

        expect(await store.nextWake()).toBe(noon + 1);
        expect(await store.wakesDue(noon, 10)).toEqual([]);
        expect(await store.wakesDue(noon + 2, 10)).toEqual([
          { id: 'INC-2', kind: 'incident', wakeAt: noon + 1 },
          { id: 'INC-1', kind: 'incident', wakeAt: noon + 2 },
        ]);
        expect(await store.wakesDue(noon + 2, 1)).toHaveLength(1);

        await writeStream(store, move('INC-2', 1));
        expect(await store.nextWake()).toBe(noon + 2);
      });
    });

    describe('a transaction', () => {
      test('answers with what its work answers, and sees its own writes', async () => {
        const seen = await store.transact(async (transaction) => {
          await transaction.write(move('INC-1', 0, 1, { alias: 'a' }));
          await transaction.enqueue([errand('INC-1/1.0', { stream: 'INC-1' })]);
          return [
            await transaction.stream('INC-1'),
            await transaction.streamByAlias('incident', 'a'),
            await transaction.outboxRow('INC-1/1.0'),
          ];
        });

        expect(seen).toMatchObject([{ version: 1 }, { version: 1 }, { status: 'waiting' }]);
      });

      test('that throws leaves nothing, and takes nobody else with it', async () => {
        await store.receive(delivery('a'));
        const thrown = store.transact(async (transaction) => {
          await transaction.write(move('INC-1', 0));
          await transaction.enqueue([errand('INC-1/1.0', { stream: 'INC-1' })]);
          await transaction.useNumber('incident', 1);
          await transaction.settleInbox('a', 'done');
          throw new RangeError('a bug');
        });
        const [refused, ...others] = await Promise.allSettled([
          thrown,
          writeStream(store, move('INC-2', 0)),
          store.receive(delivery('b')),
          writeStream(store, move('INC-3', 0)),
        ]);

        expect(refused).toMatchObject({ status: 'rejected', reason: new RangeError('a bug') });
        expect(others.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
        expect(await store.readStream('INC-1')).toBeUndefined();
        expect(await store.readEvents('INC-1')).toEqual([]);
        expect(await store.outboxOf('INC-1')).toEqual([]);
        expect(await store.transact((transaction) => transaction.nextNumber('incident'))).toBe(1);
        expect(await store.unsettledInbox()).toEqual([delivery('a'), delivery('b')]);
        expect((await store.listStreams('incident')).map(({ id }) => id).toSorted()).toEqual([
          'INC-2',
          'INC-3',
        ]);
      });

      test('shows nothing to others before it is stored', async () => {
        const peeks: Promise<unknown>[] = [];
        const failed = store.transact(async (transaction) => {
          peeks.push(store.readStream('INC-1'));
          await transaction.write(move('INC-1', 0));
          peeks.push(store.readStream('INC-1'), store.readEvents('INC-1'), store.listStreams('incident'));
          throw new Error('taken back');
        });

        await expect(failed).rejects.toThrow('taken back');

        expect(await Promise.all(peeks)).toEqual([undefined, undefined, [], []]);
      });

      test('cannot be used after its work is over', async () => {
        const leaked = await store.transact((transaction) => Promise.resolve({ transaction }));

        await expect(leaked.transaction.write(move('INC-1', 0))).rejects.toThrow('ended');
        await expect(leaked.transaction.stream('INC-1')).rejects.toThrow('ended');

        expect(await store.readStream('INC-1')).toBeUndefined();
      });

      test('gives out numbers without a gap or a double, however many run', async () => {
        const numbers = await Promise.all(
          Array.from({ length: 20 }, () =>
            store.transact(async (transaction) => {
              const number = await transaction.nextNumber('incident');
              await transaction.useNumber('incident', number);
              return number;
            }),
          ),
        );

        expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
        expect(await store.transact((transaction) => transaction.nextNumber('operation'))).toBe(1);
        await expect(store.transact((transaction) => transaction.useNumber('incident', 20))).rejects.toThrow(
          StaleStream,
        );
      });
    });

    describe('the outbox', () => {
      test('is read as it was written, oldest first', async () => {
        await writeStream(store, move('INC-1', 0));
        const rows = ['INC-1/1.1', 'INC-1/1.0'].map((id) => errand(id, { stream: 'INC-1' }));
        await enqueue(store, ...rows, errand('elsewhere'));

        const fresh = {
          status: 'waiting',
          attempts: 0,
          mayHaveHappened: false,
          receipt: {},
          lastError: undefined,
        };
        expect(await store.outboxOf('INC-1')).toEqual(rows.map((row) => ({ ...row, ...fresh })));
      });

      test('keeps an effect once', async () => {
        await enqueue(store, errand('a'));

        await expect(enqueue(store, errand('b'), errand('a'))).rejects.toThrow(/unique|duplicate/i);

        expect(await idsDue(store)).toEqual(['a']);
      });

      test('takes no effect of a stream that is not there', async () => {
        await expect(enqueue(store, errand('a', { stream: 'INC-404' }))).rejects.toThrow(/foreign key/i);
      });

      test('lets the lower priority number go first, then the older', async () => {
        await enqueue(
          store,
          errand('a', { priority: 2 }),
          errand('b', { priority: 0 }),
          errand('c', { priority: 2 }),
          errand('d', { priority: 0, dueAt: noon - 1 }),
        );

        expect(await idsDue(store)).toEqual(['b', 'd', 'a', 'c']);
        expect(await idsDue(store, noon, 3)).toEqual(['b', 'd', 'a']);
      });

      test('holds back what is not due', async () => {
        await enqueue(store, errand('later', { dueAt: noon + 2 }), errand('soon', { dueAt: noon + 1 }));

        expect(await idsDue(store)).toEqual([]);
        expect(await store.nextDue()).toBe(noon + 1);
        expect(await store.nextDue(noon + 1)).toBe(noon + 2);
        expect(await idsDue(store, noon + 1)).toEqual(['soon']);
      });

      test('keeps a lane in order: nobody overtakes the first, waiting or in flight', async () => {
        await enqueue(
          store,
          errand('first', { lane: 'one', dueAt: noon + 5 }),
          errand('second', { lane: 'one', priority: 0 }),
          errand('beside', { lane: 'two' }),
        );
        expect(await idsDue(store)).toEqual(['beside']);

        await update('first', { status: 'in-flight' });
        await update('beside', { status: 'done' });
        expect(await idsDue(store, noon + 5)).toEqual([]);
        expect(await store.nextDue()).toBeUndefined();

        await update('first', { status: 'waiting' });
        expect(await store.nextDue()).toBe(noon + 5);
      });

      test.for(['done', 'failed', 'unknown', 'withheld'] as const)(
        'lets the next of the lane go when the first is %s',
        async (status) => {
          await enqueue(store, errand('first', { lane: 'one' }), errand('second', { lane: 'one' }));

          await update('first', { status });

          expect(await idsDue(store)).toEqual(['second']);
          expect(await store.nextDue()).toBe(noon);
        },
      );

      test('gives a row to be carried out: due, the first of its lane, as it is now', async () => {
        const take = (id: string, now = noon) =>
          store.transact(async (transaction) => {
            const row = await transaction.takeOutbox({ id, lane: 'one' }, now);
            return row && { attempts: row.attempts, inHand: await transaction.inHand(id) };
          });
        const flying = { attempts: 3, inHand: true };
        await enqueue(
          store,
          errand('first', { lane: 'one', dueAt: noon + 1 }),
          errand('second', { lane: 'one' }),
        );
        expect(await take('first')).toBeUndefined();
        expect(await take('second')).toBeUndefined();
        expect(await take('first', noon + 1)).toEqual({ attempts: 0, inHand: false });

        await update('first', { status: 'in-flight', attempts: 3 });
        expect(await take('first'), 'its mark was stored, and the answer to that was lost').toEqual(flying);

        await update('first', { status: 'done' });
        expect(await take('first')).toBeUndefined();
        expect(await take('second')).toEqual({ attempts: 0, inHand: false });
      });

      test('gives a row already in the transaction that adds it', async () => {
        const lane = 'one';
        const takeBoth = async (transaction: Transaction) => {
          await transaction.enqueue([errand('first', { lane }), errand('second', { lane })]);
          expect(await transaction.takeOutbox({ id: 'second', lane }, noon), 'not its turn').toBeUndefined();
          const first = await transaction.takeOutbox({ id: 'first', lane }, noon);
          await transaction.updateOutbox('first', { status: 'in-flight', attempts: 1 });
          return { first, isInHand: await transaction.inHand('first') };
        };
        const failing = store.transact(async (transaction) => {
          await takeBoth(transaction);
          throw new Error('and then something is wrong');
        });
        await expect(failing).rejects.toThrow('and then something is wrong');
        expect(await store.outboxDue(noon, 10)).toEqual([]);

        const { first, isInHand } = await store.transact(takeBoth);
        expect(first).toMatchObject({ id: 'first', status: 'waiting', attempts: 0 });
        expect(isInHand).toBe(true);
        expect(await store.outboxDue(noon, 10), 'the lane is taken').toEqual([]);
        const inHand = await store.transact((transaction) => transaction.inHand('first'));
        expect(inHand).toBe(true);
      });

      test('and lets it be settled there at once', async () => {
        await store.transact(async (transaction) => {
          await transaction.enqueue([errand('first', { lane: 'one' }), errand('second', { lane: 'one' })]);
          await transaction.takeOutbox({ id: 'first', lane: 'one' }, noon);
          await transaction.updateOutbox('first', { status: 'failed', lastError: 'nobody carries it out' });
        });
        expect(await idsDue(store)).toEqual(['second']);
      });

      test('leaves out of what is due the kinds that it is asked for others than', async () => {
        await enqueue(
          store,
          errand('card', { effect: card, priority: 4 }),
          errand('first', { lane: 'one', priority: 4 }),
          errand('not its turn', { lane: 'one', priority: 1 }),
          errand('worse', { priority: 3 }),
        );
        const others = async (...kinds: readonly KindOfEffect[]) =>
          (await store.outboxDue(noon, 2, kinds)).map(({ id }) => id);

        expect(await others()).toEqual(['worse', 'card']);
        expect(await others({ type: 'slack.card', priority: 0 })).toEqual(['worse', 'first']);
        expect(await others({ type: 'slack.thread', priority: 4 })).toEqual(['worse', 'card']);
        expect(await others({ type: 'slack.thread', priority: 0 })).toEqual(['card']);
      });

      test('keeps whole characters, and counts and hands out by its type whatever it says', async () => {
        const said = { ...thread, text: 'a\0b, half of \ud83d, and \u{1f4a5}' };
        await enqueue(store, errand('said', { effect: said }), errand('beside'));

        const kept = 'a\ufffdb, half of \ufffd, and \u{1f4a5}';
        const due = await store.outboxDue(noon, 10, [{ type: 'slack.card', priority: 0 }]);
        expect(due.map(({ effect }) => effect)).toEqual([{ ...thread, text: kept }, thread]);
        expect(await store.outboxDue(noon, 10, [{ type: 'slack.thread', priority: 0 }])).toEqual([]);
        expect((await store.outstanding(noon)).effects).toMatchObject([{ type: 'slack.thread', count: 2 }]);
      });

      test('says what is in flight here, until it no longer is', async () => {
        const inFlight = async () => (await store.inFlightHere()).map(({ id }) => id);
        await enqueue(store, errand('flies'), errand('waits'), errand('ends'));
        await update('flies', { status: 'in-flight' });
        await update('ends', { status: 'in-flight' });
        expect(await inFlight()).toEqual(['flies', 'ends']);

        await update('ends', { status: 'done' });
        expect(await inFlight()).toEqual(['flies']);
        await update('flies', { status: 'waiting' });
        expect(await inFlight()).toEqual([]);
      });

      test('changes only what it is told to', async () => {
        await enqueue(store, errand('a'));
        await update('a', { attempts: 1, receipt: { run: '17' }, lastError: 'HTTP 502', dueAt: noon + 9 });
        await update('a', { attempts: 2, lastError: undefined, mayHaveHappened: true });

        const row = await store.transact((transaction) => transaction.outboxRow('a'));

        expect(row).toEqual({
          ...errand('a'),
          status: 'waiting',
          attempts: 2,
          dueAt: noon + 9,
          mayHaveHappened: true,
          receipt: { run: '17' },
          lastError: undefined,
        });
        await expect(update('nobody', { attempts: 1 })).rejects.toThrow('nobody');
      });

      test('leaves a card out while one of its lane is waiting', async () => {
        const drawn = (id: string, lane = 'card INC-1') => errand(id, { lane, effect: card });
        await enqueue(store, drawn('a'), drawn('b'));
        await enqueue(store, drawn('c'), drawn('other', 'card INC-2'));
        expect(await idsDue(store)).toEqual(['a', 'other']);

        // What is on its way was drawn from an older state.
        await update('a', { status: 'in-flight' });
        await enqueue(store, drawn('d'), drawn('e'));
        await update('a', { status: 'done' });

        expect(await idsDue(store)).toEqual(['other', 'd']);
      });

      test('draws the card that waits as early as the worse of what is left out and itself', async () => {
        const drawn = (id: string, priority: number) =>
          errand(id, { lane: 'card INC-1', effect: card, priority });
        await enqueue(store, drawn('a', 7), errand('between', { priority: 5 }));
        await enqueue(store, drawn('b', 4));
        await enqueue(store, drawn('c', 6), drawn('d', 6));

        const due = await store.outboxDue(noon, 10);
        expect(due.map(({ id, priority }) => [id, priority])).toEqual([
          ['a', 4],
          ['between', 5],
        ]);
      });

      test('coalesces nothing but cards', async () => {
        await enqueue(store, errand('a', { lane: 'one' }), errand('b', { lane: 'one' }));
        await update('a', { status: 'done' });

        expect(await idsDue(store)).toEqual(['b']);
      });

      test('gives back what was in flight, as possibly happened and due now', async () => {
        await enqueue(store, errand('flying', { dueAt: noon - 9 }), errand('waiting'), errand('done'));
        await update('flying', { status: 'in-flight', attempts: 1, dueAt: noon + 9 });
        await update('done', { status: 'done' });
        await reopen();

        expect(await store.recoverInFlight()).toBe(1);

        expect(await store.outboxDue(noon, 10)).toMatchObject([
          { id: 'flying', status: 'waiting', attempts: 1, mayHaveHappened: true, dueAt: noon },
          { id: 'waiting', mayHaveHappened: false },
        ]);
        expect(await store.recoverInFlight()).toBe(0);
      });

      test('brings forward what waits, and touches nothing else', async () => {
        await enqueue(
          store,
          errand('waits', { dueAt: noon + 90 }),
          errand('goes', { dueAt: noon + 90 }),
          errand('due', { dueAt: noon - 9 }),
          errand('other', { dueAt: noon + 90 }),
        );
        await update('goes', { status: 'in-flight' });

        await store.bringForward(['waits', 'goes', 'due', 'gone'], noon);

        expect(await store.outboxDue(noon + 90, 10)).toMatchObject([
          { id: 'waits', dueAt: noon },
          { id: 'due', dueAt: noon - 9 },
          { id: 'other', dueAt: noon + 90 },
        ]);
        expect(await store.transact((transaction) => transaction.inHand('goes'))).toBe(true);
      });

      test('lets nothing wait longer because the clock was set back', async () => {
        await enqueue(
          store,
          errand('soon', { dueAt: noon + 9 }),
          errand('later', { dueAt: noon + 90 }),
          errand('due', { dueAt: noon - 9 }),
          errand('done', { dueAt: noon + 9 }),
        );
        await update('done', { status: 'done' });

        await store.hastenOutbox(60);

        expect(await store.outboxDue(noon + 90, 10)).toMatchObject([
          { id: 'soon', dueAt: noon },
          { id: 'later', dueAt: noon + 30 },
          { id: 'due', dueAt: noon - 9 },
        ]);
      });
    });

    test('What was decided later than that waits no longer', async () => {
      const late = { createdAt: noon + 60, dueAt: noon + 90 };
      await enqueue(
        store,
        errand('late', late),
        errand('tried again later', { createdAt: noon + 50, dueAt: noon + 90 }),
        errand('due', { createdAt: noon + 60, dueAt: noon - 9 }),
        errand('done', late),
      );
      await update('done', { status: 'done' });

      await store.hastenDecidedAfter(noon + 50, noon);

      expect(await store.outboxDue(noon + 90, 10)).toMatchObject([
        { id: 'late', dueAt: noon },
        { id: 'tried again later', dueAt: noon + 90 },
        { id: 'due', dueAt: noon - 9 },
      ]);
    });

    test('What has not ended is counted, whatever has', async () => {
      expect(await store.outstanding(noon)).toEqual({
        effects: [],
        inbox: [],
        wakes: { count: 0, earliest: undefined },
        open: [],
      });
      await writeStream(store, move('INC-1', 0, 1, { alias: 'a', rank: 'P0', wakeAt: noon - 2 }));
      await writeStream(store, move('INC-2', 0, 1, { alias: 'b', rank: 'P1', wakeAt: noon }));
      await writeStream(store, move('INC-3', 0, 1, { alias: 'c', rank: 'P1', wakeAt: noon + 1 }));
      await writeStream(store, move('INC-4', 0, 1, { rank: 'P0' }));
      await writeStream(store, move('OP-1', 0, 1, { kind: 'operation', alias: 'd' }));
      await enqueue(
        store,
        errand('later', { createdAt: noon - 1, dueAt: noon + 5 }),
        errand('oldest', { createdAt: noon - 3 }),
        errand('on its way'),
        errand('card', { effect: card }),
        errand('gone', { createdAt: noon - 9 }),
      );
      await update('on its way', { status: 'in-flight' });
      await update('gone', { status: 'done' });
      for (const item of [delivery('new', noon), delivery('old', noon - 7), delivery('settled', noon - 9)])
        await store.receive(item);
      await store.receive({ ...delivery('typed'), source: 'slack' });
      await store.transact((transaction) => transaction.settleInbox('settled', 'done'));

      expect(await store.outstanding(noon)).toEqual({
        effects: [
          { type: 'slack.card', priority: 5, status: 'waiting', count: 1, oldest: noon },
          { type: 'slack.thread', priority: 5, status: 'in-flight', count: 1, oldest: noon },
          { type: 'slack.thread', priority: 5, status: 'waiting', count: 2, oldest: noon - 3 },
        ],
        inbox: [
          { source: 'alertmanager', count: 2, oldest: noon - 7 },
          { source: 'slack', count: 1, oldest: noon },
        ],
        wakes: { count: 2, earliest: noon - 2 },
        open: [
          { kind: 'incident', rank: 'P0', count: 1 },
          { kind: 'incident', rank: 'P1', count: 2 },
          { kind: 'operation', rank: '', count: 1 },
        ],
      });
    });

    test('A mark is what was written last', async () => {
      expect(await store.readMark('alive-at')).toBeUndefined();
      await store.writeMark('alive-at', '1');
      await store.writeMark('alive-at', '2');

      expect(await store.readMark('alive-at')).toBe('2');
      expect(await store.readMark('booted')).toBeUndefined();
    });

    test('A mark that is kept is the first one', async () => {
      expect(await store.keepMark('store-id', 'a1')).toBe('a1');
      expect(await store.keepMark('store-id', 'b2')).toBe('a1');
      expect(await store.readMark('store-id')).toBe('a1');
    });

    test('A mark is advanced, and never goes back', async () => {
      const advance = (value: string) => store.advanceMark('daily', value);

      expect(await advance('2026-11-22T04:17')).toBe(true);
      expect(await advance('2026-11-22T04:17')).toBe(false);
      expect(await advance('2026-11-21T04:17')).toBe(false);
      expect(await advance('2026-11-23T04:17')).toBe(true);
      expect(await store.readMark('daily')).toBe('2026-11-23T04:17');
    });

    test('A mark that is too high to be right counts for nothing', async () => {
      const advance = (value: string, highest: string) => store.advanceMark('daily', value, highest);
      await store.writeMark('daily', '2027-01-01T04:17');

      expect(await advance('2026-12-31T04:17', '2027-01-01T04:17')).toBe(false);
      expect(await advance('2026-11-22T04:17', '2026-11-23T04:17')).toBe(true);
      expect(await advance('2026-11-22T04:17', '2026-11-23T04:17')).toBe(false);
      expect(await store.readMark('daily')).toBe('2026-11-22T04:17');
    });

    test('Text of any kind comes back', async () => {
      const text = `' OR 1=1; -- $1 \\ {"a,b",NULL} \u{1f4a5} \n`;
      const item = { ...delivery(`x${text}`), body: text };
      await store.receive(item);

      expect(await store.unsettledInbox()).toEqual([item]);
    });

    test('What was acknowledged is there after closing and opening again', async () => {
      await store.receive(delivery('a'));
      await writeStream(store, move('INC-1', 0, 2, { alias: 'a', wakeAt: noon }));
      await enqueue(store, errand('INC-1/1.0', { stream: 'INC-1' }));
      await store.transact((transaction) => transaction.useNumber('incident', 1));
      await store.writeMark('booted', 'yes');

      await reopen();

      expect(await store.unsettledInbox()).toEqual([delivery('a')]);
      expect(await store.readStream('INC-1')).toMatchObject({ version: 2 });
      expect(await store.readEvents('INC-1')).toHaveLength(2);
      expect(await idsDue(store)).toEqual(['INC-1/1.0']);
      expect(await store.nextWake()).toBe(noon);
      expect(await store.transact((transaction) => transaction.nextNumber('incident'))).toBe(2);
      expect(await store.readMark('booted')).toBe('yes');
    });

    test('Closing stores what is waiting, and takes nothing more', async () => {
      const before = store.receive(delivery('before'));
      const closed = store.close();
      const after = store.receive(delivery('after'));

      await expect(after).rejects.toThrow(StoreUnavailable);
      await expect(before).resolves.toEqual({ new: true });
      await closed;
      await expect(store.readMark('any')).rejects.toThrow(StoreUnavailable);

      store = await place.open();
      expect(await store.unsettledInbox()).toEqual([delivery('before')]);
    });

    test('Any sequence of operations leaves what a simple model says', async () => {
      await expectToBehaveLikeModel(makePlace);
    }, 90_000);
  });
}
