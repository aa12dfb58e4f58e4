import { expect, test } from 'vitest';
import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import { straightWire, type Wire } from '../../src/simulator/wire.ts';
import { storeContract, type StorePlace } from '../contract/store.ts';
import { sharedStoreContract } from '../contract/store-replicas.ts';
import { noon } from '../contract/store-samples.ts';

storeContract('The model store', makePlace);
sharedStoreContract('The model store', makePlace);

test('A model store that has stood still takes nobody for dead at once, who may have done so together with it', async () => {
  let steady = 0;
  const database = createDatabase({ now: () => noon });
  const beatEvery = database.lease / 5;
  const open = async (name: string) => {
    let beat = () => Promise.resolve();
    const every: Wire['every'] = (length, work) => {
      if (length === beatEvery) beat = work;
    };
    await openModelStore(database, { name, wire: { ...straightWire, steady: () => steady, every } });
    return () => beat();
  };
  const [beat] = [await open('a'), await open('b')];
  const pass = async (length: number) => {
    steady += length;
    await beat();
    return [...database.replicas.keys()];
  };
  await pass(beatEvery);

  expect(await pass(3_600_000)).toEqual(['a.1', 'b.1']);
  for (let beats = 0; beats < 5; beats += 1) expect(await pass(beatEvery)).toEqual(['a.1', 'b.1']);
  expect(await pass(beatEvery), 'that never woke').toEqual(['a.1']);
});

async function makePlace(): Promise<StorePlace> {
  const database = createDatabase({ now: () => noon });
  let opened = 0;
  return {
    open: () => openModelStore(database, { name: `process-${(opened += 1)}` }),
    remove: async () => undefined,
  };
}
