import { describe, expect, test } from 'vitest';
import { StaleStream, type Store } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';
import { openedForEach } from './store-opened.ts';
import { delivery, errand, event, move, noon, writeStream } from './store-samples.ts';

/** What every store promises of streams, and of whoever writes them. */
export function streamsContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name}: streams and transactions`, () => {
    let store: Store;
    openedForEach(makePlace, (opened) => {
      store = opened;
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
  });
}
