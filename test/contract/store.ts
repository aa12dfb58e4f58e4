import { describe, expect, test } from 'vitest';
import { StoreUnavailable, type Store } from '../../src/store/store.ts';
import { auditContract } from './store-audit.ts';
import { inboxContract } from './store-inbox.ts';
import { expectToBehaveLikeModel } from './store-model.ts';
import { outboxContract } from './store-outbox.ts';
import { openedForEach } from './store-opened.ts';
import { delivery, enqueue, errand, idsDue, move, noon, writeStream } from './store-samples.ts';
import { standingContract } from './store-standing.ts';
import { streamsContract } from './store-streams.ts';

/** Somewhere empty for one store. `open` gives it a clock that always says `noon`. */
export interface StorePlace {
  readonly open: () => Promise<Store>;
  readonly remove: () => Promise<void>;
}

/** What every store promises. It speaks to the port only. */
export function storeContract(name: string, makePlace: () => Promise<StorePlace>): void {
  inboxContract(name, makePlace);
  streamsContract(name, makePlace);
  outboxContract(name, makePlace);
  auditContract(name, makePlace);
  standingContract(name, makePlace);
  describe(`${name} keeps the promises of a store:`, () => {
    let store: Store;
    const { open, reopen } = openedForEach(makePlace, (opened) => {
      store = opened;
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

      await open();
      expect(await store.unsettledInbox()).toEqual([delivery('before')]);
    });

    test('Any sequence of operations leaves what a simple model says', async () => {
      await expectToBehaveLikeModel(makePlace);
    }, 90_000);
  });
}
