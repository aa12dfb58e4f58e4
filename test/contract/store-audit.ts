import { describe, expect, test } from 'vitest';
import type { Store, StoredEvent } from '../../src/store/store.ts';
import { beginning, chainHashes } from '../../src/trust/audit/chain.ts';
import { sealTrail } from '../../src/trust/audit/seal.ts';
import { verifyTrail } from '../../src/trust/audit/verify.ts';
import type { StorePlace } from './store.ts';
import { openedForEach } from './store-opened.ts';
import { event, move, noon, writeStream } from './store-samples.ts';

/** What every store promises about what it has written: that it can be checked. */
export function auditContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} chains its events:`, () => {
    let store: Store;
    const { open } = openedForEach(makePlace, (opened) => {
      store = opened;
    });

    const chainOf = (events: readonly StoredEvent[]) => chainHashes(beginning, events);
    async function stored(stream: string) {
      return (await store.audit.events(0, 100)).filter((each) => each.stream === stream);
    }

    test('each to the one before it in its stream, in one write and over several', async () => {
      await writeStream(store, move('INC-1', 0, 2));
      await writeStream(store, move('INC-2', 0));
      await writeStream(store, move('INC-1', 2));

      const [hashes, others] = [
        chainOf([1, 2, 3].map((seq) => event('INC-1', seq))),
        chainOf([event('INC-2', 1)]),
      ];
      expect((await stored('INC-1')).map(({ seq, prev, hash }) => ({ seq, prev, hash }))).toEqual([
        { seq: 1, prev: undefined, hash: hashes[0] },
        { seq: 2, prev: hashes[0], hash: hashes[1] },
        { seq: 3, prev: hashes[1], hash: hashes[2] },
      ]);
      expect(await store.audit.ends('', 10)).toEqual([
        { id: 'INC-1', version: 3, hash: hashes[2], newest: { seq: 3, hash: hashes[2] } },
        { id: 'INC-2', version: 1, hash: others[0], newest: { seq: 1, hash: others[0] } },
      ]);
      expect(await store.audit.ends('INC-1', 10)).toMatchObject([{ id: 'INC-2' }]);
    });

    test('twice in one transaction, and after one that was taken back', async () => {
      const failed = store.transact(async (transaction) => {
        await transaction.write(move('INC-1', 0, 2));
        throw new RangeError('taken back');
      });
      await expect(failed).rejects.toThrow('taken back');
      await store.transact(async (transaction) => {
        await transaction.write(move('INC-1', 0));
        await transaction.write(move('INC-1', 1));
      });

      expect((await stored('INC-1')).map(({ hash }) => hash)).toEqual(
        chainOf([event('INC-1', 1), event('INC-1', 2)]),
      );
    });

    test('over what is read back, whatever was said', async () => {
      const data = {
        type: 'incident.updated',
        zebra: [1.5, -0, 1e21, null, undefined, { b: 1, a: undefined }],
        said: `' OR 1=1; -- \u{1f4a5}\n\ud800\0“€”`,
        ['__proto__']: 'a name like any other',
      };
      const odd: StoredEvent = { ...event('INC-1', 1), data };
      await writeStream(store, { ...move('INC-1', 0), events: [odd] });

      const [read] = await store.readEvents('INC-1');
      expect((await stored('INC-1')).map(({ hash }) => hash)).toEqual(chainOf([read!]));
      expect(chainOf([odd])).toEqual(chainOf([read!]));
    });

    test('and gives them out in pages, in the order of writing, up to where nothing can appear any more', async () => {
      for (const id of ['INC-2', 'INC-1', 'INC-3']) await writeStream(store, move(id, 0));
      const all = await store.audit.events(0, 100);
      const [first] = await store.audit.events(0, 1);

      expect(all.map(({ stream }) => stream)).toEqual(['INC-2', 'INC-1', 'INC-3']);
      expect(all).toEqual([first, ...(await store.audit.events(first!.pos, 100))]);
      expect(await store.audit.settled()).toBeGreaterThanOrEqual(all.at(-1)!.pos);
    });

    test('and keeps heads, one of a number, also over a restart', async () => {
      expect(await store.audit.newestHead()).toBeUndefined();
      expect(await store.audit.addHead(1, 'one')).toBe(true);
      expect(await store.audit.addHead(2, 'two')).toBe(true);
      expect(await store.audit.addHead(2, 'another')).toBe(false);
      await store.close();
      await open();

      expect(await store.audit.newestHead()).toBe('two');
      expect(await store.audit.heads(0, 10)).toEqual(['one', 'two']);
      expect(await store.audit.heads(0, 1)).toEqual(['one']);
      expect(await store.audit.heads(1, 10)).toEqual(['two']);
    });

    test('so that all of it can be sealed, and verified', async () => {
      const seal = () => sealTrail(store.audit, { store: 'k3x9w2', now: () => noon, signer: undefined });
      await Promise.all(['INC-1', 'INC-2', 'INC-3'].map((id) => writeStream(store, move(id, 0, 3))));
      expect(await seal()).toMatchObject([{ number: 1, at: '2026-11-22T12:00:00.000Z', after: 0 }]);
      expect(await seal(), 'nothing has happened since').toEqual([]);
      await writeStream(store, move('INC-2', 3));
      await seal();
      await writeStream(store, move('INC-3', 3));

      const verdict = await verifyTrail(store.audit, { store: 'k3x9w2', keys: new Map() });

      expect(verdict).toMatchObject({ wrong: undefined, events: 11, streams: 3, heads: 2, uncovered: 1 });
    });
  });
}
