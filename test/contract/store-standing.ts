import { beforeEach, describe, expect, test } from 'vitest';
import type { StreamEnd } from '../../src/core/stream.ts';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { openedForEach } from './store-opened.ts';
import { delivery, move, writeStream } from './store-samples.ts';

const sources = ['alertmanager', 'generic'];

/** What every store tells of streams that somebody has met before. */
export function standingContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} says whether streams stand where they stood:`, () => {
    let store: Store;
    openedForEach(makePlace, (opened) => {
      store = opened;
    });
    beforeEach(async () => {
      await writeStream(store, move('INC-1', 0, 2));
      await writeStream(store, move('INC-2', 0));
    });

    const endOf = (id: string): Promise<StreamEnd | undefined> =>
      store.transact(async (transaction) => {
        await transaction.stream(id);
        return transaction.endOf(id);
      });
    async function ends(...ids: readonly string[]): Promise<readonly StreamEnd[]> {
      const all = await Promise.all(ids.map(endOf));
      return all.filter((end) => end !== undefined);
    }

    test('they do as long as nobody writes there, and are those of the audit trail', async () => {
      const [one, two] = await ends('INC-1', 'INC-2');
      if (!one || !two) throw new Error('they were read');

      expect(one).toMatchObject({ id: 'INC-1', version: 2 });
      expect(one.hash).toBe((await store.audit.ends('', 10)).find(({ id }) => id === 'INC-1')?.hash);
      expect(await store.standing([one, two], sources)).toBe('same');
      await writeStream(store, move('INC-2', 1));
      expect(await store.standing([one], sources)).toBe('same');
      expect(await store.standing([one, two], sources)).toBe('moved');
    });

    test('one of another history does not, though it is as long', async () => {
      const [one] = await ends('INC-1');
      if (!one) throw new Error('it was read');

      expect(await store.standing([{ ...one, hash: one.hash.replaceAll(/./g, '0') }], sources)).toBe('moved');
      expect(await store.standing([{ ...one, version: 1 }], sources)).toBe('moved');
      expect(await store.standing([{ ...one, id: 'INC-9' }], sources)).toBe('moved');
    });

    test('where a stream stands is not known that nobody has read, or that is not there', async () => {
      const known = await store.transact(async (transaction) => {
        await transaction.stream('INC-9');
        return [transaction.endOf('INC-1'), transaction.endOf('INC-9')];
      });

      expect(known).toEqual([undefined, undefined]);
    });

    test('what was received and not settled may still move them; of other sources it is of no interest', async () => {
      const met = await ends('INC-1');
      await store.receive({ ...delivery('a'), source: 'slack' });
      expect(await store.standing(met, sources)).toBe('same');

      await store.receive(delivery('b'));
      expect(await store.standing(met, sources)).toBe('waiting');
      await store.transact((transaction) => transaction.settleInbox('b', 'done'));
      expect(await store.standing(met, sources)).toBe('same');
    });

    test('what a transaction has taken back has moved nothing', async () => {
      const met = await ends('INC-1');
      const work = store.transact(async (transaction) => {
        await transaction.write(move('INC-1', 2));
        throw new Error('not after all');
      });
      await expect(work).rejects.toThrow('not after all');

      expect(await store.standing(met, sources)).toBe('same');
    });

    test('what others were told is stored, it has heard of', async () => {
      const met = await ends('INC-1');
      for (let n = 0; n < 5; n += 1) {
        await store.receive(delivery(`item-${n}`));
        expect(await store.standing(met, sources)).toBe('waiting');
        await store.transact((transaction) => transaction.settleInbox(`item-${n}`, 'done'));
        expect(await store.standing(met, sources)).toBe('same');
      }
    });

    test('a store that is closed says nothing any more', async () => {
      const met = await ends('INC-1');
      expect(await store.standing(met, sources)).toBe('same');
      await store.close();

      await expect(store.standing(met, sources)).rejects.toThrow(StoreUnavailable);
    });
  });
}
