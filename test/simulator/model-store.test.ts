import { createDatabase } from '../../src/simulator/model-database.ts';
import { openModelStore } from '../../src/simulator/model-store.ts';
import { storeContract, type StorePlace } from '../contract/store.ts';
import { sharedStoreContract } from '../contract/store-replicas.ts';
import { noon } from '../contract/store-samples.ts';

storeContract('The model store', makePlace);
sharedStoreContract('The model store', makePlace);

async function makePlace(): Promise<StorePlace> {
  const database = createDatabase({ now: () => noon });
  let opened = 0;
  return {
    open: () => openModelStore(database, { name: `process-${(opened += 1)}` }),
    remove: async () => undefined,
  };
}
