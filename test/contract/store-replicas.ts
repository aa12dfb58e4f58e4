import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { storeIdOf } from '../../src/store/store-id.ts';
import { mostTold, type Store } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { delivery, enqueue, errand, move, noon, writeStream } from './store-samples.ts';

/** What a store promises that several processes may open at once; here they are two in one process. */
export function sharedStoreContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name}, shared by several processes:`, () => {
    let place: StorePlace;
    let a: Store;
    let b: Store;
    const opened: Store[] = [];

    async function open(): Promise<Store> {
      const store = await place.open();
      opened.push(store);
      return store;
    }
    beforeEach(async () => {
      place = await makePlace();
      a = await open();
      b = await open();
    });
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close();
      await place.remove();
    });

    const take = (store: Store, id: string, lane = id) =>
      store.transact(async (transaction) => {
        const row = await transaction.takeOutbox({ id, lane }, noon);
        if (row) await transaction.updateOutbox(id, { status: 'in-flight', attempts: row.attempts + 1 });
        return row !== undefined;
      });
    const inHand = (store: Store, id: string) => store.transact((transaction) => transaction.inHand(id));

    test('a delivery is new to one of them', async () => {
      const ids = Array.from({ length: 40 }, (_, n) => `d${n}`);

      const answers = await Promise.all(
        ids.flatMap((id) => [a.receive(delivery(id)), b.receive(delivery(id))]),
      );

      expect(answers.filter((answer) => answer.new)).toHaveLength(ids.length);
      expect(await a.unsettledInbox()).toHaveLength(ids.length);
    });

    test('numbers have neither gap nor double', async () => {
      const numbers = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 ? a : b).transact(async (transaction) => {
            const number = await transaction.nextNumber('incident');
            await transaction.useNumber('incident', number);
            return number;
          }),
        ),
      );

      expect(numbers.toSorted((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    });

    test('a stream is written by one after another, whoever writes', async () => {
      await writeStream(a, move('INC-1', 0));
      const append = (store: Store) =>
        store.transact(async (transaction) => {
          const { version = 0 } = (await transaction.stream('INC-1')) ?? {};
          await transaction.write(move('INC-1', version));
        });

      await Promise.all(Array.from({ length: 40 }, (_, n) => append(n % 2 ? a : b)));

      expect((await a.readEvents('INC-1')).map(({ seq }) => seq)).toEqual(
        Array.from({ length: 41 }, (_, n) => n + 1),
      );
    });

    test('two who lock the same streams the other way round both get through', async () => {
      for (const id of ['INC-1', 'INC-2']) await writeStream(a, move(id, 0));
      const both = (store: Store, ids: readonly string[]) =>
        store.transact(async (transaction) => {
          for (const id of ids) {
            const { version = 0 } = (await transaction.stream(id)) ?? {};
            await transaction.write(move(id, version));
          }
        });

      await Promise.all([both(a, ['INC-1', 'INC-2']), both(b, ['INC-2', 'INC-1'])]);

      expect(await a.readStream('INC-1')).toMatchObject({ version: 3 });
      expect(await a.readStream('INC-2')).toMatchObject({ version: 3 });
    });

    test('an effect is taken by one of them', async () => {
      await enqueue(a, ...Array.from({ length: 20 }, (_, n) => errand(`e${n}`)));

      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, n) => Promise.all([take(a, `e${n}`), take(b, `e${n}`)])),
      );

      expect(taken.map((pair) => pair.filter(Boolean).length)).toEqual(Array(20).fill(1));
    });

    test('what both want to say is said by one of them', async () => {
      const sayOnce = (store: Store) =>
        store.transact(async (transaction) => {
          if (await transaction.outboxRow('warning')) return 'said already';
          await transaction.enqueue([errand('warning')]);
          return 'said';
        });

      const answers = await Promise.all([a, b, a, b].map(sayOnce));

      expect(answers.toSorted()).toEqual(['said', 'said already', 'said already', 'said already']);
    });

    test('a lane has one effect on the way, whoever carries it', async () => {
      await enqueue(a, errand('first', { lane: 'one' }), errand('second', { lane: 'one' }));

      expect(await take(b, 'second', 'one')).toBe(false);
      expect(await take(b, 'first', 'one')).toBe(true);
      expect(await take(a, 'second', 'one')).toBe(false);
      expect(await a.outboxDue(noon, 10)).toEqual([]);

      await b.transact((transaction) => transaction.updateOutbox('first', { status: 'done' }));
      expect(await take(a, 'second', 'one')).toBe(true);
    });

    test('what is in the hands of one is in nobody else’s, and is left alone while it lives', async () => {
      await enqueue(a, errand('e'));
      await take(a, 'e');

      expect(await inHand(a, 'e')).toBe(true);
      expect(await inHand(b, 'e')).toBe(false);
      expect(await a.inFlightHere()).toMatchObject([{ id: 'e' }]);
      expect(await b.inFlightHere()).toEqual([]);
      expect(await b.recoverInFlight()).toBe(0);
      expect(await take(a, 'e'), 'who has lost the answer to its mark goes on').toBe(true);
    });

    test('what one leaves in flight is taken over as possibly happened', async () => {
      await enqueue(a, errand('e'));
      await take(a, 'e');
      await a.close();

      expect(await b.recoverInFlight()).toBe(1);

      expect(await b.outboxDue(noon, 10)).toMatchObject([{ id: 'e', mayHaveHappened: true, attempts: 1 }]);
    });

    test('what one brings forward stays in the hands of the other who has it', async () => {
      await enqueue(a, errand('e'), errand('later', { dueAt: noon + 90 }));
      await take(a, 'e');

      await b.bringForward(['e', 'later'], noon);

      expect(await inHand(a, 'e')).toBe(true);
      expect(await a.outboxDue(noon, 10)).toMatchObject([{ id: 'later' }]);
    });

    test('when the clock that they share is set back, nothing waits longer for it, whoever sees to it, and how often', async () => {
      await enqueue(a, errand('e', { createdAt: noon + 50, dueAt: noon + 90, deadlineAt: noon + 550 }));

      await Promise.all([a.hastenOutbox(60, noon), b.hastenOutbox(60, noon)]);

      expect(await a.outboxDue(noon + 90, 10)).toMatchObject([
        { id: 'e', dueAt: noon, deadlineAt: noon + 490 },
      ]);
    });

    test('their time is the same', () => {
      expect(a.time()).toBeDefined();
      expect(Math.abs(a.time()! - b.time()!)).toBeLessThan(1_000);
    });

    test('what has to be read in order is read by one, and by another when that one is gone', async () => {
      await a.receive(delivery('1'));
      await b.receive(delivery('2'));
      await a.receive({ ...delivery('beside'), source: 'slack' });
      const ids = async (store: Store) => (await store.inboxInOrder(['slack'], 10)).map(({ id }) => id);

      expect(await ids(b)).toEqual(['1', '2']);
      expect(await ids(a)).toEqual([]);

      await b.close();
      expect(await ids(a)).toEqual(['1', '2']);
    });

    test('what may be read in any order is read by who received it, and adopted when that one is gone', async () => {
      await a.receive({ ...delivery('s'), source: 'slack' });
      const ids = async (store: Store) => (await store.adoptInbox(['slack'])).map(({ id }) => id);

      expect(await ids(b)).toEqual([]);
      expect(await ids(a)).toEqual(['s']);

      await a.close();
      expect(await ids(b)).toEqual(['s']);
    });

    test('a mark is advanced by one of them', async () => {
      const answers = await Promise.all(
        ['1', '1', '1', '1'].map((value, n) => (n % 2 ? a : b).advanceMark('daily', value)),
      );

      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await a.advanceMark('daily', '0')).toBe(false);
    });

    test('all of them have the same store id, whoever drew it', async () => {
      const ids = await Promise.all([a, b, a, b].map((store) => storeIdOf(store)));

      expect(new Set(ids).size).toBe(1);
    });

    test('one hears when another leaves it something to do', async () => {
      const heard = new Promise<void>((resolve) => b.watch(resolve));

      await a.receive(delivery('d'));

      await expect(heard).resolves.toBeUndefined();
    });

    test('what one tells the others hear, and not itself', async () => {
      const long = 'x'.repeat(mostTold);
      const own: string[] = [];
      b.hear((words) => own.push(words));
      const heard = new Promise<readonly string[]>((resolve) => {
        const all: string[] = [];
        a.hear((words) => all.push(words) === 3 && resolve(all));
      });

      // Whoever came first learns only after a while that there is another.
      expect(b.isAlone()).toBe(false);
      for (const words of ['one\ntwo', '“ä”', long]) b.tell(words);

      expect(await heard).toEqual(['one\ntwo', '“ä”', long]);
      expect(own).toEqual([]);
    });
  });
}
