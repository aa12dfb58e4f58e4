import { describe, expect, test } from 'vitest';
import {
  AlreadySettled,
  mostInboxBytes,
  StaleStream,
  type InboxItem,
  type Store,
} from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { openedForEach } from './store-opened.ts';
import { delivery, move, noon } from './store-samples.ts';

/** What every store promises of what it receives. */
export function inboxContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name}: the inbox`, () => {
    let store: Store;
    const { reopen } = openedForEach(makePlace, (opened) => {
      store = opened;
    });

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
}
