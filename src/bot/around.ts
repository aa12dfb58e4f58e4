import type { AnyCarrier } from '../core/effect.ts';
import type { Executor } from '../core/executor.ts';
import type { Store } from '../store/store.ts';

/** What is put around the ports of a bot by whoever wants to see it die at one of them (`src/failpoints/`). */
export interface Around {
  readonly store: (store: Store) => Store;
  readonly carrier: (carrier: AnyCarrier) => AnyCarrier;
  readonly executor: (executor: Executor) => Executor;
}

/** As it is for everybody else. */
export const nothing: Around = {
  store: (store) => store,
  carrier: (carrier) => carrier,
  executor: (executor) => executor,
};

/** Both, the second one next to the port. */
export function inside(outer: Around, inner: Partial<Around> = {}): Around {
  const { store, carrier, executor } = { ...nothing, ...inner };
  return {
    store: (port) => outer.store(store(port)),
    carrier: (port) => outer.carrier(carrier(port)),
    executor: (port) => outer.executor(executor(port)),
  };
}
