import { describe, expect, test } from 'vitest';
import type { KindOfEffect, OutboxRow, Store, Transaction } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { openedForEach } from './store-opened.ts';
import { card, delivery, enqueue, errand, idsDue, move, noon, thread, writeStream } from './store-samples.ts';

/** What every store promises of effects until they have ended. */
export function outboxContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name}: the outbox`, () => {
    let store: Store;
    const { reopen } = openedForEach(makePlace, (opened) => {
      store = opened;
    });
    const update = (id: string, change: Partial<OutboxRow>) =>
      store.transact((transaction) => transaction.updateOutbox(id, change));
    /** When it was decided, and until when it is tried. */
    const timesOf = async (id: string) => {
      const row = await store.transact((transaction) => transaction.outboxRow(id));
      return [row?.createdAt, row?.deadlineAt];
    };

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

      await store.hastenOutbox(60, noon);

      expect(await store.outboxDue(noon + 90, 10)).toMatchObject([
        { id: 'soon', dueAt: noon },
        { id: 'later', dueAt: noon + 30 },
        { id: 'due', dueAt: noon - 9 },
      ]);
    });

    test('tries nothing longer because the clock was set back, and nothing shorter that was decided since', async () => {
      const before = { createdAt: noon + 50, deadlineAt: noon + 550 };
      await enqueue(
        store,
        errand('waits', before),
        errand('goes', before),
        errand('ended', before),
        errand('since', { createdAt: noon + 9, deadlineAt: noon + 509 }),
      );
      await update('goes', { status: 'in-flight' });
      await update('ended', { status: 'done' });

      for (const latest of [noon + 9, noon + 9]) await store.hastenOutbox(60, latest);

      expect(await timesOf('waits')).toEqual([noon - 10, noon + 490]);
      expect(await timesOf('goes')).toEqual([noon - 10, noon + 490]);
      expect(await timesOf('ended')).toEqual([noon + 50, noon + 550]);
      expect(await timesOf('since')).toEqual([noon + 9, noon + 509]);
    });

    test('What was decided later than that is tried for as long as it is worth from now on', async () => {
      const late = { createdAt: noon + 60, deadlineAt: noon + 560 };
      await enqueue(
        store,
        errand('waits', late),
        errand('goes', late),
        errand('before', { createdAt: noon + 50, deadlineAt: noon + 550 }),
      );
      await update('goes', { status: 'in-flight' });

      for (const to of [noon, noon + 9]) await store.hastenDecidedAfter(noon + 50, to);

      expect(await timesOf('waits')).toEqual([noon, noon + 500]);
      expect(await timesOf('goes')).toEqual([noon, noon + 500]);
      expect(await timesOf('before')).toEqual([noon + 50, noon + 550]);
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
  });
}
