import { afterEach, beforeEach } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import type { StorePlace } from './store.ts';

/**
 * Somewhere empty, and a store there, for each test of the group that calls this.
 * @param use hears which store it is, also when it was opened again
 */
export function openedForEach(
  makePlace: () => Promise<StorePlace>,
  use: (store: Store) => void,
): { readonly reopen: () => Promise<void>; readonly open: () => Promise<void> } {
  let place: StorePlace;
  let store: Store;

  async function open(): Promise<void> {
    store = await place.open();
    use(store);
  }

  beforeEach(async () => {
    place = await makePlace();
    await open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });
  return {
    open,
    reopen: async () => {
      await store.close();
      await open();
    },
  };
}
